"""A result as a person reads it, and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from spanwise.answer.disagreement import differing_answers
from spanwise.cli.output import one_line, plain_console, safe_name
from spanwise.text.pluralize import pluralize
from spanwise.types import Answer, Citation, QueryResult

NEAREST = 3  # candidates shown when it abstains
SAID = {
    "unsure": "Not sure. The best candidates:",
    "no_answer": "These documents do not seem to say.",
}


def result_as_json(result: QueryResult, *, explain: bool = False) -> dict[str, Any]:
    """Return a result as the JSON object that `spanwise ask --json` prints."""
    fields = asdict(result)
    del fields["passages"]
    if not explain:
        for answer in fields["answers"]:
            del answer["signals"]
        return fields
    names = ("file", "page", "start", "end", "text")
    fields["passages"] = [
        {
            **{name: getattr(hit.passage, name) for name in names},
            "section": hit.section,
            "retrieval_score": hit.score,
        }
        for hit in result.passages
    ]
    return fields


def render_result(result: QueryResult, *, explain: bool = False) -> None:
    """
    Print a result on stdout.

    Where documents give different answers that are close to one another, that is said first. Answers below the
    threshold are counted, not shown, unless they are among these, `explain` is set, or there are no others.
    """
    console = plain_console()
    differing = differing_answers(result)
    if result.abstained:
        headline = "These documents do not agree" if differing else SAID[result.verdict]
        good = result.answers[:NEAREST]
    else:
        headline = "Different documents give different answers" if differing else ""
        good = tuple(answer for answer in result.answers if answer.confidence >= result.threshold)
    shown = [answer for answer in result.answers if explain or answer in good or answer in differing]
    if headline:
        console.print(Text(headline + _who_says_what(differing), style="bold yellow"))
    if shown and result.verdict == "no_answer":
        console.print(Text(f"Nearest candidates, below the threshold of {result.threshold:.0%}:", style="dim"))
    for answer in shown:
        console.print()
        _print_answer(console, answer, explain=explain)
    hidden = len(result.answers) - len(shown)
    if hidden and not result.abstained:
        console.print()
        console.print(Text(f"{pluralize(hidden, 'weaker candidate')}; --explain shows them.", style="dim"))
    if explain:
        _print_passages(console, result)
    if result.calibration_note is not None:
        console.print()
        console.print(Text(f"Confidences are not calibrated here. {one_line(result.calibration_note)}", style="dim"))
    console.print()


def _who_says_what(differing: Sequence[Answer]) -> str:
    """Return a colon and each answer with its documents; nothing where there are none."""
    said = (
        f"{one_line(answer.answer)} ({', '.join(dict.fromkeys(safe_name(place.file) for place in answer.citations))})"
        for answer in differing
    )
    return f": {'; '.join(said)}." if differing else ""


def _print_answer(console: Console, answer: Answer, *, explain: bool) -> None:
    line = Text("  ")
    line.append(one_line(answer.answer), style="bold green")
    line.append(f"   {_percent(answer.confidence)}", style="cyan")
    console.print(line)
    console.print(_context(answer))
    for citation in answer.citations:
        console.print(Text(f"  {_place(citation)}", style="dim"))
    if explain:
        lead = answer.signals.get("lead", 0.0)
        scores = f"margin {answer.score:.2f}, lead {lead:.2f}, retrieval {answer.retrieval_score:.3f}"
        console.print(Text(f"  {scores}, characters {answer.start} to {answer.end}", style="dim"))


def _percent(confidence: float) -> str:
    """Return whole percents; nothing is said to be certain."""
    return ">99%" if confidence > 0.99 else f"{confidence:.0%}"


def _context(answer: Answer) -> Text:
    begin, end = answer.start - answer.context_start, answer.end - answer.context_start
    before, after = answer.context[:begin], answer.context[end:]
    line = Text("  ")
    line.append(one_line(before) + (" " if before[-1:].isspace() else ""))
    line.append(one_line(answer.answer), style="black on yellow")
    line.append((" " if after[:1].isspace() else "") + one_line(after))
    return line


def _place(citation: Citation) -> str:
    location = f", {one_line(citation.location)}" if citation.location else ""
    return f"{safe_name(citation.file)}{location}"


def _print_passages(console: Console, result: QueryResult) -> None:
    console.print()
    console.print(Text(f"{pluralize(len(result.passages), 'passage')} read, in this order:", style="bold"))
    for number, hit in enumerate(result.passages, 1):
        page = "" if hit.passage.page is None else f", page {hit.passage.page}"
        text = one_line(hit.passage.text)
        shown = text if len(text) <= 100 else f"{text[:97]}..."
        console.print(Text(f"{number:3}. {hit.score:.3f}  {safe_name(hit.passage.file)}{page}: {shown}", style="dim"))
    times = ", ".join(f"{stage} {milliseconds:.0f} ms" for stage, milliseconds in result.timings_ms.items())
    console.print(Text(times, style="dim"))
