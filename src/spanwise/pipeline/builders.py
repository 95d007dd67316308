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
from spanwise.retrieve.lexical_retriever import LexicalRetriever
from spanwise.retrieve.passage_fusion import PassageFusion
from spanwise.retrieve.passage_reranker import PassageReranker
from spanwise.retrieve.retriever import SEARCHED, lexical_weight, retrieval
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
    _add(pipeline, "converter", FileConverter())
    _add(pipeline, "splitter", PassageSplitter(embedder), documents="converter.documents")
    _add(pipeline, "embedder", PassageEmbedder(embedder, device), documents="splitter.documents")
    given = {"sources": "converter.documents", "documents": "embedder.documents", "embedder": "embedder.embedder"}
    _add(pipeline, "writer", CorpusWriter(store), **given)
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
    _add(pipeline, "question_embedder", QuestionEmbedder(embedder, device))
    asked = {"query_embedding": "question_embedder.embedding"}
    if store is not None:
        depth, fused = max(SEARCHED, passages), passages if reranker is None else max(RERANKED, passages)
        made_with = {"embedder": "question_embedder.embedder"}
        _add(pipeline, "dense_retriever", DenseRetriever(store, top_k=depth), **asked, **made_with)
        _add(pipeline, "lexical_retriever", LexicalRetriever(store, top_k=depth))
        rankings = {"dense": "dense_retriever.documents", "lexical": "lexical_retriever.documents"}
        last = _add(pipeline, "fusion", PassageFusion(fused, lexical_weight(embedder)), **rankings)
    else:
        last = _add(pipeline, "retriever", retriever, **asked)
    if reranker is not None:
        scorer = PassageReranker(reranker, device, top_k=passages)
        last = _add(pipeline, "reranker", scorer, documents=f"{last}.documents")
    found = {"documents": f"{last}.documents"}
    read_by = _add(pipeline, "reader", ExtractiveReader(reader, device, top_k=CANDIDATES, no_answer=False), **found)
    if second_reader is not None:
        second = SecondReader(second_reader, device, top_k=CANDIDATES)
        read_by = _add(pipeline, "second_reader", second, **found, answers="reader.answers")
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
    if last != "retriever":
        found["passages"] = f"{last}.passages"
    _add(pipeline, "answers", merger, **found, answers=f"{read_by}.answers")
    return pipeline


def _add(pipeline: Pipeline, name: str, added: Any, **inputs: str) -> str:
    """
    Add a component to a pipeline, and return its name.

    :param inputs: By the names of its inputs the outputs of others that they take.
    """
    pipeline.add_component(name, added)
    for taken, given in inputs.items():
        pipeline.connect(given, f"{name}.{taken}")
    return name
