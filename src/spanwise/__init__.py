"""Answers from a folder of documents, in its own words, with file, page, offset and confidence."""

from typing import TYPE_CHECKING

from spanwise.lazy import lazy_attributes

if TYPE_CHECKING:
    from spanwise.errors import SpanwiseError
    from spanwise.pipeline.corpus import Corpus
    from spanwise.pipeline.sync import SyncOptions
    from spanwise.types import Answer, QueryResult, SyncReport

__version__ = "0.1.0"
__all__ = ["Answer", "Corpus", "QueryResult", "SpanwiseError", "SyncOptions", "SyncReport", "__version__"]

__getattr__ = lazy_attributes(
    __name__,
    {
        "Answer": "spanwise.types",
        "Corpus": "spanwise.pipeline.corpus",
        "QueryResult": "spanwise.types",
        "SpanwiseError": "spanwise.errors",
        "SyncOptions": "spanwise.pipeline.sync",
        "SyncReport": "spanwise.types",
    },
)
