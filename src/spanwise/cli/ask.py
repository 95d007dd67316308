"""`spanwise ask`: answer one question, a conversation of them, or a file of them."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from spanwise.cli.options import CalibrationOption, CorpusOptions, ThresholdOption, TopKOption, takes_options
from spanwise.cli.output import echo, print_json
from spanwise.errors import UsageError

if TYPE_CHECKING:
    from io import BufferedReader

    from spanwise.types import QueryResult

    Ask = Callable[[Sequence[str]], list[QueryResult]]
    Show = Callable[[QueryResult], None]


@takes_options(CorpusOptions)
def ask(
    question: Annotated[
        str | None,
        typer.Argument(metavar="QUESTION", help="The question. Without one, on a terminal, ask several in turn."),
    ] = None,
    *,
    top_k: TopKOption = 5,
    filters: Annotated[
        list[str] | None,
        typer.Option("--filter", metavar="GLOB", help="Only files whose path matches; may be repeated."),
    ] = None,
    threshold: ThresholdOption = None,
    precision: Annotated[
        float | None,
        typer.Option(min=0, max=1, metavar="P", help="Abstain so far that this share of the answers is right."),
    ] = None,
    recall: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, metavar="P", help="Abstain only so far that this share of the questions gets a right answer."
        ),
    ] = None,
    calibration: CalibrationOption = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Also show every candidate, and the passages that were read.")
    ] = False,
    questions: Annotated[
        str | None, typer.Option(metavar="FILE|-", help="A file with one question a line, or - for standard input.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object on stdout; with --questions one on each line.")
    ] = False,
    options: CorpusOptions,
) -> None:
    """
    Ask the indexed documents a question.

    The answer is always an exact quotation, with its file, page, line and
    confidence. If no candidate reaches the threshold, the command says that
    the documents do not answer, and shows the best candidates.
    """
    _require_one_source(question, questions)
    if sum(given is not None for given in (threshold, precision, recall)) > 1:
        msg = "expected one of --threshold, --precision and --recall, found several; leave all but one out"
        raise UsageError(msg)
    lines = None if questions is None else _read_questions(questions)
    with options.open(calibration) as corpus:
        if precision is not None or recall is not None:
            threshold = corpus.calibration.threshold_for(precision=precision, recall=recall)
        answer = partial(
            corpus.ask_many,
            filters=filters or None,
            top_k=top_k,
            passages=options.passages,
            threshold=threshold,
        )
        show = partial(_show, explain=explain, as_json=as_json)
        if lines is not None:
            if not _ask_each(answer, lines, show, as_json=as_json):
                raise typer.Exit(1)
        elif question is not None:
            show(answer([_valid_text(question)])[0])
        else:
            with corpus.index:
                _converse(answer, show)


def _require_one_source(question: str | None, questions: str | None) -> None:
    """Refuse questions that come from two sides, from none, or are empty."""
    if question is not None and questions is not None:
        msg = "expected either a QUESTION or --questions, found both"
    elif question is None and questions is None and not sys.stdin.isatty():
        msg = 'expected a question, found none: spanwise ask "QUESTION", or --questions FILE'
    elif question is not None and not question.strip():
        msg = 'expected a question, found an empty one: spanwise ask "QUESTION"'
    else:
        return
    raise UsageError(msg)


def _read_questions(file: str) -> Iterator[list[str]]:
    """
    Yield the lines of a file, or those of standard input as they come.

    They end with LF or CRLF; nothing else ends one, U+2028 and a form feed least of all.
    """
    try:
        rest, encoding = b"", "utf-8-sig"
        given = cast("BufferedReader", sys.stdin.buffer)
        for block in iter(given.read1, b"") if file == "-" else [Path(file).read_bytes()]:
            *lines, rest = (rest + block).split(b"\n")
            if lines:
                yield [line.decode(encoding).removesuffix("\r") for line in lines]
                encoding = "utf-8"
        if rest:
            yield [rest.decode(encoding).removesuffix("\r")]
    except OSError as error:
        msg = f"expected a file of questions at {file}: {error.strerror}"
        raise UsageError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"expected questions in UTF-8 in {file}, found {error.reason} in {error.object[:60]!r}"
        raise UsageError(msg) from error


def _ask_each(answer: "Ask", batches: Iterable[Sequence[str]], show: "Show", *, as_json: bool) -> bool:
    """
    Answer questions in order; one that fails is reported in its place and the others go on.

    :returns: Whether all were answered.
    """
    from spanwise.pipeline.corpus import QUESTIONS_AT_ONCE as MOST

    all_answered = True
    for questions in (batch[begin : begin + MOST] for batch in batches for begin in range(0, len(batch), MOST)):
        for question, result in _results(answer, questions):
            if not isinstance(result, UsageError):
                show(result)
                continue
            all_answered = False
            if as_json:
                print_json({"query": question, "error": str(result)})
            else:
                echo(f"spanwise: {result}", err=True)
    return all_answered


def _results(answer: "Ask", questions: Sequence[str]) -> "Iterator[tuple[str, QueryResult | UsageError]]":
    """Answer a batch, or each question by itself where one of them cannot be asked."""
    try:
        yield from zip(questions, answer(questions), strict=True)
    except UsageError as error:
        if len(questions) == 1:
            yield questions[0], error
        else:
            for question in questions:
                yield from _results(answer, [question])


def _converse(answer: "Ask", show: "Show") -> None:
    """Answer questions typed at a terminal until an empty line or the end of input."""
    import readline  # noqa: F401  # gives the prompt a history and line editing

    echo("Ask a question; an empty line ends.", err=True)
    while True:
        try:
            question = input("? ").strip()
        except EOFError:
            echo()
            return
        if not question:
            return
        try:
            show(answer([question])[0])
        except UsageError as error:
            echo(f"spanwise: {error}", err=True)


def _show(result: "QueryResult", *, explain: bool, as_json: bool) -> None:
    from spanwise.cli.render import render_result, result_as_json

    if as_json:
        print_json(result_as_json(result, explain=explain))
    else:
        render_result(result, explain=explain)


def _valid_text(argument: str) -> str:
    """Replace the bytes of a command-line argument that are not UTF-8."""
    return argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
