"""The `spanwise` command: one subcommand a file, each importing only what it uses."""

import sys
import traceback
from pathlib import Path
from typing import Annotated, Any

import typer

from spanwise import __version__
from spanwise.cli.app import QuietOption, VerboseOption, command_of, make_app, set_verbosity
from spanwise.cli.asking.ask import ask
from spanwise.cli.asking.open import open_citation
from spanwise.cli.asking.search import search
from spanwise.cli.asking.show import show
from spanwise.cli.evaluation.calibrate import calibrate
from spanwise.cli.evaluation.evaluate import evaluate
from spanwise.cli.export import export
from spanwise.cli.indexing.compact import compact
from spanwise.cli.indexing.doctor import doctor
from spanwise.cli.indexing.files import files
from spanwise.cli.indexing.index import IndexCommand, index
from spanwise.cli.indexing.status import status
from spanwise.cli.interruption import raising_interruptions
from spanwise.cli.mcp import mcp
from spanwise.cli.models import models
from spanwise.cli.output import echo, one_line, verbosity
from spanwise.cli.serve import serve
from spanwise.cli.training.data import data
from spanwise.cli.training.distill import distill
from spanwise.cli.training.train import train
from spanwise.errors import SpanwiseError, UsageError

FAILED, USAGE, INTERRUPTED = 1, 2, 130
MISTYPED: Any = typer.BadParameter.__mro__[1]  # whatever typer finds wrong with a command line

app = make_app(
    name="spanwise",
    help="Ask a folder of documents a question; get the exact words that answer it, with file, page and confidence.",
    epilog="Begin with: spanwise index FOLDER, then: spanwise ask 'QUESTION'. Your documents stay on this machine.",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
EVERYDAY, UPKEEP, SERVICES, MODELS = "Everyday", "Looking after an index", "Services", "Readers: training and measuring"


def _print_version(wanted: bool) -> None:
    if wanted:
        echo(f"spanwise {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    ctx: typer.Context,
    *,
    index_dir: Annotated[
        Path | None, typer.Option("--index", "-i", metavar="DIR", help="The index's directory, as after the command.")
    ] = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
    version: Annotated[  # noqa: ARG001  # its callback has done it
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    ctx.obj = index_dir
    verbosity.quiet = verbosity.verbose = False
    set_verbosity(quiet=quiet, verbose=verbose)


command_of(app, cls=IndexCommand, rich_help_panel=EVERYDAY)(index)
for command in (ask, search, show, files, status):
    command_of(app, rich_help_panel=EVERYDAY)(command)
command_of(app, "open", rich_help_panel=EVERYDAY)(open_citation)
for command in (doctor, compact):
    command_of(app, rich_help_panel=UPKEEP)(command)
for command in (serve, mcp):
    command_of(app, rich_help_panel=SERVICES)(command)
for command in (models, train, distill, calibrate, export):
    command_of(app, rich_help_panel=MODELS)(command)
app.add_typer(evaluate, rich_help_panel=MODELS)
app.add_typer(data, rich_help_panel=MODELS)


def main() -> None:
    """Run the command line; an expected failure is one line on stderr."""
    try:
        with raising_interruptions():
            sys.exit(app(prog_name="spanwise", standalone_mode=False))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except MISTYPED as error:
        said = one_line(error.format_message()).removesuffix(".").replace("Value error, ", "")
        where = "" if error.ctx is None else f" (see {error.ctx.command_path} --help)"
        if said:  # else a group was named alone, and help has been given
            echo(f"spanwise: {said}{where}", err=True)
        sys.exit(USAGE)
    except typer.Abort:
        sys.exit(FAILED)
    except UsageError as error:
        _fail(error, USAGE)
    except SpanwiseError as error:
        _fail(error, FAILED)


def _fail(error: SpanwiseError, code: int) -> None:
    if verbosity.verbose:
        echo("".join(traceback.format_exception(error)), err=True, nl=False)
    echo(f"spanwise: {error}", err=True)
    sys.exit(code)
