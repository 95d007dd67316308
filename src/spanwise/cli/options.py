"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_INDEX = Path(".spanwise")

IndexOption = Annotated[Path, typer.Option("--index", metavar="DIR", help="The index's directory.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
DeviceOption = Annotated[
    str, typer.Option("--device", metavar="auto|cpu|cuda|mps", help="Where to compute; auto takes the best there is.")
]
