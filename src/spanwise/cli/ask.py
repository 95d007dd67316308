"""`spanwise ask`: answer one question, a conversation of them, or a file of them."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spanwise.cli.options import DEFAULT_INDEX, DeviceOption, IndexOption
from spanwise.errors import UsageError

if TYPE_CHECKING:
    from spanwise.cli.asking import Asker


def ask(
    question: Annotated[
        str | None,
        typer.Argument(metavar="QUESTION", help="The question; without one, on a terminal, ask as many as you like."),
    ] = None,
    *,
    index_dir: IndexOption = DEFAULT_INDEX,
    top_k: Annotated[int, typer.Option("--top-k", min=1, help="Most answers.")] = 5,
    passages: Annotated[int, typer.Option(min=1, help="How many passages are read.")] = 20,
    filters: Annotated[
        list[str] | None,
        typer.Option("--filter", metavar="GLOB", help="Only files whose path matches; may be repeated."),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(min=0, max=1, metavar="P", help="Confidence below which the documents are said not to answer."),
    ] = None,
    precision: Annotated[
        float | None,
        typer.Option(min=0, max=1, metavar="P", help="Abstain as is needed for this share of answers to be right."),
    ] = None,
    recall: Annotated[
        float | None,
        typer.Option(min=0, max=1, metavar="P", help="Abstain as far as this share of questions is still answered."),
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Also show all candidates and passages.")] = False,
    questions: Annotated[
        str | None, typer.Option(metavar="FILE|-", help="A file with one question a line, or - for standard input.")
    ] = None,
    reader: Annotated[
        str, typer.Option(metavar="MODEL", help="A question-answering model: a hub name or a folder.")
    ] = "default",
    reranker: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="A cross-encoder that sorts passages before they are read."),
    ] = None,
    calibration: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What `spanwise calibrate --out FILE` wrote.")
    ] = None,
    device: DeviceOption = "auto",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object on stdout; one a line with --questions.")
    ] = False,
) -> None:
    """
    Ask the indexed documents.

    The answer is always an exact quotation, with its file, page, line and
    a confidence. When no candidate reaches the threshold, the documents are
    said not to answer, and the nearest candidates are shown.
    """
    _require_one_source(question, questions)
    if sum(given is not None for given in (threshold, precision, recall)) > 1:
        msg = "expected one of --threshold, --precision and --recall, found several; leave all but one out"
        raise UsageError(msg)
    from spanwise.cli.asking import Asker
    from spanwise.pipeline.corpus import Corpus

    with Corpus(index_dir, reader=reader, reranker=reranker, calibration=calibration, device=device) as corpus:
        if precision is not None or recall is not None:
            threshold = corpus.calibration.threshold_for(precision=precision, recall=recall)
        asker = Asker(
            corpus,
            filters=filters or None,
            top_k=top_k,
            passages=passages,
            threshold=threshold,
            explain=explain,
            as_json=as_json,
        )
        if questions is not None:
            _ask_all(asker, questions)
        elif question is not None:
            asker.ask_one(_valid_text(question))
        else:
            asker.converse()


def _require_one_source(question: str | None, questions: str | None) -> None:
    """Refuse questions that come from two sides, from none, or are empty."""
    if question is not None and questions is not None:
        msg = "expected either a QUESTION or --questions, found both"
        raise UsageError(msg)
    if question is None and questions is None and not sys.stdin.isatty():
        msg = 'expected a question, found none: spanwise ask "QUESTION", or --questions FILE'
        raise UsageError(msg)
    if question is not None and not question.strip():
        msg = 'expected a question, found an empty one: spanwise ask "QUESTION"'
        raise UsageError(msg)


def _ask_all(asker: "Asker", file: str) -> None:
    try:
        text = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        lines = _lines(text.decode("utf-8-sig"))
    except OSError as error:
        msg = f"expected a file of questions at {file}: {error.strerror}"
        raise UsageError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"expected questions in UTF-8 in {file}, found {error.reason} at byte {error.start}"
        raise UsageError(msg) from error
    if not asker.ask_each(lines):
        raise typer.Exit(1)


def _lines(text: str) -> list[str]:
    """Return the lines that end with LF or CRLF; nothing else ends one, U+2028 and a form feed least of all."""
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text else []


def _valid_text(argument: str) -> str:
    """Replace the bytes of a command-line argument that are not UTF-8."""
    return argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
