"""The `spanwise` command: one subcommand a file, each importing only what it uses."""

import sys
from typing import Annotated

import typer

from spanwise import __version__
from spanwise.cli.ask import ask
from spanwise.cli.evaluation.calibrate import calibrate
from spanwise.cli.evaluation.evaluate import evaluate
from spanwise.cli.export import export
from spanwise.cli.indexing.compact import compact
from spanwise.cli.indexing.doctor import doctor
from spanwise.cli.indexing.index import IndexCommand, index
from spanwise.cli.indexing.status import status
from spanwise.cli.interruption import heeding_interruptions
from spanwise.cli.mcp import mcp
from spanwise.cli.models import models
from spanwise.cli.output import echo
from spanwise.cli.serve import serve
from spanwise.cli.show import show
from spanwise.cli.training.data import data
from spanwise.cli.training.distill import distill
from spanwise.cli.training.train import train
from spanwise.errors import SpanwiseError, UsageError

FAILED, USAGE, INTERRUPTED = 1, 2, 130

app = typer.Typer(
    name="spanwise",
    help="Ask a folder of documents a question; get the exact words that answer it, with file, page and confidence.",
    epilog="Begin with: spanwise index FOLDER, then: spanwise ask 'QUESTION'. Your documents stay on this machine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        echo(f"spanwise {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    pass


app.command(cls=IndexCommand)(index)
for command in (ask, show, status, doctor, compact, serve, mcp, export, calibrate, train, distill, models):
    app.command()(command)
app.add_typer(evaluate)
app.add_typer(data)


def main() -> None:
    """Run the command line; an expected failure is one line on stderr."""
    try:
        with heeding_interruptions():
            app()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except UsageError as error:
        _fail(error, USAGE)
    except SpanwiseError as error:
        _fail(error, FAILED)


def _fail(error: SpanwiseError, code: int) -> None:
    echo(f"spanwise: {error}", err=True)
    sys.exit(code)
