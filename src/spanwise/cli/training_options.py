"""Options that `spanwise train` and `spanwise distill` share; all but the first stand for a recipe's own values."""

from pathlib import Path
from typing import Annotated, Literal

import typer

OutputOption = Annotated[Path | None, typer.Option("--output", metavar="DIR", help="Write the reader there.")]
TrainOption = Annotated[
    list[str] | None,
    typer.Option("--train", metavar="FILE", help="SQuAD 1.1 or 2.0 to train on, may be gzipped; repeat for more."),
]
EvalOption = Annotated[
    list[str] | None, typer.Option("--eval", metavar="FILE", help="SQuAD to measure on; repeat for more.")
]
CorpusOption = Annotated[
    str | None,
    typer.Option(
        "--corpus", metavar="FILE", help="Passages to find for every question: JSON lines, SQuAD, or 'own' contexts."
    ),
]
CacheOption = Annotated[
    Path | None,
    typer.Option("--cache", metavar="DIR", help="Keep what is found in corpora there, for other trainings."),
]
DataOption = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="The folder of files that are named without one.")
]
EpochsOption = Annotated[float | None, typer.Option("--epochs", metavar="N", help="How often everything is seen.")]
StepsOption = Annotated[int | None, typer.Option("--max-steps", metavar="N", help="Most updates.")]
BatchOption = Annotated[
    int | None, typer.Option("--batch-size", metavar="N", help="Windows, or with a corpus questions, of one update.")
]
RateOption = Annotated[float | None, typer.Option("--learning-rate", metavar="X", help="At its highest.")]
DtypeOption = Annotated[
    Literal["float32", "bfloat16", "float16"] | None, typer.Option("--dtype", help="What products are computed in.")
]
SeedOption = Annotated[int | None, typer.Option("--seed", metavar="N", help="Of all that is drawn at random.")]
MisplacedOption = Annotated[
    bool | None,
    typer.Option("--drop-misplaced", help="Leave out questions whose answer does not stand at its offset."),
]
SettingsOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any other key of a recipe; repeat for more.")
]
