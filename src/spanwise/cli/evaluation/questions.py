"""The files of questions that `spanwise evaluate` and `spanwise calibrate` take."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from spanwise.cli.output import echo, one_line, safe_name
from spanwise.errors import UsageError
from spanwise.squad.questions import QuestionSet, read_questions
from spanwise.text.pluralize import pluralize

HELP = "Questions: SQuAD JSON, or JSON Lines (.jsonl); may be gzipped."
DataOption = Annotated[list[Path] | None, typer.Option("--data", metavar="FILE...", help=HELP)]
MoreData = Annotated[list[Path] | None, typer.Argument(metavar="[FILE]...", help="More files of questions.")]
LimitOption = Annotated[int | None, typer.Option(min=1, metavar="N", help="Only the first N questions of each file.")]
SHOWN = 5


def read_sets(data: Sequence[Path] | None, more: Sequence[Path] | None, limit: int | None) -> list[QuestionSet]:
    """
    Read all files of questions.

    :raises UsageError: If there is none, one cannot be read, or two have the same name.
    """
    files = [*(data or ()), *(more or ())]
    if not files:
        msg = "expected a file of questions, found none: --data FILE"
        raise UsageError(msg)
    sets = [read_set(file, limit) for file in files]
    names = [questions.name for questions in sets]
    for name, file in zip(names, files, strict=True):
        if names.count(name) > 1:
            msg = f"expected files of different names, found {name!r} twice ({file}); rename one"
            raise UsageError(msg)
    return sets


def read_set(file: Path, limit: int | None = None) -> QuestionSet:
    """Read a file of questions, and name on stderr the answers that do not stand where the file says."""
    questions = read_questions(file, limit=limit)
    if questions.misplaced:
        wrong = pluralize(len(questions.misplaced), "answer")
        echo(f"{safe_name(str(file))}: {wrong} not at the offset given; these offsets are ignored", err=True)
        for found in questions.misplaced[:SHOWN]:
            texts = f"{one_line(found.answer)[:50]!r} at {found.start}, where {one_line(found.found)[:50]!r} stands"
            echo(f"  {one_line(found.question_id)}: {texts}", err=True)
        if len(questions.misplaced) > SHOWN:
            echo(f"  and {len(questions.misplaced) - SHOWN:,} more", err=True)
    return questions
