"""The formats that results are printed in for other programs: JSON, Markdown and CSV."""

import csv
import io
import re
from typing import Literal

import typer

from spanwise.cli.output import echo, one_line, print_json
from spanwise.text.shown import SAID, context_parts, percent, place_of
from spanwise.text.visible import safe_name
from spanwise.types import QueryResult

OutputFormat = Literal["text", "json", "jsonl", "markdown", "csv"]
COLUMNS = ("query", "verdict", "rank", "answer", "confidence", "file", "location", "start", "end", "context", "error")


class Printer:
    """
    Prints results one by one.

    :param explain: With the passages that were read, in JSON.
    """

    def __init__(self, form: OutputFormat, *, explain: bool = False) -> None:
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
