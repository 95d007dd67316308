"""`spanwise data mine`: questions with passages that are found for them and lack the answer."""

import re
from pathlib import Path
from typing import Annotated

import typer

from spanwise.cli.data_options import FilesArgument, ForceOption, OutputOption, SeedOption, ShareOption
from spanwise.cli.options import DeviceOption
from spanwise.cli.output import safe_name
from spanwise.errors import UsageError
from spanwise.wording import plural


def mine(
    files: FilesArgument,
    output: OutputOption,
    corpus: Annotated[
        list[Path] | None,
        typer.Option("--corpus", metavar="FILE", help="A SQuAD file to search too; may be given again."),
    ] = None,
    per_question: Annotated[int, typer.Option(metavar="N", help="Most passages for a question.")] = 1,
    ranks: Annotated[str, typer.Option(metavar="A-B", help="First and last rank to take.")] = "1-20",
    share: ShareOption = 1.0,
    seed: SeedOption = 0,
    device: DeviceOption = "auto",
    force: ForceOption = False,
) -> None:
    """
    Pair questions with passages that are found for them and lack the answer.

    The contexts of all files are searched as `spanwise ask` searches a
    corpus. OUT is SQuAD 2.0 JSON in which no question has an answer.
    """
    from spanwise.cli.progress import step_progress
    from spanwise.train.data.mining import mine as mine_negatives

    between = _ranks(ranks)
    with step_progress() as step:
        report = mine_negatives(
            files,
            output,
            corpus=corpus or (),
            per_question=per_question,
            ranks=between,
            share=share,
            seed=seed,
            overwrite=force,
            device=device,
            progress=step,
        )
    typer.echo(f"Wrote {safe_name(str(output))}: {plural(report.mined, 'passage')} without the answer.")
    typer.echo(f"  {report.questions:,} asked, {report.without:,} with no such passage at ranks {ranks}")
    typer.echo(f"  {report.same_article:,} of the question's own article")


def _ranks(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d+)(?:-(\d+))?", text)
    if found is None:
        msg = f"expected ranks as in 1-20, found {text!r}"
        raise UsageError(msg)
    first = int(found[1])
    return first, first if found[2] is None else int(found[2])
