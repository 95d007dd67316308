"""The commands by their names; each is imported when it is first needed."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import typer
from typer.main import get_command, get_group

from spanwise.cli.app import Command, command_of, make_app

# In the order of the help: the module, what it calls the command, and the class of an unusual one.
_PANELS = {
    "Everyday": {
        "index": "indexing.index:index:IndexCommand",
        "ask": "asking.ask:ask",
        "search": "asking.search:search",
        "show": "asking.show:show",
        "files": "indexing.files:files",
        "status": "indexing.status:status",
        "open": "asking.open:open_citation",
    },
    "Looking after an index": {"doctor": "indexing.doctor:doctor", "compact": "indexing.compact:compact"},
    "Services": {"serve": "serve:serve", "mcp": "mcp:mcp"},
    "Readers: training and measuring": {
        "models": "models:models",
        "train": "training.train:train",
        "distill": "training.distill:distill",
        "calibrate": "evaluation.calibrate:calibrate",
        "export": "export:export",
        "evaluate": "evaluation.evaluate:evaluate",
        "data": "training.data:data",
    },
}
_PLACES = {name: (panel, place) for panel, places in _PANELS.items() for name, place in places.items()}


class Commands(Mapping[str, Any]):
    """The commands of a group, as typer has them."""

    def __init__(self) -> None:
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            self._loaded[name] = _load(name)
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_PLACES)

    def __len__(self) -> int:
        return len(_PLACES)


def _load(name: str) -> Any:
    """
    Import a command.

    :raises KeyError: If there is none of that name.
    """
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
