"""The `spanwise` command: its subcommands, of which each imports only what it uses."""

import errno
import sys
import traceback
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from typer import Option
from typer.main import get_command, get_group

from spanwise import __version__
from spanwise.cli.app import Command, Group, command_of, make_app, raising_interruptions, set_verbosity
from spanwise.cli.output import QuietOption, VerboseOption, Verbosity, echo, one_line, verbosity
from spanwise.errors import SpanwiseError, UsageError

_FULL = {errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT}
FAILED, USAGE, INTERRUPTED = 1, 2, 130
MISTYPED: Any = typer.BadParameter.__mro__[1]  # whatever typer finds wrong with a command line

# In the order of the help: the module, what it calls the command, and the class of an unusual one.
_PANELS = {
    "Everyday": {
        "index": "indexing.index:index:IndexCommand",
        "ask": "asking.ask:ask",
        "search": "asking.search:search",
        "show": "asking.show:show",
        "files": "indexing.status:files",
        "status": "indexing.status:status",
        "open": "asking.open:open_citation",
    },
    "Looking after an index": {"doctor": "indexing.doctor:doctor", "compact": "indexing.doctor:compact"},
    "Services": {"serve": "serve:serve", "mcp": "serve:mcp"},
    "Readers: training and measuring": {
        "models": "readers:models",
        "train": "training.train:train",
        "distill": "training.train:distill",
        "calibrate": "evaluation.evaluate:calibrate",
        "export": "readers:export",
        "evaluate": "evaluation.evaluate:evaluate",
        "data": "training.data:data",
    },
}
_PLACES = {name: (panel, place) for panel, places in _PANELS.items() for name, place in places.items()}


class _Commands(Mapping[str, Any]):
    """The commands by their names, as typer has them; each is imported when it is first needed."""

    def __getitem__(self, name: str) -> Any:
        return _load(name)

    def __iter__(self) -> Iterator[str]:
        return iter(_PLACES)

    def __len__(self) -> int:
        return len(_PLACES)


@cache
def _load(name: str) -> Any:
    panel, place = _PLACES[name]
    module, attribute, *unusual = place.split(":")
    found = import_module(f"spanwise.cli.{module}")
    command = getattr(found, attribute)
    if isinstance(command, typer.Typer):
        loaded: Any = get_group(command)
    else:
        app = make_app(name, add_completion=False)
        command_of(app, name, cls=getattr(found, unusual[0]) if unusual else Command)(command)
        loaded = get_command(app)
    loaded.rich_help_panel = panel
    return loaded


class _Spanwise(Group):
    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = cast("Any", _Commands())


app = make_app(
    name="spanwise",
    cls=_Spanwise,
    help="Ask a folder of documents a question; get the exact words that answer it, with file, page and confidence.",
    epilog="Begin with: spanwise index FOLDER, then: spanwise ask 'QUESTION'. Your documents stay on this machine.",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        echo(f"spanwise {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    ctx: typer.Context,
    *,
    index_dir: Annotated[
        Path | None, Option("--index", "-i", metavar="DIR", help="The index's directory, as after the command.")
    ] = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
    version: Annotated[  # noqa: ARG001  # its callback has done it
        bool, Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    ctx.obj = index_dir
    verbosity.quiet = verbosity.verbose = False
    set_verbosity(Verbosity(quiet, verbose))


def main() -> None:
    """Run the command line; an expected failure is one line on stderr."""
    sys.stdout, sys.stderr = sys.stdout or StringIO(), sys.stderr or StringIO()  # None where a shell has closed one
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
    except SpanwiseError as error:
        _fail(error, USAGE if isinstance(error, UsageError) else FAILED)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        _fail(SpanwiseError(f"expected to write all output, found that the disk does not take it: {error}"), FAILED)


def _fail(error: SpanwiseError, code: int) -> None:
    if verbosity.verbose:
        echo("".join(traceback.format_exception(error)), err=True, nl=False)
    echo(f"spanwise: {error}", err=True)
    sys.exit(code)
