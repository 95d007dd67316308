// What the documents say to a question: the verdict, the answers, what was read.
import { sendFeedback } from "./api.js";
import { button, el, folded, placeButton, placesOf, plural } from "./dom.js";
import { Characters, pieces, placeOf } from "./text.js";

const VERDICTS = {
  unsure: ["Not sure", "These documents may answer this, but no candidate is sure enough to stand as the answer."],
  no_answer: ["These documents do not seem to say", "Nothing that was read looks like an answer."],
};

/** Everything about one result. `open(place, result)` shows a place in its document. */
export function answersOf(result, { open, feedback }) {
  const good = result.abstained ? [] : result.answers.filter((one) => one.confidence >= result.threshold);
  const rest = result.answers.filter((one) => !good.includes(one));
  const card = (answer, at) => cardOf(answer, result, { open, feedback, first: at === 0 && !result.abstained });
  return [
    result.abstained && verdictOf(result, feedback),
    ...good.map(card),
    rest.length > 0 &&
      folded(
        result.abstained ? `Nearest ${rest.length === 1 ? "candidate" : "candidates"} (${rest.length})`
          : plural(rest.length, "weaker candidate"),
        rest.map((answer) => card(answer, 1)),
      ),
    result.calibration_note && el("p", { class: "note" }, `The percentages are not calibrated here. ${result.calibration_note}`),
    result.stale_note && el("p", { class: "note" }, result.stale_note),
    result.passages?.length > 0 &&
      folded(`${plural(result.passages.length, "passage")} read`, passagesOf(result.passages, (one) => open(one, result))),
  ];
}

function verdictOf(result, feedback) {
  const [title, text] = VERDICTS[result.verdict] ?? VERDICTS.unsure;
  return el(
    "section",
    { class: `verdict ${result.verdict}` },
    el("h2", {}, title),
    el("p", {}, text),
    feedback &&
      thumbs([[result.verdict === "no_answer" ? "That is right" : "They do not say", { question: result.query, answer: null, right: true }]]),
  );
}

function cardOf(answer, result, { open, feedback, first }) {
  const others = answer.citations.slice(1);
  return el(
    "article",
    { class: first ? "card first" : "card" },
    el("div", { class: "said" }, el("h2", {}, answer.answer), confidenceOf(answer.confidence, result.calibrated)),
    el("p", { class: "context" }, sentenceOf(answer)),
    placed(answer, () => open(answer, result)),
    others.length > 0 &&
      folded(
        `Also in ${plural(others.length, "other place")}`,
        placesOf(others.map((one) => placed(one, () => open({ ...one, answer: null }, result)))),
      ),
    feedback &&
      thumbs([
        ["Right", { question: result.query, answer: answer.answer, right: true }],
        ["Wrong", { question: result.query, answer: answer.answer, right: false }],
      ]),
  );
}

/** The sentence around an answer, with the answer marked. */
function sentenceOf(answer) {
  const context = new Characters(answer.context, answer.context_start);
  const mark = { start: answer.start, end: answer.end, kind: "answer" };
  return pieces(context, context.start, context.end, [mark]).map((one) =>
    one.kinds.length ? el("mark", {}, one.text) : one.text);
}

function confidenceOf(confidence, calibrated) {
  const percent = Math.round(100 * confidence);
  const shown = confidence > 0.99 ? "over 99 %" : `${percent} %`;
  const bar = el("span", { class: "bar" }, el("span", { class: percent >= 75 ? "fill high" : percent >= 40 ? "fill middle" : "fill low" }));
  bar.firstChild.style.inlineSize = `${Math.max(3, percent)}%`;
  return el(
    "div",
    { class: "confidence", role: "meter", "aria-label": "Confidence", "aria-valuenow": percent, "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuetext": `${shown} sure` },
    bar,
    el("span", { class: "percent" }, shown, calibrated ? null : el("span", { title: "not calibrated here" }, " ~")),
  );
}

const placed = (found, click) => placeButton(found.file, placeOf(found), click);

/** A list of passages, each of which opens its document. */
export function passagesOf(passages, open, marked = (text) => [text]) {
  return el(
    "ol",
    { class: "passages" },
    passages.map((one) =>
      el("li", {}, placed(one, () => open(one)), el("p", { class: "snippet" }, marked(one.text)))),
  );
}

function thumbs(choices) {
  const group = el("div", { class: "thumbs", role: "group", "aria-label": "Is this right?" });
  const send = async (label, verdict) => {
    for (const button of group.querySelectorAll("button")) button.disabled = true;
    try {
      await sendFeedback(verdict);
      group.replaceChildren(el("span", { role: "status" }, `Kept: ${label.toLowerCase()}. Thank you.`));
    } catch (error) {
      group.replaceChildren(el("span", { role: "alert" }, error.message));
    }
  };
  for (const [label, verdict] of choices) {
    const sign = el("span", { class: verdict.right ? "thumb" : "thumb down", "aria-hidden": "true" });
    group.append(button([sign, label], () => send(label, verdict), { class: "quiet" }));
  }
  return group;
}
