"""What the commands of `spanwise data` share."""

from pathlib import Path
from typing import Annotated

import typer

FilesArgument = Annotated[list[Path], typer.Argument(metavar="FILE...", help="SQuAD JSON; may be gzipped.")]
OutputOption = Annotated[
    Path, typer.Option("--output", "-o", metavar="OUT", help="The file to write; gzipped if it ends in .gz.")
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace OUT if it is there.")]
ShareOption = Annotated[float, typer.Option(metavar="S", help="Share of the questions, chosen by chance.")]
SeedOption = Annotated[int, typer.Option(help="Of what is chosen by chance.")]
