"""The index: texts, passages and metadata in SQLite, vectors in immutable files, one atomic commit over both."""

from typing import TYPE_CHECKING

from spanwise.lazy import lazy_attributes

if TYPE_CHECKING:
    from spanwise.index.index import Index
    from spanwise.index.records import Change, FileRecord
    from spanwise.index.store import FaissDocumentStore

__all__ = ["Change", "FaissDocumentStore", "FileRecord", "Index"]

__getattr__ = lazy_attributes(
    __name__,
    {
        "Change": "spanwise.index.records",
        "FaissDocumentStore": "spanwise.index.store",
        "FileRecord": "spanwise.index.records",
        "Index": "spanwise.index.index",
    },
)
