"""`spanwise ask`: answer one question, a conversation of them, or a file of them."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer
from typer import Argument, Option

from spanwise.cli.options import CalibrationOption, CorpusOptions, FileOptions, ThresholdOption
from spanwise.errors import UsageError

if TYPE_CHECKING:
    from io import BufferedReader

    from spanwise.cli.asking.printers import Printer, TextPrinter
    from spanwise.pipeline.corpus import Corpus
    from spanwise.types import FileFilter, QueryResult

    Answers = Callable[[Sequence[str]], list[QueryResult]]

TOP_K = 5
SHOWN = "Show this many answers; by default at most 5, those it is sure of."


@dataclass(frozen=True)
class AbstainOptions:
    """From which confidence on it answers."""

    threshold: ThresholdOption = None
    precision: Annotated[
        float | None,
        Option(min=0, max=1, metavar="P", help="Choose the threshold at which this share of the answers is right."),
    ] = None
    recall: Annotated[
        float | None,
        Option(
            min=0,
            max=1,
            metavar="P",
            help="Choose the threshold at which this share of the questions gets a right answer.",
        ),
    ] = None
    calibration: CalibrationOption = None

    def __post_init__(self) -> None:
        if sum(given is not None for given in (self.threshold, self.precision, self.recall)) > 1:
            msg = "expected one of --threshold, --precision and --recall, found several; leave all but one out"
            raise UsageError(msg)

    def threshold_of(self, corpus: "Corpus") -> float | None:
        """Return the confidence that was given, or that the calibration has for what was given."""
        if self.precision is None and self.recall is None:
            return self.threshold
        return corpus.calibration.threshold_for(precision=self.precision, recall=self.recall)


def ask(
    words: Annotated[
        list[str] | None,
        Argument(
            metavar="QUESTION",
            help="The question; - reads it from standard input. Without one, on a terminal, ask several in turn.",
        ),
    ] = None,
    *,
    top_k: Annotated[int | None, Option("--top-k", "-k", min=1, show_default=False, help=SHOWN)] = None,
    answer: Annotated[
        Literal["span", "sentence"],
        Option(help="The exact words, or the whole sentence or table row that they stand in."),
    ] = "span",
    explain: Annotated[
        bool, Option("--explain", help="Also show every candidate, and the passages that were read.")
    ] = False,
    questions: Annotated[
        str | None, Option(metavar="FILE|-", help="A file with one question a line, or - for standard input.")
    ] = None,
    form: Annotated[
        Literal["text", "json", "jsonl", "markdown", "csv"],
        Option("--format", help="How to print results: json and jsonl as one object a line."),
    ] = "text",
    as_json: Annotated[bool, Option("--json", help="The same as --format json.")] = False,
    sync: Annotated[bool, Option("--sync", help="First index what is new, changed or gone.")] = False,
    options: CorpusOptions,
    files: Annotated[FileOptions, "Which files are asked"],
    abstaining: Annotated[AbstainOptions, "When it abstains"],
) -> None:
    """
    Ask the indexed documents a question.

    The answer is always an exact quotation, with its file, place and
    confidence. If no candidate reaches the threshold, the command says that
    it is not sure, or that the documents do not seem to say.

    You need no quotation marks, unless your shell treats some characters
    in a special way, such as ? and * and '.

    Examples:
        spanwise ask how high may hedges be
        spanwise ask "Who paid for the cake?" --filter "newsletters/" --top-k 3
        spanwise ask --questions questions.txt --format csv > answers.csv
        spanwise ask

    """
    from spanwise.answer.context import with_sentences
    from spanwise.cli.asking.printers import Printer, TextPrinter
    from spanwise.types import FileFilter

    lines = _questions(words, questions)
    wanted = files.given()
    with options.open(abstaining.calibration) as corpus:
        if sync:
            from spanwise.cli.indexing.syncing import sync_before_asking

            sync_before_asking(corpus)
        threshold = abstaining.threshold_of(corpus)

        def answers(asked: "Sequence[str]", among: "FileFilter | None" = wanted) -> "list[QueryResult]":
            found = corpus.ask_many(asked, among, top_k=top_k or TOP_K, passages=options.passages, threshold=threshold)
            return [with_sentences(result) for result in found] if answer == "sentence" else found

        whole, titled = top_k is not None, not (lines is None or isinstance(lines, str))
        text = TextPrinter(corpus=corpus, explain=explain, whole=whole, titled=titled, talking=lines is None)
        form = "json" if as_json and form == "text" else form
        printer = text if form == "text" else Printer(form, explain=explain)
        if lines is None:
            from spanwise.cli.asking.conversation import Conversation

            with corpus.index:
                Conversation(answers, text, wanted or FileFilter()).run()
        elif isinstance(lines, str):
            printer.show(answers([lines])[0])
        elif sum(_ask_all(answers, batch, printer) for batch in lines):
            raise typer.Exit(1)


def _questions(words: Sequence[str] | None, file: str | None) -> str | Iterable[list[str]] | None:
    """
    Return the question, or those of a file; None for a conversation.

    :raises UsageError: If they come from two sides, from none, or the question is empty.
    """
    question = None if words is None else " ".join(words).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if question is not None and file is not None:
        msg = "expected either a QUESTION or --questions, found both"
        raise UsageError(msg)
    if file is not None:
        return _read_questions(file)
    if question is None and sys.stdin.isatty():
        return None
    if question is None:
        msg = 'expected a question, found none: spanwise ask "QUESTION", or --questions FILE'
        raise UsageError(msg)
    if question == "-":
        lines = [line for batch in _read_questions("-") for line in batch if line.strip()]
        if len(lines) > 1:
            return [lines]
        question = "".join(lines)
    if not question.strip():
        msg = 'expected a question, found an empty one: spanwise ask "QUESTION"'
        raise UsageError(msg)
    return question


def _read_questions(file: str) -> Iterator[list[str]]:
    """
    Yield the lines of a file, or those of standard input as they come.

    They end with LF or CRLF; nothing else ends one, U+2028 and a form feed least of all. A byte that is not of UTF-8
    becomes half a surrogate pair, by which its question is refused.
    """
    try:
        rest, encoding = b"", "utf-8-sig"
        given = cast("BufferedReader", sys.stdin.buffer)
        for block in iter(given.read1, b"") if file == "-" else [Path(file).read_bytes()]:
            *lines, rest = (rest + block).split(b"\n")
            if lines:
                yield [line.decode(encoding, "surrogateescape").removesuffix("\r") for line in lines]
                encoding = "utf-8"
        if rest:
            yield [rest.decode(encoding, "surrogateescape").removesuffix("\r")]
    except OSError as error:
        msg = f"expected a file of questions at {file}: {error.strerror}"
        raise UsageError(msg) from error


def _ask_all(answers: "Answers", questions: Sequence[str], printer: "TextPrinter | Printer") -> int:
    """
    Answer questions together, so many as may be; or each by itself where one cannot be, which is told in its place.

    :returns: How many were not answered.
    """
    from spanwise.pipeline.corpus import QUESTIONS_AT_ONCE as MOST

    if len(questions) > MOST:
        pieces = (questions[begin : begin + MOST] for begin in range(0, len(questions), MOST))
        return sum(_ask_all(answers, piece, printer) for piece in pieces)
    try:
        results = answers(questions)
    except UsageError as error:
        if error.no_files:
            raise  # that is so for every question
        if len(questions) > 1:
            return sum(_ask_all(answers, [question], printer) for question in questions)
        printer.fail(questions[0].encode("utf-8", "surrogateescape").decode("utf-8", "replace"), str(error))
        return 1
    for result in results:
        printer.show(result)
    return 0
