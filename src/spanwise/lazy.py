"""Module attributes that are imported when they are first asked for."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy_attributes(package: str, modules: Mapping[str, str]) -> Callable[[str], Any]:
    """
    Return a `__getattr__` for a package's `__init__`, and let `dir` list the names before they are imported.

    :param package: The package's `__name__`.
    :param modules: For each public name, the module that defines it.
    """
    found = sys.modules.get(package)
    if found is not None:
        vars(found)["__dir__"] = lambda: sorted({*vars(found), *modules})

    def get(name: str) -> Any:
        if name not in modules:
            msg = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(msg)
        return getattr(import_module(modules[name]), name)

    return get
