"""A result as a person reads it on a terminal."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from spanwise.answer.disagreement import differing_answers
from spanwise.cli.output import one_line, plain_console, safe_name
from spanwise.text.pluralize import pluralize
from spanwise.text.shown import SAID, context_parts, percent, place_of, said_answers
from spanwise.types import Answer, Citation, QueryResult

MARK = "bold black on yellow"


@dataclass(frozen=True, slots=True)
class Showing:
    """
    How results are shown.

    :param path_of: Gives where a cited file lies on the disk, or None.
    :param explain: With the passages that were read, and with scores.
    :param whole: Every answer of the result, and not only those that it is sure of.
    :param talking: In a conversation, where a command shows more.
    :param unread: How many files could not be read, and so not be searched.
    """

    path_of: Callable[[str], Path | None]
    explain: bool = False
    whole: bool = False
    talking: bool = False
    unread: int = 0


def render_result(result: QueryResult, showing: Showing) -> list[Citation]:
    """
    Print a result on stdout.

    Where documents give different answers that are close to one another, that is said first.

    :returns: The citations in the order of the numbers they were shown with.
    """
    console = plain_console()
    differing = differing_answers(result)
    headline = SAID[result.verdict]
    if differing:
        agree = "These documents do not agree" if result.abstained else "Different documents give different answers"
        headline = agree + _who_says_what(differing)
    good = said_answers(result)
    whole = showing.whole or showing.explain
    shown = [answer for answer in result.answers if whole or answer in good or answer in differing]
    if headline:
        console.print(Text(headline, style="bold yellow"))
    if result.abstained and showing.unread:
        unread = f"{pluralize(showing.unread, 'file')} could not be read: spanwise files --skipped"
        console.print(Text(unread, style="yellow"))
    if shown and result.verdict == "no_answer":
        console.print(Text(f"Nearest candidates, below the threshold of {result.threshold:.0%}:", style="dim"))
    numbered: list[Citation] = []
    for answer in shown:
        console.print()
        _print_answer(console, answer, showing, len(numbered))
        numbered.extend(answer.citations)
    hidden = len(result.answers) - len(shown)
    if hidden:
        console.print()
        more = "/more" if showing.talking else f"--top-k {len(result.answers)}"
        console.print(Text(f"{pluralize(hidden, 'weaker candidate')}; {more} shows them.", "dim"))
    if showing.explain:
        _print_passages(console, result)
    if result.calibration_note is not None:
        console.print()
        console.print(Text(f"Confidences are not calibrated here. {one_line(result.calibration_note)}", style="dim"))
    if result.stale_note is not None:
        console.print()
        console.print(Text(one_line(result.stale_note), style="yellow"))
    console.print()
    return numbered


def print_indented(console: Console, text: Text) -> None:
    """Print text two columns in, all its lines where it is wrapped."""
    if console.soft_wrap:
        console.print(Text("  ") + text)
    else:
        console.print(Padding(text, (0, 0, 0, 2), expand=False))


def link_of(citation: Citation, path_of: Callable[[str], Path | None]) -> str:
    """Return a terminal's style for a link to a cited file, a PDF at its page; none where its place is not known."""
    path = path_of(citation.file)
    if path is None or not path.is_absolute():
        return ""
    at = f"#page={citation.page}" if citation.page is not None and path.suffix.lower() == ".pdf" else ""
    return f"link {path.as_uri()}{at}"


def cited_line(number: int, citation: Citation, path_of: Callable[[str], Path | None]) -> Text:
    """Return a citation with its number, linked to its file."""
    link = link_of(citation, path_of)
    return Text.assemble((f"[{number}] ", "dim"), (place_of(citation), f"dim {link}"))


def _who_says_what(differing: Sequence[Answer]) -> str:
    """Return a colon and each answer with its documents."""
    said = (
        f"{one_line(answer.answer)} ({', '.join(dict.fromkeys(safe_name(place.file) for place in answer.citations))})"
        for answer in differing
    )
    return f": {'; '.join(said)}."


def _print_answer(console: Console, answer: Answer, showing: Showing, before: int) -> None:
    lead, words, rest = context_parts(answer)
    print_indented(console, Text.assemble((words, "bold green"), (f"   {percent(answer.confidence)}", "cyan")))
    if lead or rest:
        print_indented(console, Text.assemble(lead, (words, MARK), rest))
    for number, citation in enumerate(answer.citations, before + 1):
        print_indented(console, cited_line(number, citation, showing.path_of))
    if showing.explain:
        scores = (
            f"margin {answer.score:.2f}, lead {answer.signals.get('lead', 0.0):.2f}, "
            f"retrieval {answer.retrieval_score:.3f}, characters {answer.start} to {answer.end}"
        )
        print_indented(console, Text(scores, style="dim"))


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
