"""Find the passages to read."""

from typing import TYPE_CHECKING

from spanwise.lazy import lazy_attributes

if TYPE_CHECKING:
    from spanwise.retrieve.dense_retriever import DenseRetriever
    from spanwise.retrieve.fusion import fuse
    from spanwise.retrieve.lexical_retriever import LexicalRetriever
    from spanwise.retrieve.passage_fusion import PassageFusion
    from spanwise.retrieve.passage_reranker import PassageReranker
    from spanwise.retrieve.reranking import rerank
    from spanwise.retrieve.retriever import retrieve

__all__ = ["DenseRetriever", "LexicalRetriever", "PassageFusion", "PassageReranker", "fuse", "rerank", "retrieve"]

__getattr__ = lazy_attributes(
    __name__,
    {
        "DenseRetriever": "spanwise.retrieve.dense_retriever",
        "LexicalRetriever": "spanwise.retrieve.lexical_retriever",
        "PassageFusion": "spanwise.retrieve.passage_fusion",
        "PassageReranker": "spanwise.retrieve.passage_reranker",
        "rerank": "spanwise.retrieve.reranking",
        "fuse": "spanwise.retrieve.fusion",
        "retrieve": "spanwise.retrieve.retriever",
    },
)
