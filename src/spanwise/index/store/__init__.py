"""Haystack's document store on an index, with its documents, metadata and filters."""

from typing import TYPE_CHECKING

from spanwise.lazy import lazy_exports

if TYPE_CHECKING:
    from spanwise.index.store.document_store import FaissDocumentStore as FaissDocumentStore

__all__, __getattr__ = lazy_exports(__name__)
