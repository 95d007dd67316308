"""`spanwise data swap`: unanswerable questions made by rule."""

from typing import Annotated, cast

import typer

from spanwise.cli.data_options import FilesArgument, ForceOption, OutputOption, SeedOption, ShareOption
from spanwise.cli.output import safe_name
from spanwise.wording import plural


def swap(
    files: FilesArgument,
    output: OutputOption,
    kinds: Annotated[
        str | None,
        typer.Option(metavar="KIND,...", help="Only these of entity, number, antonym and negation."),
    ] = None,
    share: ShareOption = 1.0,
    seed: SeedOption = 0,
    force: ForceOption = False,
) -> None:
    """
    Make unanswerable questions by rule from answerable ones.

    Each kind of change makes at most one question of each: another name,
    another number, the opposite of a word, a negation put in or taken out.
    OUT is SQuAD 2.0 JSON in which no question has an answer.
    """
    from spanwise.cli.progress import step_progress
    from spanwise.train.data.swapping import KINDS, SwapKind
    from spanwise.train.data.swapping import swap as swap_questions

    # A kind that there is not is refused by the library.
    wanted = KINDS if kinds is None else cast("tuple[SwapKind, ...]", tuple(kinds.replace(" ", "").split(",")))
    with step_progress() as step:
        report = swap_questions(files, output, kinds=wanted, share=share, seed=seed, overwrite=force, progress=step)
    typer.echo(f"Wrote {safe_name(str(output))}, made of {plural(report.questions, 'question')}:")
    for kind, count in report.made.items():
        typer.echo(f"  {count:>7,} {kind}")
