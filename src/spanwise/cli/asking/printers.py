"""What prints results: as text, whose citations are kept to be followed, and as JSON, Markdown and CSV."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import typer
from rich.console import Console
from rich.text import Text

from spanwise.answer.answering import differing_answers
from spanwise.cli.asking.open import Followed, cited_line, followed, keep
from spanwise.cli.output import MARK, echo, one_line, plain_console, print_indented, print_json, safe_name
from spanwise.pipeline.corpus import Corpus
from spanwise.text.pluralize import pluralize
from spanwise.text.shown import SAID, context_parts, percent, place_of, said_answers
from spanwise.types import Answer, QueryResult

COLUMNS = ("query", "verdict", "rank", "answer", "confidence", "file", "location", "start", "end", "context", "error")


@dataclass(slots=True, kw_only=True)
class TextPrinter:
    """
    Prints results one by one.

    :param explain: With the passages that were read, and with scores.
    :param whole: Every answer of a result, and not only those that it is sure of.
    :param titled: With the question before its answers.
    :param talking: In a conversation, where a command shows more.
    """

    corpus: Corpus
    explain: bool
    whole: bool
    titled: bool
    talking: bool
    _console: Console = field(default_factory=plain_console, init=False)
    _last: QueryResult | None = field(default=None, init=False)

    def show(self, result: QueryResult) -> list[Followed]:
        """Print a result; returns its citations in the order of their numbers."""
        if self.titled:
            echo(one_line(result.query))
        return self._show(result, whole=self.whole or self.explain)

    def show_more(self) -> list[Followed] | None:
        """Print all candidates of the last result; None if there was none."""
        return None if self._last is None else self._show(self._last, whole=True)

    def fail(self, question: str, error: str) -> None:
        """Print that a question could not be answered."""
        echo(f"spanwise: {one_line(question)[:60]!r}: {error}", err=True)

    def _show(self, result: QueryResult, *, whole: bool) -> list[Followed]:
        """Print a result; where documents give different answers that are close to one another, that is said first."""
        self._last = result
        differing, good = differing_answers(result), said_answers(result)
        shown = [answer for answer in result.answers if whole or answer in good or answer in differing]
        self._print_headline(result, differing)
        if shown and result.verdict == "no_answer":
            self._line(f"Nearest candidates, below the threshold of {result.threshold:.0%}:", "dim")
        citations: list[Followed] = []
        for answer in shown:
            cited = followed(answer.citations, self.corpus.index.roots)
            self._print_answer(answer, cited, len(citations) + 1)
            citations += cited
        hidden = len(result.answers) - len(shown)
        if hidden:
            more = "/more" if self.talking else f"--top-k {len(result.answers)}"
            self._paragraph(f"{pluralize(hidden, 'weaker candidate')}; {more} shows them.", "dim")
        if self.explain:
            self._print_passages(result)
        if result.calibration_note is not None:
            self._paragraph(one_line(f"Confidences are not calibrated here. {result.calibration_note}"), "dim")
        if result.stale_note is not None:
            self._paragraph(one_line(result.stale_note), "yellow")
        self._line()
        keep(citations)
        return citations

    def _print_headline(self, result: QueryResult, differing: Sequence[Answer]) -> None:
        headline = SAID[result.verdict]
        if differing:
            agree = "These documents do not agree" if result.abstained else "Different documents give different answers"
            headline = f"{agree}: {'; '.join(map(_said_by, differing))}."
        if headline:
            self._line(headline, "bold yellow")
        unread = len(self.corpus.index.passed_over.skipped) if result.abstained else 0
        if unread:
            self._line(f"{pluralize(unread, 'file')} could not be read: spanwise files --skipped", "yellow")

    def _print_answer(self, answer: Answer, cited: Sequence[Followed], first: int) -> None:
        lead, words, rest = context_parts(answer)
        lines = [Text.assemble((words, "bold green"), (f"   {percent(answer.confidence)}", "cyan"))]
        if lead or rest:
            lines.append(Text.assemble(lead, (words, MARK), rest))
        places = zip(cited, answer.citations, strict=True)
        lines += [cited_line(number, one, place.page) for number, (one, place) in enumerate(places, first)]
        if self.explain:
            scores = (
                f"margin {answer.score:.2f}, lead {answer.signals.get('lead', 0.0):.2f}, "
                f"retrieval {answer.retrieval_score:.3f}, characters {answer.start} to {answer.end}"
            )
            lines.append(Text(scores, style="dim"))
        self._line()
        for line in lines:
            print_indented(self._console, line)

    def _print_passages(self, result: QueryResult) -> None:
        self._paragraph(f"{pluralize(len(result.passages), 'passage')} read, in this order:", "bold")
        for number, hit in enumerate(result.passages, 1):
            page = "" if hit.passage.page is None else f", page {hit.passage.page}"
            text = one_line(hit.passage.text)
            shown = text if len(text) <= 100 else f"{text[:97]}..."
            self._line(f"{number:3}. {hit.score:.3f}  {safe_name(hit.passage.file)}{page}: {shown}", "dim")
        times = ", ".join(f"{stage} {milliseconds:.0f} ms" for stage, milliseconds in result.timings_ms.items())
        self._line(times, "dim")

    def _paragraph(self, text: str, style: str) -> None:
        self._line()
        self._line(text, style)

    def _line(self, text: str = "", style: str = "") -> None:
        self._console.print(Text(text, style=style))


def _said_by(answer: Answer) -> str:
    """Return an answer with the documents that give it."""
    files = ", ".join(dict.fromkeys(safe_name(place.file) for place in answer.citations))
    return f"{one_line(answer.answer)} ({files})"


class Printer:
    """
    Prints results one by one, for other programs.

    :param explain: With the passages that were read, in JSON.
    """

    def __init__(self, form: Literal["json", "jsonl", "markdown", "csv"], *, explain: bool = False) -> None:
        self.form = form
        self.explain = explain
        if form == "csv":
            self._row(COLUMNS)

    def show(self, result: QueryResult) -> None:
        """Print a result."""
        if self.form == "markdown":
            echo(as_markdown(result))
        elif self.form == "csv":
            self._rows(result)
        else:
            from spanwise.answer.result_json import result_json

            print_json(result_json(result, explain=self.explain))

    def fail(self, question: str, error: str) -> None:
        """Print that a question could not be answered."""
        if self.form == "csv":
            self._row((safe_name(question), "error", *[""] * (len(COLUMNS) - 3), one_line(error)))
        elif self.form == "markdown":
            echo(f"## {_plain(question)}\n\n{_plain(error)}\n")
        else:
            print_json({"query": question, "error": error})

    def _rows(self, result: QueryResult) -> None:
        asked = (safe_name(result.query), result.verdict)
        for rank, answer in enumerate(result.answers, 1):
            place = (safe_name(answer.file), one_line(answer.location), answer.start, answer.end)
            said = (rank, one_line(answer.answer), f"{answer.confidence:.4f}")
            self._row((*asked, *said, *place, one_line(answer.context), ""))
        if not result.answers:
            self._row((*asked, *[""] * (len(COLUMNS) - 2)))

    def _row(self, cells: tuple[object, ...]) -> None:
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(cells)
        typer.echo(line.getvalue())


def as_markdown(result: QueryResult) -> str:
    """Return a result as Markdown; what stands in documents is not taken for marks."""
    parts = [f"## {_plain(result.query)}"]
    if result.abstained:
        parts.append(SAID[result.verdict])
    for answer in result.answers:
        before, words, after = map(_plain, context_parts(answer))
        places = "\n".join(f"- {_plain(place_of(citation))}" for citation in answer.citations)
        parts += [f"**{words}** ({percent(answer.confidence)})", f"> {before}**{words}**{after}", places]
    return "\n\n".join(parts) + "\n"


def _plain(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|~!&])", r"\\\1", one_line(text) if "\n" in text else text)
