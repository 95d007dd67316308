// Which view is shown, and the keys.
import { addressOf, partsOf } from "./address.js";
import { byId } from "./dom.js";
import * as viewer from "./viewer.js";
import * as views from "./views.js";

const VIEWS = {
  ask: { heading: "Ask these documents", label: "Question", button: "Ask", hint: "Which port does the server use?", filter: true },
  search: { heading: "Search these documents", label: "Words to find", button: "Search", hint: "mirror coating", filter: true },
  documents: { heading: "What is indexed", label: "Part of a name or title", button: "Find", hint: "report", filter: false },
};
const [words, filter] = [byId("words"), byId("filter")];

function where() {
  const parts = partsOf(location.hash);
  return { ...parts, name: Object.hasOwn(VIEWS, parts.name) ? parts.name : "ask" };
}

function show() {
  const { name, words: text, filter: only } = where();
  const view = VIEWS[name];
  byId("heading").textContent = view.heading;
  document.title = text ? `${text} · spanwise` : "spanwise";
  byId("words-label").textContent = view.label;
  byId("go").textContent = view.button;
  document.querySelector(".only").hidden = !view.filter;
  words.placeholder = view.hint;
  words.value = text;
  if (text) filter.value = only;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.view === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  viewer.close();
  views[name](text, only);
}

byId("finder").addEventListener("submit", (event) => {
  event.preventDefault();
  const { name } = where();
  const next = addressOf(name, words.value.trim(), VIEWS[name].filter ? filter.value.trim() : "");
  if (next === location.hash) show();
  else location.hash = next;
});

function move(step) {
  const scope = byId("viewer").hidden ? byId("results") : document;
  const stops = [...scope.querySelectorAll("#results .place, #results summary, #results .recent a")].filter((one) => one.checkVisibility());
  const next = stops[Math.max(0, stops.indexOf(document.activeElement) + step)] ?? stops.at(-1);
  next?.focus();
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, textarea");
  if (event.key === "Escape" && !byId("viewer").hidden) viewer.close();
  else if (event.key === "Escape" && byId("finder").contains(event.target)) event.target.blur();
  else if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  else if (event.key === "/") {
    if (viewer.covers()) viewer.close();
    words.focus();
    words.select();
    event.preventDefault();
  } else if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
});

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  byId("results").focus();
});
window.addEventListener("hashchange", show);
views.greet().then(() => {
  show();
  if (!matchMedia("(pointer: coarse)").matches) words.focus(); // a phone's keyboard would cover the page
});
