"""The pipelines over document stores of others."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from haystack import Pipeline
from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
from haystack.document_stores.in_memory import InMemoryDocumentStore

import spanwise
from spanwise.pipeline import indexing_pipeline, query_pipeline

ROOT = Path(__file__).parents[2]
ALLOWED = ["spanwise.*", "haystack_integrations.*"]
QUESTION = "How cold does the detector of the Quillon camera have to be before observing?"
RUN = """
import json, sys
from haystack import Pipeline
allowed = ["spanwise.*", "haystack_integrations.*"]
pipeline = Pipeline.loads(open(sys.argv[1]).read(), allowed_modules=allowed)
found = pipeline.run(json.loads(sys.argv[2]))
if "answers" in found:
    result = found["answers"]["result"]
    best = result.answers[0]
    print(json.dumps([best.answer, best.file, best.start, best.page, best.context, result.calibrated]))
else:
    print(json.dumps(found["writer"]))
"""


@pytest.fixture
def files(sample_folder):
    return sorted(str(file) for file in sample_folder.rglob("*") if file.suffix in {".md", ".html", ".pdf", ".docx"})


def citation(answer):
    return answer.answer, answer.citations


def test_answers_are_those_of_an_index_searched_by_meaning(files, sample_folder, sample_index):
    store = InMemoryDocumentStore(embedding_similarity_function="cosine")
    out = indexing_pipeline(document_store=store).run({"converter": {"sources": files, "root": str(sample_folder)}})
    assert out["writer"]["documents_written"] == store.count_documents() > 20
    pipeline = query_pipeline(retriever=InMemoryEmbeddingRetriever(store, top_k=20))
    found = pipeline.run({"query": QUESTION})["answers"]["result"]
    with spanwise.Corpus(sample_index) as corpus:
        expected = corpus.ask(QUESTION)
    assert citation(found.answers[0]) == citation(expected.answers[0])
    assert found.answers[0].context == expected.answers[0].context
    assert not found.calibrated
    assert found.generation == 0


def test_a_file_that_is_written_again_is_replaced(tmp_path):
    store = InMemoryDocumentStore(embedding_similarity_function="cosine")
    pipeline, file = indexing_pipeline(document_store=store), tmp_path / "port.txt"
    for port in (8443, 9443):
        file.write_text(f"The server listens on port {port}.")
        (tmp_path / "other.txt").write_text("The dome opens at dusk.")
        sources = [str(file), str(tmp_path / "other.txt")]
        pipeline.run({"converter": {"sources": sources, "root": str(tmp_path)}})
    asked = query_pipeline(retriever=InMemoryEmbeddingRetriever(store, top_k=20))
    result = asked.run({"query": "Which port does the server listen on?"})["answers"]["result"]
    assert store.count_documents() == 2
    assert result.answers[0].answer.endswith("9443")


def test_passages_that_were_written_otherwise_are_refused(tmp_path):
    from haystack import Document

    meta = {"file_path": "a.txt", "source_start": 0, "source_end": 15}
    store = InMemoryDocumentStore(embedding_similarity_function="cosine")
    store.write_documents([Document(content="The port is 80.", meta=meta, embedding=[0.1] * 384)])
    pipeline = query_pipeline(retriever=InMemoryEmbeddingRetriever(store))
    with pytest.raises(Exception, match=r"expected passages with the metadata 'excerpt', found one of a\.txt without"):
        pipeline.run({"query": "Which port?"})


def run(pipeline, inputs, folder):
    code = f"import sys; sys.path[:0] = {sys.path!r}\n{RUN}"
    command = [sys.executable, "-c", code, str(ROOT / "pipelines" / pipeline), json.dumps(inputs)]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])


def test_qdrant_is_written_by_one_process_and_asked_by_another(sample_folder, sample_index, tmp_path):
    pytest.importorskip("qdrant_client")
    with spanwise.Corpus(sample_index) as corpus:
        best = corpus.ask(QUESTION).answers[0]
    files = [str(sample_folder / best.file), str(sample_folder / "glossary.html")]
    inputs = {"converter": {"sources": files, "root": str(sample_folder)}}
    written = run("indexing.qdrant.yaml", inputs, tmp_path)["documents_written"]
    assert run("indexing.qdrant.yaml", inputs, tmp_path) == {"documents_written": written}
    found = run("query.qdrant.yaml", {"query": QUESTION}, tmp_path)
    assert found == [best.answer, best.file, best.start, best.page, best.context, False]


def test_the_files_are_what_the_builders_give():
    qdrant = pytest.importorskip("haystack_integrations.document_stores.qdrant")
    from haystack_integrations.components.retrievers.qdrant import QdrantEmbeddingRetriever

    store = qdrant.QdrantDocumentStore(path=".spanwise-qdrant", index="passages", embedding_dim=384)
    built = {
        "indexing": indexing_pipeline(document_store=store),
        "query": query_pipeline(retriever=QdrantEmbeddingRetriever(store, top_k=20)),
    }
    for name, pipeline in built.items():
        text = (ROOT / "pipelines" / f"{name}.qdrant.yaml").read_text(encoding="utf-8")
        loaded, expected = Pipeline.loads(text, allowed_modules=ALLOWED).to_dict(), pipeline.to_dict()
        for one in (loaded, expected):
            one["connections"].sort(key=str)
        assert loaded == expected
