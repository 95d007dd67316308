from dataclasses import replace

import numpy as np
import pytest
from haystack import Document, Pipeline
from haystack.core.serialization import component_to_dict

from spanwise.index import Change, FaissDocumentStore, Index
from spanwise.retrieve import DenseRetriever, LexicalRetriever, fuse, retrieve
from spanwise.retrieve.retriever import LEXICAL_WEIGHTS, retrieval
from spanwise.runtime.default_embedder import DEFAULT_EMBEDDER
from spanwise.types import EmbedderIdentity, Passage, SourceText

TEXTS = {
    "ports.txt": "The server listens on port 8443.",
    "dome.txt": "The dome opens at dusk.",
    "mayor.md": "Ana Ruiz is the mayor, the port is old.",
    "backups.md": "Backups are kept for thirty days.",
}
VECTORS = np.eye(4, dtype=np.float32)
EMBEDDER = EmbedderIdentity("eye", "ab" * 32, 4, normalized=True, max_tokens=256)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    made = FaissDocumentStore(str(tmp_path_factory.mktemp("store") / "an.index"))
    made.write_documents(
        [
            Document(content=text, meta={"file_path": file}, embedding=vector.tolist())
            for (file, text), vector in zip(TEXTS.items(), VECTORS, strict=True)
        ]
    )
    return made


def make_index(path, embedder):
    made = Index.create(path, embedder=embedder)
    sources = [(SourceText(file, text, "0" * 64), len(text), 1) for file, text in TEXTS.items()]
    passages = [Passage(file, 0, len(text), text) for file, text in TEXTS.items()]
    made.apply(Change(sources=sources, passages=passages, vectors=VECTORS, removed=()))
    return made


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    with make_index(tmp_path_factory.mktemp("index") / "an.index", EMBEDDER) as made:
        yield made


MARKDOWN = {"field": "meta.file_path", "operator": "in", "value": ["mayor.md", "backups.md"]}
QUERIES = {DenseRetriever: {"query_embedding": [0.8, 0.1, 0.6, 0.0]}, LexicalRetriever: {"query": "Which port?"}}


def files(result):
    return [document.meta["file_path"] for document in result["documents"]]


@pytest.mark.parametrize("component", QUERIES)
def test_the_best_come_first(store, component):
    result = component(store).run(**QUERIES[component])
    assert files(result)[:2] == ["ports.txt", "mayor.md"]
    scores = [document.score for document in result["documents"]]
    assert scores == sorted(scores, reverse=True)
    if component is DenseRetriever:
        assert scores[:2] == pytest.approx([0.8 / 1.01**0.5, 0.6 / 1.01**0.5], abs=1e-6)


@pytest.mark.parametrize("component", QUERIES)
def test_run_overrides_what_was_set(store, component):
    made = component(store, filters=MARKDOWN, top_k=1)
    assert files(made.run(**QUERIES[component])) == ["mayor.md"]
    only = {"field": "meta.file_path", "operator": "==", "value": "ports.txt"}
    assert files(made.run(**QUERIES[component], filters=only)) == ["ports.txt"]
    assert files(made.run(**QUERIES[component], filters={}, top_k=2)) == ["ports.txt", "mayor.md"]


@pytest.mark.parametrize("component", QUERIES)
def test_a_top_k_below_one(store, component):
    with pytest.raises(ValueError, match="expected top_k to be at least 1, found 0"):
        component(store, top_k=0)
    with pytest.raises(ValueError, match="expected top_k to be at least 1, found -1"):
        component(store).run(**QUERIES[component], top_k=-1)


@pytest.mark.parametrize("component", QUERIES)
def test_round_trip(store, component):
    data = component_to_dict(component(store, filters=MARKDOWN, top_k=3), "retriever")
    assert data["type"] == f"{component.__module__}.{component.__name__}"
    assert set(data["init_parameters"]) == {"document_store", "filters", "top_k"}
    pipeline = Pipeline()
    pipeline.add_component("retriever", component(store, filters=MARKDOWN, top_k=3))
    again = Pipeline.loads(pipeline.dumps(), allowed_modules=["spanwise"]).get_component("retriever")
    assert component_to_dict(again, "retriever") == data
    assert files(again.run(**QUERIES[component])) == files(component(store, MARKDOWN, 3).run(**QUERIES[component]))


def test_retrieving_fuses_both_searches(index):
    questions = ["Which port does the server use?", "Who is the mayor?"]
    vectors = np.array([[0.1, 0.9, 0.2, 0.0], [0.0, 0.0, 0.0, 1.0]], dtype=np.float32)
    found = retrieve(index, questions, vectors, top_k=3)
    dense = index.search(vectors, 4)
    assert found == [
        fuse(index.lexical(question, 4), ranking, 3) for ranking, question in zip(dense, questions, strict=True)
    ]
    assert all(len(hits) == 3 for hits in found)
    assert {"ports.txt", "dome.txt"} <= {hit.passage.file for hit in found[0]}
    assert all(hits == sorted(hits, key=lambda hit: -hit.score) for hits in found)


def test_words_count_what_was_measured_for_the_embedder(index, tmp_path):
    question, vector = "Which port does the server use?", np.array([[0.1, 0.9, 0.2, 0.0]], dtype=np.float32)
    weight = LEXICAL_WEIGHTS[DEFAULT_EMBEDDER]
    with make_index(tmp_path / "an.index", replace(EMBEDDER, name=DEFAULT_EMBEDDER)) as packaged:
        (found,) = retrieve(packaged, [question], vector, top_k=4)
        assert found == fuse(packaged.lexical(question, 4), packaged.search(vector, 4)[0], 4, lexical_weight=weight)
    assert found != retrieve(index, [question], vector, top_k=4)[0]
    assert f"{weight:g} x BM25" in retrieval("default") == retrieval(DEFAULT_EMBEDDER)
    assert retrieval("a/nother") == retrieval(None) != retrieval("default")


def test_fewer_passages_are_the_first_of_more(index):
    vector = np.array([[0.5, 0.6, 0.1, 0.0]], dtype=np.float32)
    (more,) = retrieve(index, ["Which port?"], vector, top_k=4)
    assert [retrieve(index, ["Which port?"], vector, top_k=count)[0] for count in (1, 2, 3)] == [
        more[:count] for count in (1, 2, 3)
    ]


def test_retrieving_from_some_files_alone(index):
    (found,) = retrieve(index, ["Which port?"], VECTORS[:1], top_k=4, files="*.md")
    assert {hit.passage.file for hit in found} == {"mayor.md", "backups.md"}


def test_no_questions(index):
    assert retrieve(index, [], np.empty((0, 4), dtype=np.float32), top_k=4) == []
