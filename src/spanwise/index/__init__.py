"""The index: texts, passages and metadata in SQLite, vectors in immutable files, one atomic commit over both."""

from typing import TYPE_CHECKING

from spanwise.lazy import lazy_exports

if TYPE_CHECKING:
    from spanwise.index.index import Index as Index
    from spanwise.index.records import Change as Change
    from spanwise.index.records import FileRecord as FileRecord
    from spanwise.index.store.document_store import FaissDocumentStore as FaissDocumentStore

__all__, __getattr__ = lazy_exports(__name__)
