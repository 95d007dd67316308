import numpy as np
import pytest

from spanwise.index.faiss.build import build_index, reserve, write_index
from spanwise.index.faiss.faiss_index import load_faiss, without_transform

VECTORS = np.random.default_rng(0).standard_normal((600, 16)).astype(np.float32)
GRAPHS = ["HNSW32_SQ8", "HNSW4,Flat", "HNSW16_PQ8", "PCA8,HNSW8"]


def arrays_of(index):
    inner = without_transform(index)
    storage = load_faiss().downcast_index(inner.storage)
    return storage.codes, inner.hnsw.neighbors, inner.hnsw.offsets, inner.hnsw.levels


@pytest.mark.parametrize("description", GRAPHS)
def test_a_graph_with_room_is_filled_where_it_is(description):
    faiss = load_faiss()
    index = faiss.index_factory(16, description, faiss.METRIC_INNER_PRODUCT)
    index.train(VECTORS)
    for rows in (300, 600):
        reserve(index, rows)
        places = [int(array.data()) for array in arrays_of(index)]
        for first in range(index.ntotal, rows, 100):
            index.add(VECTORS[first : first + 100])
        assert [int(array.data()) for array in arrays_of(index)] == places
        assert [array.size() for array in arrays_of(index)][2:] == [rows + 1, rows]


@pytest.mark.parametrize("description", [*GRAPHS, "IVF4,SQ8", "SQ8"])
def test_the_room_changes_nothing(description, tmp_path, monkeypatch):
    def written(name):
        write_index(build_index(description, VECTORS, None), tmp_path / name)
        return (tmp_path / name).read_bytes()

    with_room = written("with.faiss")
    monkeypatch.setattr("spanwise.index.faiss.build.reserve", lambda *_: None)
    assert written("without.faiss") == with_room
