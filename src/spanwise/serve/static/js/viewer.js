// A document beside the answers: its text, or for a PDF its pages as images, at the place that is cited.
import * as api from "./api.js";
import { button, byId, el, folded, placeButton, placesOf, still } from "./dom.js";
import { Characters, findAgain, pieces, placeOf } from "./text.js";

const AROUND = 60_000; // characters loaded before and after a place
const panel = byId("viewer");
let opener = null;
let turn = 0; // a document that comes late does not replace the one opened after it
let urls = [];

export function close() {
  if (panel.hidden) return;
  turn += 1;
  panel.hidden = true;
  panel.replaceChildren();
  release();
  document.body.classList.remove("reading");
  opener?.focus();
  if (history.state?.viewer) history.back();
}

/** Whether a document lies over all else, as it does where there is no room beside it. */
export const covers = () => !panel.hidden && getComputedStyle(panel).position === "fixed";

/** Close what covers the screen when one goes back from it; there is nothing to go forward or come back to. */
function follow() {
  if (!history.state?.viewer) close();
  else if (panel.hidden) history.back();
}
window.addEventListener("popstate", follow);
follow(); // a page that is loaded again

function release() {
  urls.forEach((url) => URL.revokeObjectURL(url));
  urls = [];
}

/** Open a place: {file, start, end} with the answer's words where there are some; `result` has what else was read. */
export async function open(place, result = null) {
  const mine = (turn += 1);
  if (panel.hidden) {
    opener = document.activeElement;
    panel.hidden = false;
    if (covers()) history.pushState({ viewer: true }, "");
  }
  document.body.classList.add("reading");
  frame(place.file, "", [el("p", { class: "note", role: "status" }, "Opening…")]);
  panel.querySelector(".close").focus({ preventScroll: true });
  try {
    const entry = await api.documentOf(place.file);
    if (!entry) throw new api.Refused(404, "This document is no longer in the index.");
    const stored = await api.text(entry.id, Math.max(0, place.start - AROUND), place.end + AROUND);
    if (mine === turn) show(place, stored, result);
  } catch (error) {
    if (mine === turn) frame(place.file, "", [el("p", { class: "note", role: "alert" }, error.message)]);
  }
}

function show(place, stored, result) {
  const characters = new Characters(stored.text, stored.start);
  const words = place.answer ?? place.text ?? null;
  const found = words === null ? place.start : findAgain(characters, words, place.start);
  const moved = found !== place.start;
  const at = { start: found ?? place.start, end: found === null ? place.start : found + place.end - place.start };
  const same = !moved && (result === null || result.generation === stored.generation);
  const read = same ? (result?.passages ?? []).filter((one) => one.file === place.file) : [];
  const marks = [...read.map((one) => ({ ...one, kind: "read" })), ...(found === null ? [] : [{ ...at, kind: "answer" }])];
  const state = { place, stored, characters, marks, at, result };
  state.notice = found === null
    ? "The document has changed since: these words are no longer in it. Ask again."
    : moved ? "The document has changed since; the words stand here now."
      : words === null && result !== null && !same ? "The index has changed since; the words may stand elsewhere now." : null;
  if (stored.images && pageOf(state)) showPage(state, pageOf(state));
  else showText(state);
}

function frame(file, where, content, tools = []) {
  const held = panel.contains(document.activeElement);
  panel.replaceChildren(
    el("header", { class: "viewer-head" },
      el("div", { class: "viewer-title" }, el("h2", {}, file), where && el("p", {}, where)),
      el("div", { class: "tools" }, ...tools, button("×", close, { class: "close", "aria-label": "Close the document" }))),
    el("div", { class: "viewer-body", tabindex: "0", role: "region", "aria-label": `Contents of ${file}` }, ...content),
  );
  if (held) panel.querySelector(".close").focus({ preventScroll: true });
}

/** Bring what is cited into view, without moving the page around it. */
function reveal(selector) {
  const [body, target] = [panel.querySelector(".viewer-body"), panel.querySelector(selector)];
  if (!target) return;
  const offset = target.getBoundingClientRect().top - body.getBoundingClientRect().top + body.scrollTop;
  body.scrollTo({ top: offset - body.clientHeight / 3, behavior: still() ? "auto" : "smooth" });
}

function others(state) {
  const rest = (state.result?.passages ?? []).filter((one) => !(one.file === state.place.file && one.start <= state.at.start && one.end >= state.at.end));
  if (!rest.length) return null;
  const places = rest.map((one) => placeButton(one.file, placeOf(one) || one.text.slice(0, 60), () => open(one, state.result)));
  return folded(`Also read: ${rest.length} other passages`, placesOf(places), { class: "others" });
}

/** The headings of the document, each of which can be gone to. */
function sections(state) {
  const found = state.stored.sections.slice(0, 300);
  if (found.length < 2) return null;
  const go = (one) => open({ file: state.place.file, start: one.start, end: one.start }, state.result);
  return folded("Sections", placesOf(found.map((one) => placeButton(one.title, "", () => go(one)))), { class: "sections" });
}

function showText(state) {
  layText(state);
  reveal("mark.answer");
}

const notice = (state) => state.notice && el("p", { class: "note" }, state.notice);

function layText(state) {
  const { stored, characters, marks } = state;
  const blocks = (stored.pages ?? [{ page: null, start: 0, end: stored.length }])
    .filter((one) => one.start < characters.end && one.end > characters.start)
    .map((one) => [
      one.page && stored.pages.length > 1 ? el("h3", { class: "page-number" }, `Page ${one.label ?? one.page}`) : null,
      el("pre", { class: "text" }, ...runs(characters, Math.max(one.start, characters.start), Math.min(one.end, characters.end), marks)),
    ]);
  const more = (label, start, end) => button(label, () => readOn(state, start, end), { class: "quiet" });
  const content = [
    notice(state), others(state), sections(state),
    stored.start > 0 && more("Show what comes before", Math.max(0, stored.start - 2 * AROUND), stored.start),
    ...blocks.flat(),
    stored.end < stored.length && more("Show what comes after", stored.end, stored.end + 2 * AROUND),
  ];
  const tool = stored.images ? [button("As pages", () => showPage(state, pageOf(state) ?? 1))] : [];
  frame(state.place.file, placeOf(state.place), content, tool);
}

function runs(characters, from, to, marks) {
  const place = marks.find((one) => one.kind === "answer" && one.start === one.end && one.start > 0 && one.start >= from && one.start < to);
  const cut = place ? [...marks, { start: place.start, end: to, kind: "below" }] : marks;
  return pieces(characters, from, to, cut).flatMap((one) => {
    if (place && one.start === place.start) return [el("mark", { class: "answer" }), one.text];
    if (one.kinds.includes("answer")) return el("mark", { class: "answer" }, one.text);
    return one.kinds.includes("read") ? el("span", { class: "read" }, one.text) : one.text;
  });
}

/** Load the text beside what is shown; what is being read stays where it is on the screen. */
async function readOn(state, start, end) {
  const mine = (turn += 1);
  const before = panel.querySelector(".viewer-body");
  try {
    const next = await api.text(state.stored.id, start, end);
    if (mine !== turn) return;
    if (next.sha256 !== state.stored.sha256 || next.length !== state.stored.length) return open(state.place, state.result);
    const [first, second] = next.start < state.stored.start ? [next, state.stored] : [state.stored, next];
    const stored = { ...state.stored, text: first.text + second.text, start: first.start, end: second.end };
    const [top, height] = [before.scrollTop, before.scrollHeight];
    layText({ ...state, stored, characters: new Characters(stored.text, stored.start) });
    const body = panel.querySelector(".viewer-body");
    body.scrollTop = stored.start < state.stored.start ? top + body.scrollHeight - height : top;
    body.focus({ preventScroll: true });
  } catch (error) {
    if (mine === turn) before.append(el("p", { class: "note error", role: "alert" }, error.message));
  }
}

const pageOf = (state) => state.stored.pages?.find((one) => state.at.start < one.end)?.page;

async function showPage(state, number) {
  const mine = (turn += 1);
  const { stored, place } = state;
  const bounds = stored.pages[number - 1];
  const marks = state.marks.filter((one) => one.start < bounds.end && one.end > bounds.start);
  const tools = [
    button("‹", () => showPage(state, number - 1), { disabled: number <= 1, "aria-label": "Page before" }),
    el("span", { class: "count" }, `${number} / ${stored.pages.length}`),
    button("›", () => showPage(state, number + 1), { disabled: number >= stored.pages.length, "aria-label": "Next page" }),
    button("As text", () => showText(state)),
  ];
  const where = number === pageOf(state) ? placeOf(place) || `page ${number}` : `page ${number}`;
  frame(place.file, where, [el("p", { class: "note", role: "status" }, `Drawing page ${number}…`)], tools);
  try {
    const width = Math.min(2000, Math.round(720 * Math.min(2, devicePixelRatio || 1)));
    const drawn = await api.page(stored.id, number, marks, width);
    if (mine !== turn) return URL.revokeObjectURL(drawn.url);
    release();
    urls.push(drawn.url);
    frame(place.file, where, [notice(state), others(state), sheet(state, number, drawn, marks)], tools);
    await panel.querySelector("img").decode().catch(() => {});
    reveal(".box.answer");
  } catch (error) {
    if (mine !== turn) return;
    state.stored = { ...stored, images: error.status !== 404 && error.status !== 409 && stored.images };
    state.notice = error.message;
    showText(state);
  }
}

function sheet(state, number, drawn, marks) {
  const boxes = drawn.marked.flatMap((found, at) => found.boxes.map(([left, top, right, bottom]) => {
    const box = el("span", { class: `box ${marks[at].kind}` });
    Object.assign(box.style, { left: `${100 * left}%`, top: `${100 * top}%`, width: `${100 * (right - left)}%`, height: `${100 * (bottom - top)}%` });
    return box;
  }));
  const image = el("img", { src: drawn.url, alt: `Page ${number} of ${state.place.file}; its words are under “As text”` });
  image.width = Math.round(drawn.width);
  image.height = Math.round(drawn.height);
  return el("div", { class: "sheet" }, image, ...boxes);
}
