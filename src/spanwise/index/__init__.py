"""
The index: texts, passages and metadata in SQLite, vectors in immutable files, one atomic commit over both.

Names are loaded on first use, so importing this package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spanwise.index.index import Index
    from spanwise.index.records import Change, FileRecord
    from spanwise.index.store import FaissDocumentStore

__all__ = ["Change", "FaissDocumentStore", "FileRecord", "Index"]

_MODULES = {"Change": "records", "FaissDocumentStore": "store", "FileRecord": "records", "Index": "index"}


def __getattr__(name: str) -> Any:
    """Import the module that holds `name`."""
    if name not in _MODULES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
