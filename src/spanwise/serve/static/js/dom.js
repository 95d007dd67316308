// Elements are made by name and filled with text only: nothing that a document says becomes markup.

/** Those of some elements and texts that there are; what is null, undefined or false is left out. */
export const present = (children) => children.filter((child) => (child ?? false) !== false);

/** Make an element; `attributes` with functions are listeners, `children` are elements or text. */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false) element.setAttribute(key, value);
  }
  element.append(...present(children.flat()));
  return element;
}

export const button = (label, click, attributes = {}) => el("button", { type: "button", click, ...attributes }, label);

/** What opens a document: its name, and where in it. */
export const placeButton = (file, where, click) =>
  button([el("span", { class: "file" }, file), where && el("span", { class: "where" }, where)], click, { class: "place" });

/** Something more, under a summary; `content` is elements or text. */
export const folded = (summary, content, attributes = {}) => el("details", attributes, el("summary", {}, summary), content);

export const placesOf = (buttons) => el("ul", { class: "places" }, buttons.map((one) => el("li", {}, one)));

export const byId = (id) => document.getElementById(id);

export const plural = (count, one, many = `${one}s`) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

/** Whether the reader of the page prefers that nothing moves. */
export const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
