"""Names of a package that are imported when they are first asked for."""

import ast
import sys
from collections.abc import Callable
from importlib import import_module
from pkgutil import get_data
from typing import Any


def lazy_exports(package: str) -> tuple[list[str], Callable[[str], Any]]:
    """
    Return `__all__` and `__getattr__` for a package's `__init__`; `dir` lists the names before they are imported.

    Its names are those that the `__init__` imports as themselves, `from module import Name as Name`, for type checkers
    alone. They are read from its source, so that they stand there once.

    :param package: The package's `__name__`.
    """
    tree = ast.parse(get_data(package, "__init__.py") or b"")
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    modules = {alias.name: str(node.module) for node in imports for alias in node.names if alias.asname == alias.name}
    found = sys.modules.get(package)
    if found is not None:
        vars(found)["__dir__"] = lambda: sorted({*vars(found), *modules})

    def get(name: str) -> Any:
        if name not in modules:
            msg = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(msg)
        return getattr(import_module(modules[name]), name)

    return list(modules), get
