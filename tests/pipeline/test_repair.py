import numpy as np
import pytest
from haystack import Document

from spanwise.index import FaissDocumentStore, Index
from spanwise.pipeline import repair
from spanwise.pipeline.corpus import Corpus
from spanwise.pipeline.repair import repair_index


@pytest.fixture
def index(tmp_path, tiny_embedder):
    folder = tmp_path / "papers"
    folder.mkdir()
    for number in range(20):
        (folder / f"{number}.txt").write_text(f"Server {number} listens on port {8000 + number}.", encoding="utf-8")
    with Corpus(tmp_path / "i", embedder=str(tiny_embedder)) as corpus:
        corpus.sync(folder)
    return tmp_path / "i"


def lose_vectors(index):
    (file,) = (index / "vectors").glob("*.f32")
    file.unlink()


def test_a_repaired_index_finds_what_it_found(index, tiny_embedder):
    with Corpus(index, embedder=str(tiny_embedder)) as corpus:
        query = corpus.encoder.encode_queries(["Which port does server 7 use?"])
    with Index.open(index) as opened:
        before = opened.search(query, 20)[0]
    lose_vectors(index)
    told = []
    outcome = repair_index(index, device="cpu", progress=lambda *step: told.append(step))
    assert outcome.whole
    assert ("embedding texts", 0, 20) in told
    with Index.open(index) as opened:
        after = opened.search(query, 20)[0]
        assert opened.verify() == []
    assert [hit.passage for hit in after] == [hit.passage for hit in before]
    assert [hit.score for hit in after] == pytest.approx([hit.score for hit in before], abs=1e-5)


def test_the_embedder_is_loaded_only_for_lost_vectors(index, monkeypatch):
    def refuse(*_, **__):
        pytest.fail("the embedder was loaded")

    monkeypatch.setattr(repair, "load_encoder", refuse)
    (index / "vectors" / "000099-0123abcd.f32.tmp").write_bytes(b"x")
    assert repair_index(index).done == ("removed 1 file that is part of no commit",)


def test_a_store_whose_embedder_is_not_known_is_told_so(tmp_path):
    store = FaissDocumentStore(tmp_path / "s")
    documents = [Document(id=str(i), content=f"text {i}", embedding=[float(i), 1.0]) for i in range(5)]
    store.write_documents(documents)
    store.close()
    lose_vectors(tmp_path / "s")
    (lost,) = repair_index(tmp_path / "s").lost
    assert lost.startswith("the vectors of 5 documents: 0, 1, 2 and 2 more; the index does not name its embedder")
    vectors = {document.content: document.embedding for document in documents}
    assert store.repair(lambda texts: np.array([vectors[text] for text in texts], dtype=np.float32)) == []
    assert store.embedding_retrieval([4.0, 1.0], top_k=1)[0].id == "4"
