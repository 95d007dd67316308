"""The whole way: pipelines, and the corpus that runs them."""

from typing import TYPE_CHECKING

from spanwise.lazy import lazy_attributes

if TYPE_CHECKING:
    from spanwise.pipeline.builders import indexing_pipeline, query_pipeline
    from spanwise.pipeline.corpus import Corpus
    from spanwise.pipeline.corpus_writer import CorpusWriter
    from spanwise.pipeline.sync import SyncOptions

__all__ = ["Corpus", "CorpusWriter", "SyncOptions", "indexing_pipeline", "query_pipeline"]

__getattr__ = lazy_attributes(
    __name__,
    {
        "Corpus": "spanwise.pipeline.corpus",
        "CorpusWriter": "spanwise.pipeline.corpus_writer",
        "SyncOptions": "spanwise.pipeline.sync",
        "indexing_pipeline": "spanwise.pipeline.builders",
        "query_pipeline": "spanwise.pipeline.builders",
    },
)
