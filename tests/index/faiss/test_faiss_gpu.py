"""FAISS on a GPU: the tests with the marker need a FAISS that was built for one (`pip install faiss-gpu-cu12`)."""

import faiss
import numpy as np
import pytest

from spanwise.index import FaissDocumentStore
from spanwise.index.faiss import index_types
from spanwise.index.faiss.faiss_index import to_gpu


def test_a_structure_is_copied_only_where_there_is_a_gpu():
    copied = to_gpu(faiss.index_factory(8, "IVF1,SQ8", faiss.METRIC_INNER_PRODUCT))
    assert (copied is not None) is (faiss.get_num_gpus() > 0)


@pytest.mark.gpu
@pytest.mark.parametrize(("index_type", "copied"), [("ivf", True), ("ivf-pq", True), ("hnsw", False)])
def test_on_a_gpu_the_same_documents_are_found(tmp_path, monkeypatch, index_type, copied):
    from haystack import Document

    monkeypatch.setattr(index_types, "MIN_ROWS", 1000)
    vectors = np.random.default_rng(0).standard_normal((5000, 64)).astype(np.float32)
    store = FaissDocumentStore(tmp_path / "s", index_type=index_type)
    store.write_documents(
        [Document(id=str(i), content="x", embedding=vector) for i, vector in enumerate(vectors.tolist())]
    )
    truth = np.argsort(-(vectors[:50] @ vectors.T) / np.linalg.norm(vectors, axis=1), axis=1)[:, :10]
    hits = store.search_batch(vectors[:50].tolist(), top_k=10)
    found = sum(len({int(hit.id) for hit in line} & set(best.tolist())) for line, best in zip(hits, truth, strict=True))
    assert found / truth.size >= 0.9
    with store.index.snapshot() as (_, view):
        assert (view.segments[0].faiss_index._on_gpu is not None) is copied
