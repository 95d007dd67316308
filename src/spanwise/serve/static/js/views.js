// The three views: asking, searching, and what is indexed.
import * as api from "./api.js";
import { answersOf, passagesOf } from "./answers.js";
import { button, byId, el, placeButton, plural, present } from "./dom.js";
import { recentList, remember } from "./recent.js";
import { open } from "./viewer.js";

const results = byId("results");
const progress = byId("progress");
const PAGE = 20;
let running = null;
let feedback = false;

/** Say what is indexed, and learn whether verdicts are kept. */
export async function greet() {
  try {
    const found = await api.status();
    feedback = found.feedback;
    const { at, outcome, reason } = found.sync ?? {};
    const when = at && new Date(1000 * at).toLocaleTimeString();
    const synced = !at ? "" : outcome === "failed" ? `; the sync at ${when} failed: ${reason}` : `, synced ${when}`;
    byId("holding").textContent = `${plural(found.documents, "document")}, ${plural(found.passages, "passage")}${synced}. Nothing leaves this service.`;
  } catch (error) {
    byId("holding").textContent = error.message;
  }
}

/** Show what is at hand; whatever still ran is given up. */
function settle(...content) {
  running?.abort();
  running = null;
  progress.textContent = "";
  document.body.classList.remove("busy");
  results.replaceChildren(...present(content));
}

/** Run what takes time; whatever ran before is given up. */
async function run(said, work) {
  running?.abort();
  const mine = (running = new AbortController());
  progress.textContent = said;
  document.body.classList.add("busy");
  try {
    const content = await work(mine.signal);
    if (mine === running) settle(...content);
  } catch (error) {
    if (mine === running) settle(el("p", { class: "note error", role: "alert" }, error.message));
  }
}

export function ask(question, filter) {
  if (!question) {
    const start = recentList(() => ask(""));
    settle(start || el("p", { class: "note" }, "The answer is always a verbatim quotation, with its place and how sure it is."));
    return Promise.resolve();
  }
  return run("Reading…", async (signal) => {
    const result = await api.ask(question, filter, signal);
    remember(question, filter);
    return answersOf(result, { open, feedback });
  });
}

export function search(words, filter, count = PAGE) {
  if (!words) {
    settle(el("p", { class: "note" }, "Passages are found by their words and by what they mean."));
    return Promise.resolve();
  }
  return run("Searching…", async (signal) => {
    const found = await api.search(words, filter, count, signal);
    if (!found.passages.length) return [el("p", { class: "note" }, "No passage was found.")];
    const more = found.passages.length >= count && count < 100;
    return [
      passagesOf(found.passages, (one) => open(one), (text) => marked(text, words)),
      more && button("Show more", () => search(words, filter, Math.min(100, count + PAGE)), { class: "quiet" }),
    ];
  });
}

/** A text with the words that were searched for marked. */
function marked(text, words) {
  const wanted = words.match(/[\p{L}\p{N}]{2,}/gu) ?? [];
  if (!wanted.length) return [text];
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(${wanted.join("|")})(?![\\p{L}\\p{N}])`, "giu");
  return text.split(pattern).map((part, at) => (at % 2 ? el("mark", {}, part) : part));
}

export function documents(words) {
  return run("Looking…", async () => {
    const found = await api.documents(words, 0);
    const list = el("ul", { class: "documents" }, found.documents.map(entry));
    const more = button("Show more", async () => {
      try {
        const next = await api.documents(words, list.children.length);
        list.append(...next.documents.map(entry));
        more.hidden = list.children.length >= next.total;
        progress.textContent = "";
      } catch (error) {
        progress.textContent = error.message;
      }
    }, { class: "quiet" });
    more.hidden = found.documents.length >= found.total;
    return [
      el("p", { class: "count" }, plural(found.total, words ? "document found" : "document", words ? "documents found" : "documents")),
      list, more,
      found.skipped.length > 0 && el("section", { class: "skipped" },
        el("h2", {}, `${plural(found.skipped.length, "file")} could not be read`),
        el("ul", {}, found.skipped.map((one) => el("li", {}, el("span", { class: "file" }, one.file), el("p", {}, one.reason))))),
    ];
  });
}

function entry(one) {
  const place = placeButton(one.file, one.title, () => open({ file: one.file, start: 0, end: 0 }));
  return el("li", {}, place, el("span", { class: "size" }, plural(one.passages, "passage")));
}
