"""Exact answers from a folder of documents, with file, page, offset and confidence."""

from typing import TYPE_CHECKING

from spanwise.lazy import lazy_exports

if TYPE_CHECKING:
    from spanwise.errors import SpanwiseError as SpanwiseError
    from spanwise.pipeline.corpus import Corpus as Corpus
    from spanwise.pipeline.sync import SyncOptions as SyncOptions
    from spanwise.types import Answer as Answer
    from spanwise.types import QueryResult as QueryResult
    from spanwise.types import SyncReport as SyncReport

__version__ = "0.1.0"
__all__, __getattr__ = lazy_exports(__name__)
