"""Results printed as text, and their citations kept to be followed."""

from dataclasses import replace
from pathlib import Path

from spanwise.cli.asking.last_answer import Followed, keep
from spanwise.cli.asking.render import Showing, render_result
from spanwise.cli.output import echo, one_line
from spanwise.pipeline.corpus import Corpus
from spanwise.text.shown import place_of
from spanwise.types import QueryResult


class TextPrinter:
    """
    Prints results one by one.

    :param explain: With the passages that were read, and with scores.
    :param whole: Every answer of a result, and not only those that it is sure of.
    :param titled: With the question before its answers.
    :param talking: In a conversation.
    """

    def __init__(self, corpus: Corpus, *, explain: bool, whole: bool, titled: bool, talking: bool) -> None:
        self._corpus = corpus
        self._showing = Showing(self._path_of, explain=explain, whole=whole, talking=talking)
        self._titled = titled
        self._last: QueryResult | None = None

    def show(self, result: QueryResult) -> list[Followed]:
        """Print a result; returns its citations in the order of their numbers."""
        if self._titled:
            echo(one_line(result.query))
        unread = len(self._corpus.index.passed_over.skipped) if result.abstained else 0
        return self._show(result, replace(self._showing, unread=unread))

    def show_more(self) -> list[Followed] | None:
        """Print all candidates of the last result; None where there was none."""
        return None if self._last is None else self._show(self._last, replace(self._showing, whole=True))

    def fail(self, question: str, error: str) -> None:
        """Print that a question could not be answered."""
        echo(f"spanwise: {one_line(question)[:60]!r}: {error}", err=True)

    def _show(self, result: QueryResult, showing: Showing) -> list[Followed]:
        self._last = result
        shown = render_result(result, showing)
        roots = self._corpus.index.roots
        citations = [Followed(place_of(one), roots.path_of(one.file), roots.url_of(one.file)) for one in shown]
        keep(citations)
        return citations

    def _path_of(self, file: str) -> Path | None:
        return self._corpus.index.roots.path_of(file)
