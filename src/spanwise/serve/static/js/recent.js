// Questions that were asked in this browser; they stay in it.
import { addressOf, partsOf } from "./address.js";
import { button, el } from "./dom.js";

const KEY = "spanwise.recent";
const MOST = 12;

/** The addresses of the questions, the last one first. */
function read() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? found.filter((one) => typeof one === "string" && one.startsWith("#ask=")) : [];
  } catch {
    return [];
  }
}

function write(addresses) {
  try {
    localStorage.setItem(KEY, JSON.stringify(addresses.slice(0, MOST)));
  } catch {
    // a browser that keeps nothing: the page works without
  }
}

export function remember(question, filter) {
  const address = addressOf("ask", question, filter);
  write([address, ...read().filter((one) => one !== address)]);
}

function entry(address) {
  const { words, filter } = partsOf(address);
  return el("li", {}, el("a", { href: address }, words), filter && el("span", { class: "where" }, ` in ${filter}`));
}

/** The list of recent questions, or null; `again` is called when all are forgotten. */
export function recentList(again) {
  const addresses = read();
  if (!addresses.length) return null;
  const forget = () => {
    write([]);
    again();
  };
  return el(
    "section",
    { class: "recent", "aria-labelledby": "recent-title" },
    el("h2", { id: "recent-title" }, "Asked before"),
    el("ul", {}, addresses.map(entry)),
    button("Forget these", forget, { class: "quiet" }),
  );
}
