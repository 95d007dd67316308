// Questions that were asked in this browser; they stay in it.
import { el } from "./dom.js";

const KEY = "spanwise.recent";
const MOST = 12;

function read() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? found.filter((one) => typeof one === "string") : [];
  } catch {
    return [];
  }
}

function write(questions) {
  try {
    localStorage.setItem(KEY, JSON.stringify(questions.slice(0, MOST)));
  } catch {
    // a browser that keeps nothing: the page works without
  }
}

export function remember(question) {
  write([question, ...read().filter((one) => one !== question)]);
}

/** The list of recent questions, or null; `again` is called when all are forgotten. */
export function recentList(again) {
  const questions = read();
  if (!questions.length) return null;
  const forget = () => {
    write([]);
    again();
  };
  return el(
    "section",
    { class: "recent", "aria-labelledby": "recent-title" },
    el("h2", { id: "recent-title" }, "Asked before"),
    el("ul", {}, questions.map((one) => el("li", {}, el("a", { href: `#ask=${encodeURIComponent(one)}` }, one)))),
    el("button", { type: "button", class: "quiet", click: forget }, "Forget these"),
  );
}
