"""Find the passages to read."""

from typing import TYPE_CHECKING

from spanwise.lazy import lazy_exports

if TYPE_CHECKING:
    from spanwise.retrieve.cross_encoder import rerank as rerank
    from spanwise.retrieve.dense_retriever import DenseRetriever as DenseRetriever
    from spanwise.retrieve.lexical_retriever import LexicalRetriever as LexicalRetriever
    from spanwise.retrieve.passage_fusion import PassageFusion as PassageFusion
    from spanwise.retrieve.passage_reranker import PassageReranker as PassageReranker
    from spanwise.retrieve.retriever import fuse as fuse
    from spanwise.retrieve.retriever import retrieve as retrieve

__all__, __getattr__ = lazy_exports(__name__)
