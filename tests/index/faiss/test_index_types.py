"""Every index type finds the true neighbors, with true scores, whatever happens to its files."""

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from haystack import Document
from haystack.document_stores.types import DuplicatePolicy

from spanwise.errors import IndexStateError
from spanwise.index import FaissDocumentStore, Index
from spanwise.index.faiss import faiss_index, index_types

ROWS, DIMENSION, TOP_K = 3000, 24, 10
RECALL = {"flat": 1.0, "hnsw": 0.98, "ivf": 0.98, "ivf-pq": 0.95, "sq8": 0.98, "fp16": 0.99}
FACTORIES = {
    "IVF16,Flat": 0.98,
    "Pad26,IVF32,PQ13x8": 0.9,
    "HNSW16,Flat": 0.98,
    "PCAR12,SQ8": 0.8,
}
GROUP = {"field": "meta.group", "operator": "==", "value": 7}


def clustered(rows, seed=0):
    """Vectors around 60 centers, of any length. *Shape:* (rows, DIMENSION), float32."""
    generator = np.random.default_rng(seed)
    centers = np.random.default_rng(99).standard_normal((60, DIMENSION))
    near = centers[generator.integers(0, 60, rows)] + 0.5 * generator.standard_normal((rows, DIMENSION))
    return (near * generator.uniform(0.1, 10, (rows, 1))).astype(np.float32)


VECTORS, QUERIES = clustered(ROWS), clustered(20, seed=1)


def unit(vectors):
    wide = vectors.astype(np.float64)
    return wide / np.linalg.norm(wide, axis=1, keepdims=True)


def documents(vectors, first=0):
    return [
        Document(id=str(first + i), content=f"text {first + i}", meta={"group": (first + i) % 50}, embedding=vector)
        for i, vector in enumerate(vectors.tolist())
    ]


def recall(store, vectors, filters=None):
    """
    Compare a store's results with brute force over `vectors`, {id: vector}: their number, scores and order.

    Returns the mean share of the true neighbors among them.
    """
    ids = np.array([int(key) for key in vectors])
    cosines = unit(QUERIES) @ unit(np.array(list(vectors.values()))).T
    overlap = []
    for found, true in zip(store.search_batch(QUERIES, top_k=TOP_K, filters=filters), cosines, strict=True):
        by_id = dict(zip(ids.tolist(), true, strict=True))
        scores = [document.score for document in found]
        assert scores == pytest.approx([by_id[int(document.id)] for document in found], abs=1e-6)
        assert scores == sorted(scores, reverse=True)
        assert len({document.id for document in found}) == min(TOP_K, len(ids))
        best = ids[np.argsort(-true)[:TOP_K]]
        overlap.append(len({int(document.id) for document in found} & set(best.tolist())) / len(best))
    return np.mean(overlap)


def structures(path):
    return sorted((path / "vectors").glob("*.faiss"))


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(index_types, "MIN_ROWS", 500)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Make a store of a type once; returns the folder."""
    made = {}

    def build(index_type):
        if index_type not in made:
            path = tmp_path_factory.mktemp("built") / "my index.v1"
            store = FaissDocumentStore(path, index_type=index_type)
            store.write_documents(documents(VECTORS))
            store.close()
            made[index_type] = path
        return made[index_type]

    return build


@pytest.fixture
def store_of(built, tmp_path):
    """Open a copy, in another place, of a store of a type."""
    opened = []

    def copy(index_type):
        path = tmp_path / "moved.to here" / f"store{len(opened)}.v2"
        shutil.copytree(built(index_type), path)
        opened.append(FaissDocumentStore(path))
        return opened[-1]

    yield copy
    for store in opened:
        store.close()


def everything():
    return {str(i): vector for i, vector in enumerate(VECTORS)}


@pytest.mark.parametrize(("index_type", "least"), [*RECALL.items(), *FACTORIES.items()])
def test_every_type_finds_the_neighbors_with_true_scores(store_of, index_type, least):
    store = store_of(index_type)
    assert len(structures(store.index.path)) == (index_type != "flat")
    assert store.index.index_type == index_type
    assert recall(store, everything()) >= least
    assert store.index.verify() == []


@pytest.mark.parametrize("index_type", [*RECALL, *FACTORIES])
def test_a_filtered_search_is_exact_for_every_type(store_of, index_type):
    matching = {key: vector for key, vector in everything().items() if int(key) % 50 == 7}
    assert recall(store_of(index_type), matching, filters=GROUP) == 1.0


@pytest.mark.parametrize("index_type", ["hnsw", "ivf"])
def test_deleted_and_overwritten_documents_are_gone_from_the_results(store_of, index_type):
    store, living = store_of(index_type), everything()
    before = structures(store.index.path)
    nearest = {document.id for found in store.search_batch(QUERIES, top_k=40) for document in found}
    store.delete_documents(sorted(nearest))
    living = {key: vector for key, vector in living.items() if key not in nearest}
    assert store.count_documents() == len(living)
    assert recall(store, living) >= RECALL[index_type]
    changed = clustered(30, seed=5)
    first = next(i for i in range(ROWS) if all(str(i + j) in living for j in range(5)))
    store.write_documents(documents(changed[:5], first), DuplicatePolicy.OVERWRITE)
    living |= {str(first + i): vector for i, vector in enumerate(changed[:5])}
    assert store.count_documents() == len(living)
    assert recall(store, living) >= RECALL[index_type]
    assert structures(store.index.path) == before
    with Index.open(store.path, writable=True) as index:
        index.compact()
        assert index.verify() == []
    assert recall(store, living) >= RECALL[index_type]
    assert len(structures(store.index.path)) == 1
    assert structures(store.index.path) != before


def test_tombstones_around_the_query_do_not_hide_the_rest(store_of):
    store, query = store_of("hnsw"), unit(QUERIES[:1])[0]
    order = np.argsort(-(unit(VECTORS) @ query))
    store.delete_documents([str(row) for row in order[:600]])
    found = store.embedding_retrieval(QUERIES[0].tolist(), top_k=TOP_K)
    assert [int(document.id) for document in found] == order[600 : 600 + TOP_K].tolist()


def test_more_results_than_a_structure_finds_come_from_all_rows(store_of):
    store = store_of("ivf")
    assert len(store.embedding_retrieval(QUERIES[0].tolist(), top_k=ROWS + 5)) == ROWS


def test_small_segments_are_scanned_and_large_ones_searched_together(store_of):
    store = store_of("hnsw")
    added = clustered(3, seed=8)
    store.write_documents(documents(added, ROWS))
    with store.index.snapshot() as (_, view):
        assert [(len(segment.ids), segment.faiss_index is not None) for segment in view.segments] == [
            (ROWS, True),
            (3, False),
        ]
    for number, vector in enumerate(added, ROWS):
        assert store.embedding_retrieval(vector.tolist(), top_k=1)[0].id == str(number)
    assert recall(store, everything() | {str(ROWS + i): vector for i, vector in enumerate(added)}) >= RECALL["hnsw"]


def test_types_change_back_and_forth_without_embedding_again(store_of):
    store = store_of("flat")
    exact = [[d.id for d in found] for found in store.search_batch(QUERIES, top_k=TOP_K)]
    with Index.open(store.path, writable=True) as index:
        for index_type in ("hnsw", "ivf", "flat", "IVF16,Flat", "Flat", "auto"):
            index.set_type(index_type)
            assert index.index_type == store.index.index_type == index_type
            assert len(structures(index.path)) == (index_type in {"hnsw", "ivf", "IVF16,Flat"})
            assert recall(store, everything()) >= RECALL.get(index_type, 0.98)
            assert index.verify() == []
    assert [[d.id for d in found] for found in store.search_batch(QUERIES, top_k=TOP_K)] == exact


def test_auto_goes_by_size_and_not_back_at_once(store_of, monkeypatch):
    monkeypatch.setattr(index_types, "AUTO_ROWS", ROWS + 10)
    store = store_of("flat")
    with Index.open(store.path, writable=True) as index:
        index.set_type("auto")
    assert structures(store.index.path) == []
    store.write_documents(documents(clustered(10, seed=3), ROWS))
    assert len(structures(store.index.path)) == 1
    store.delete_documents([str(i) for i in range(1000)])
    assert len(structures(store.index.path)) == 1
    store.delete_documents([str(i) for i in range(1000, 2000)])
    assert structures(store.index.path) == []


@pytest.mark.parametrize("damage", ["missing", "torn", "flipped"])
@pytest.mark.parametrize("remedy", ["commit", "repair"])
def test_a_damaged_structure_loses_nothing(store_of, damage, remedy):
    store = store_of("hnsw")
    path = store.index.path
    store.close()
    (file,) = structures(path)
    if damage == "missing":
        file.unlink()
    elif damage == "torn":
        os.truncate(file, 1000)
    else:
        data = bytearray(file.read_bytes())
        data[-len(data) // 3] ^= 64
        file.write_bytes(data)
    assert recall(store, everything()) == 1.0
    (problem,) = store.index.verify()
    assert problem.startswith(f"FAISS file {file.name}: ")
    assert "nothing is lost" in problem
    if remedy == "commit":
        store.delete_documents(["0"])
        store.write_documents(documents(VECTORS[:1]))
    else:
        with Index.open(path, writable=True) as index:
            index.repair()
    assert store.index.verify() == []
    (anew,) = structures(path)
    assert anew != file
    assert recall(store, everything()) >= RECALL["hnsw"]


def test_a_structure_removed_by_another_process_is_done_without(store_of):
    store = store_of("ivf")
    with store.index.snapshot():
        with Index.open(store.path, writable=True) as index:
            index.set_type("flat")
        assert structures(store.index.path) == []
    assert recall(store, everything()) == 1.0


@pytest.mark.slow
def test_another_process_and_a_forked_one_search_alike(store_of):
    store = store_of("hnsw")
    expected = [[d.id for d in found] for found in store.search_batch(QUERIES, top_k=TOP_K)]
    code = (
        "import sys, numpy as np; from spanwise.index import FaissDocumentStore\n"
        "store = FaissDocumentStore(sys.argv[1]); queries = np.load(sys.argv[2])\n"
        "print([[d.id for d in found] for found in store.search_batch(queries, top_k=10)])\n"
        "assert 'faiss' in sys.modules"
    )
    queries = store.index.path.parent / "queries.npy"
    np.save(queries, QUERIES)
    run = subprocess.run([sys.executable, "-c", code, store.path, queries], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == str(expected)
    pid = os.fork()
    if pid == 0:
        found = [[d.id for d in found] for found in store.search_batch(QUERIES, top_k=TOP_K)]
        os._exit(found != expected)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_a_small_index_of_any_type_does_not_import_faiss(tmp_path):
    code = (
        "import sys; from spanwise.index import FaissDocumentStore; from haystack import Document\n"
        "store = FaissDocumentStore(sys.argv[1], index_type='hnsw')\n"
        "store.write_documents([Document(content='a', embedding=[0.6, 0.8])])\n"
        "assert store.embedding_retrieval([0.6, 0.8])[0].content == 'a'\n"
        "sys.exit('faiss' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code, tmp_path / "i"], check=False).returncode == 0


@pytest.mark.parametrize(
    ("index_type", "dimension", "message"),
    [
        (
            "annoy",
            None,
            "a FAISS factory string such as IVF1024,Flat or .*, found 'annoy'.*: could not parse index string",
        ),
        ("", None, "expected an index_type of auto, flat, hnsw, ivf, ivf-pq, sq8, fp16 or .*, found ''"),
        ("IVF8,PQ5", 24, "found 'IVF8,PQ5' for vectors of length 24: .*should be a multiple"),
        ("IDMap,Flat", None, "found 'IDMap,Flat': leave IDMap out"),
    ],
)
def test_other_types_are_refused(tmp_path, index, index_type, dimension, message):
    with pytest.raises(ValueError, match=message):
        FaissDocumentStore(tmp_path / "s", index_type=index_type, embedding_dim=dimension)
    if dimension is None:
        with pytest.raises(ValueError, match=message):
            index.set_type(index_type)


def test_a_factory_string_for_another_length_is_refused_with_the_first_vector(tmp_path):
    store = FaissDocumentStore(tmp_path / "s", index_type="IVF8,PQ5")
    with pytest.raises(
        IndexStateError, match=r"found 'IVF8,PQ5' for vectors of length 24.* with `spanwise index --type`"
    ):
        store.write_documents(documents(VECTORS[:3]))
    assert store.count_documents() == 0


def test_a_type_that_the_index_does_not_have_is_refused(store_of):
    path = store_of("ivf").path
    with pytest.raises(
        IndexStateError, match=r"expected index_type 'ivf', which .* found 'hnsw': leave it out, or change"
    ):
        FaissDocumentStore(path, index_type="hnsw").warm_up()


def test_a_type_that_cannot_be_trained_yet_is_scanned(tmp_path):
    store = FaissDocumentStore(tmp_path / "s", index_type="IVF4096,Flat")
    store.write_documents(documents(VECTORS))
    assert structures(store.index.path) == []
    assert recall(store, everything()) == 1.0


@pytest.mark.parametrize("index_type", ["hnsw", "IVF16_HNSW8,SQ8"])
def test_the_type_is_in_the_description_of_a_store(tmp_path, index_type):
    data = FaissDocumentStore(tmp_path / "s.v1", index_type=index_type).to_dict()
    assert FaissDocumentStore.from_dict(data).to_dict() == data
    assert data["init_parameters"]["index_type"] == index_type


def test_what_faiss_fetches_grows_only_where_too_little_lives(store_of, monkeypatch):
    store, fetched = store_of("hnsw"), []
    parameters = faiss_index._parameters
    monkeypatch.setattr(
        faiss_index, "_parameters", lambda index, fetch: fetched.append(fetch) or parameters(index, fetch)
    )
    store.embedding_retrieval(QUERIES[0].tolist(), top_k=TOP_K)
    assert fetched == [faiss_index.MIN_FETCH]
