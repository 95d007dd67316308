"""`spanwise data`: check, mend and add to the files that readers are trained on."""

import typer

from spanwise.cli.data_check import check
from spanwise.cli.data_mine import mine

data = typer.Typer(name="data", help="Check and add to SQuAD files before training on them.", no_args_is_help=True)
for command in (check, mine):
    data.command()(command)
