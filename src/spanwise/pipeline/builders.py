"""The two pipelines as `haystack.Pipeline` objects, to run, serialize and extend."""

from pathlib import Path
from typing import Any

from haystack import Pipeline
from haystack.document_stores.types import DocumentStore

from spanwise.answer.answer_merger import AnswerMerger
from spanwise.convert.component import FileConverter
from spanwise.embed.passage_embedder import PassageEmbedder
from spanwise.embed.question_embedder import QuestionEmbedder
from spanwise.index.nearest import INDEX_NAME
from spanwise.index.store import FaissDocumentStore
from spanwise.pipeline.corpus import CANDIDATES
from spanwise.pipeline.corpus_writer import CorpusWriter
from spanwise.read.extractive_reader import ExtractiveReader
from spanwise.read.second_reader import SecondReader
from spanwise.retrieve.cross_encoder import RERANKED
from spanwise.retrieve.dense_retriever import DenseRetriever
from spanwise.retrieve.fusion import lexical_weight
from spanwise.retrieve.lexical_retriever import LexicalRetriever
from spanwise.retrieve.passage_fusion import PassageFusion
from spanwise.retrieve.passage_reranker import PassageReranker
from spanwise.retrieve.retriever import SEARCHED, retrieval
from spanwise.runtime.default_embedder import DEFAULT_EMBEDDER
from spanwise.runtime.default_reader import DEFAULT_READER
from spanwise.split.passage_splitter import PassageSplitter


def indexing_pipeline(
    index: Path | str = INDEX_NAME,
    *,
    embedder: str = DEFAULT_EMBEDDER,
    device: str = "auto",
    document_store: DocumentStore | None = None,
) -> Pipeline:
    """
    Build converter -> splitter -> embedder -> writer.

    Run it with `run({"converter": {"sources": [...], "root": "papers/"}})`. It writes what it is given; `Corpus.sync`
    also finds what changed, commits as it goes, and removes what is gone.

    :param index: The index's directory.
    :param embedder: A sentence-transformers name or folder.
    :param device: "auto", "cpu", "cuda", "cuda:N" or "mps".
    :param document_store: Any document store that takes the passages instead of an index.
    """
    store = FaissDocumentStore(str(index)) if document_store is None else document_store
    pipeline = Pipeline()
    pipeline.add_component("converter", FileConverter())
    pipeline.add_component("splitter", PassageSplitter(embedder))
    pipeline.add_component("embedder", PassageEmbedder(embedder, device))
    pipeline.add_component("writer", CorpusWriter(store))
    pipeline.connect("converter.documents", "splitter.documents")
    pipeline.connect("converter.documents", "writer.sources")
    pipeline.connect("splitter.documents", "embedder.documents")
    pipeline.connect("embedder.documents", "writer.documents")
    pipeline.connect("embedder.embedder", "writer.embedder")
    return pipeline


def query_pipeline(
    index: Path | str = INDEX_NAME,
    *,
    embedder: str = DEFAULT_EMBEDDER,
    reader: str = DEFAULT_READER,
    second_reader: str | None = None,
    reranker: str | None = None,
    device: str = "auto",
    top_k: int = 5,
    passages: int = 20,
    threshold: float | None = None,
    retriever: Any = None,
) -> Pipeline:
    """
    Build question embedder -> both retrievers -> fusion (-> reranker) -> reader (-> second reader) -> answers.

    Run it with `run({"query": "..."})["answers"]["result"]`; it answers as `Corpus.ask` does. A `top_k` beside the
    query is taken by every component, so that fewer passages are read too: give it here instead.

    :param index: The index's directory.
    :param embedder: The one that made the index.
    :param reader: "default", a hub name or a local folder.
    :param second_reader: A usually larger reader that reads the best passages again and decides; None for none.
    :param reranker: A cross-encoder's hub name or folder, which sorts what was found before it is read; None for none.
    :param device: "auto", "cpu", "cuda", "cuda:N" or "mps".
    :param top_k: Most answers.
    :param passages: How many passages are read.
    :param threshold: Confidence in [0, 1] below which to abstain; None takes the reader's own.
    :param retriever: A component that finds the documents nearest to a `query_embedding` in another store, to which
        `CorpusWriter` wrote them. It takes the place of an index's search by words and by meaning, and says itself how
        many documents it finds; `passages` counts with a reranker only.
    """
    store = FaissDocumentStore(str(index)) if retriever is None else None
    pipeline = Pipeline()
    pipeline.add_component("question_embedder", QuestionEmbedder(embedder, device))
    if store is not None:
        fused = passages if reranker is None else max(RERANKED, passages)
        last = _add_search(pipeline, store, max(SEARCHED, passages), PassageFusion(fused, lexical_weight(embedder)))
    else:
        last = "retriever"
        pipeline.add_component(last, retriever)
        pipeline.connect("question_embedder.embedding", "retriever.query_embedding")
    if reranker is not None:
        pipeline.add_component("reranker", PassageReranker(reranker, device, top_k=passages))
        pipeline.connect(f"{last}.documents", "reranker.documents")
        last = "reranker"
    pipeline.add_component("reader", ExtractiveReader(reader, device, top_k=CANDIDATES, no_answer=False))
    pipeline.connect(f"{last}.documents", "reader.documents")
    read_by = "reader"
    if second_reader is not None:
        pipeline.add_component("second_reader", SecondReader(second_reader, device, top_k=CANDIDATES))
        pipeline.connect(f"{last}.documents", "second_reader.documents")
        pipeline.connect("reader.answers", "second_reader.answers")
        read_by = "second_reader"
    merger = AnswerMerger(
        store,
        reader=reader,
        top_k=top_k,
        threshold=threshold,
        retrieval=None if store is None else retrieval(embedder),
        reranker=reranker,
        passages=passages,
        second_reader=second_reader,
    )
    pipeline.add_component("answers", merger)
    pipeline.connect(f"{last}.documents", "answers.documents")
    if last != "retriever":
        pipeline.connect(f"{last}.passages", "answers.passages")
    pipeline.connect(f"{read_by}.answers", "answers.answers")
    return pipeline


def _add_search(pipeline: Pipeline, store: FaissDocumentStore, depth: int, fusion: PassageFusion) -> str:
    """Add the search by words and by meaning, `depth` passages of each; returns the name of its last component."""
    pipeline.add_component("dense_retriever", DenseRetriever(store, top_k=depth))
    pipeline.add_component("lexical_retriever", LexicalRetriever(store, top_k=depth))
    pipeline.add_component("fusion", fusion)
    pipeline.connect("question_embedder.embedding", "dense_retriever.query_embedding")
    pipeline.connect("question_embedder.embedder", "dense_retriever.embedder")
    pipeline.connect("dense_retriever.documents", "fusion.dense")
    pipeline.connect("lexical_retriever.documents", "fusion.lexical")
    return "fusion"
