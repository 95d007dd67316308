"""The whole way: pipelines, and the corpus that runs them."""

from typing import TYPE_CHECKING

from spanwise.lazy import lazy_exports

if TYPE_CHECKING:
    from spanwise.pipeline.builders import indexing_pipeline as indexing_pipeline
    from spanwise.pipeline.builders import query_pipeline as query_pipeline
    from spanwise.pipeline.corpus import Corpus as Corpus
    from spanwise.pipeline.corpus_writer import CorpusWriter as CorpusWriter
    from spanwise.pipeline.sync.targets import SyncOptions as SyncOptions

__all__, __getattr__ = lazy_exports(__name__)
