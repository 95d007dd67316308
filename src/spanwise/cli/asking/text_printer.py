"""Results printed as text, and their citations kept to be followed."""

from collections.abc import Sequence

from rich.text import Text

from spanwise.answer.answering import differing_answers
from spanwise.cli.asking.last_answer import Followed, keep
from spanwise.cli.asking.render import MARK, cited_line, print_indented
from spanwise.cli.output import echo, one_line, plain_console, safe_name
from spanwise.pipeline.corpus import Corpus
from spanwise.text.pluralize import pluralize
from spanwise.text.shown import SAID, context_parts, percent, place_of, said_answers
from spanwise.types import Answer, Citation, QueryResult


class TextPrinter:
    """
    Prints results one by one.

    :param explain: With the passages that were read, and with scores.
    :param whole: Every answer of a result, and not only those that it is sure of.
    :param titled: With the question before its answers.
    :param talking: In a conversation, where a command shows more.
    """

    def __init__(self, corpus: Corpus, *, explain: bool, whole: bool, titled: bool, talking: bool) -> None:
        self._corpus = corpus
        self._console = plain_console()
        self._explain = explain
        self._whole = whole or explain
        self._titled = titled
        self._talking = talking
        self._last: QueryResult | None = None

    def show(self, result: QueryResult) -> list[Followed]:
        """Print a result; returns its citations in the order of their numbers."""
        if self._titled:
            echo(one_line(result.query))
        return self._show(result, whole=self._whole)

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
        numbered: list[Citation] = []
        for answer in shown:
            self._line()
            self._print_answer(answer, len(numbered))
            numbered.extend(answer.citations)
        hidden = len(result.answers) - len(shown)
        if hidden:
            self._line()
            more = "/more" if self._talking else f"--top-k {len(result.answers)}"
            self._line(f"{pluralize(hidden, 'weaker candidate')}; {more} shows them.", "dim")
        if self._explain:
            self._print_passages(result)
        if result.calibration_note is not None:
            self._line()
            self._line(one_line(f"Confidences are not calibrated here. {result.calibration_note}"), "dim")
        if result.stale_note is not None:
            self._line()
            self._line(one_line(result.stale_note), "yellow")
        self._line()
        roots = self._corpus.index.roots
        citations = [Followed(place_of(one), roots.path_of(one.file), roots.url_of(one.file)) for one in numbered]
        keep(citations)
        return citations

    def _print_headline(self, result: QueryResult, differing: Sequence[Answer]) -> None:
        headline = SAID[result.verdict]
        if differing:
            agree = "These documents do not agree" if result.abstained else "Different documents give different answers"
            headline = f"{agree}: {'; '.join(map(_said_by, differing))}."
        if headline:
            self._line(headline, "bold yellow")
        unread = len(self._corpus.index.passed_over.skipped) if result.abstained else 0
        if unread:
            self._line(f"{pluralize(unread, 'file')} could not be read: spanwise files --skipped", "yellow")

    def _print_answer(self, answer: Answer, before: int) -> None:
        lead, words, rest = context_parts(answer)
        lines = [Text.assemble((words, "bold green"), (f"   {percent(answer.confidence)}", "cyan"))]
        if lead or rest:
            lines.append(Text.assemble(lead, (words, MARK), rest))
        path_of = self._corpus.index.roots.path_of
        lines += [cited_line(number, place, path_of) for number, place in enumerate(answer.citations, before + 1)]
        if self._explain:
            scores = (
                f"margin {answer.score:.2f}, lead {answer.signals.get('lead', 0.0):.2f}, "
                f"retrieval {answer.retrieval_score:.3f}, characters {answer.start} to {answer.end}"
            )
            lines.append(Text(scores, style="dim"))
        for line in lines:
            print_indented(self._console, line)

    def _print_passages(self, result: QueryResult) -> None:
        self._line()
        self._line(f"{pluralize(len(result.passages), 'passage')} read, in this order:", "bold")
        for number, hit in enumerate(result.passages, 1):
            page = "" if hit.passage.page is None else f", page {hit.passage.page}"
            text = one_line(hit.passage.text)
            shown = text if len(text) <= 100 else f"{text[:97]}..."
            self._line(f"{number:3}. {hit.score:.3f}  {safe_name(hit.passage.file)}{page}: {shown}", "dim")
        times = ", ".join(f"{stage} {milliseconds:.0f} ms" for stage, milliseconds in result.timings_ms.items())
        self._line(times, "dim")

    def _line(self, text: str = "", style: str = "") -> None:
        self._console.print(Text(text, style=style))


def _said_by(answer: Answer) -> str:
    """Return an answer with the documents that give it."""
    files = ", ".join(dict.fromkeys(safe_name(place.file) for place in answer.citations))
    return f"{one_line(answer.answer)} ({files})"
