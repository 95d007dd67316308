import json
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest
from haystack import Document, Pipeline
from haystack.components.writers import DocumentWriter
from haystack.dataclasses import ByteStream, SparseEmbedding
from haystack.document_stores.errors import DuplicateDocumentError
from haystack.document_stores.types import DuplicatePolicy

from spanwise.documents import passage_to_document, source_to_document
from spanwise.errors import IndexStateError
from spanwise.index import FaissDocumentStore, Index
from spanwise.types import EmbedderIdentity


@pytest.fixture
def store(tmp_path):
    store = FaissDocumentStore(tmp_path / "store")
    yield store
    store.close()


def document(number, vector=None, **meta):
    return Document(id=str(number), content=f"document {number}", meta=meta, embedding=vector)


def test_everything_in_a_document_comes_back_after_reopening(store):
    written = Document(
        content="ünïcode 日本 \ud835 text",
        blob=ByteStream(b"\x00\xff", meta={"when": datetime(2024, 1, 1, tzinfo=UTC)}, mime_type="image/png"),
        meta={
            "n": 1,
            "f": 1.5,
            "b": True,
            "none": None,
            "l": [1, "a", [2]],
            "d": {"x": {"y": 1}},
            "day": date(2024, 1, 2),
        },
        score=0.25,
        embedding=[3.0, 4.0, 0.1],
        sparse_embedding=SparseEmbedding(indices=[1, 5], values=[0.5, 0.25]),
        id="1",
    )
    empty = Document(id="2")
    store.write_documents([written, empty])
    store.close()
    found, bare = store.filter_documents()
    assert found.embedding == [float(np.float32(value)) for value in written.embedding]
    assert replace(found, embedding=None) == replace(written, embedding=None)
    assert bare == empty


def test_embeddings_of_any_length_come_back_as_written_and_are_scored_by_cosine(store):
    generator = np.random.default_rng(0)
    vectors = (generator.standard_normal((50, 6)) * generator.uniform(0.001, 1000, (50, 1))).astype(np.float32)
    store.write_documents([document(i, vector.tolist()) for i, vector in enumerate(vectors)])
    assert [found.embedding for found in store.filter_documents()] == vectors.tolist()
    query = generator.standard_normal(6)
    cosine = vectors @ query / np.linalg.norm(vectors, axis=1) / np.linalg.norm(query)
    found = store.embedding_retrieval(query.tolist(), top_k=50)
    assert [int(one.id) for one in found] == np.argsort(-cosine).tolist()
    assert [one.score for one in found] == pytest.approx(np.sort(cosine)[::-1], abs=1e-6)


def test_a_filter_is_applied_before_the_search(store):
    generator = np.random.default_rng(0)
    vectors = generator.standard_normal((2000, 4)).tolist()
    store.write_documents([document(i, vector, rare=i % 100 == 0) for i, vector in enumerate(vectors)])
    wanted = {"field": "meta.rare", "operator": "==", "value": True}
    for query in generator.standard_normal((8, 4)).tolist():
        found = store.embedding_retrieval(query, filters=wanted, top_k=10)
        cosine = [np.dot(query, v) / np.linalg.norm(v) for v in vectors[::100]]
        assert [int(one.id) // 100 for one in found] == np.argsort(cosine)[::-1][:10].tolist()


def test_documents_without_embedding_are_not_searched(store):
    store.write_documents([document(1), document(2, [1.0, 0.0])])
    assert [found.id for found in store.embedding_retrieval([1.0, 0.0])] == ["2"]
    assert [found.embedding for found in store.filter_documents()] == [None, [1.0, 0.0]]


def test_search_batch_is_the_single_search_many_times(store):
    vectors = np.random.default_rng(1).standard_normal((40, 3)).tolist()
    store.write_documents([document(i, vector) for i, vector in enumerate(vectors)])
    together = store.search_batch(vectors[:7], top_k=3, return_embedding=False)
    assert together == [store.embedding_retrieval(query, top_k=3, return_embedding=False) for query in vectors[:7]]
    assert together[0][0].embedding is None
    assert store.search_batch([]) == []


@pytest.mark.parametrize(
    ("policy", "written", "contents"),
    [(DuplicatePolicy.SKIP, 2, ["first", "b"]), (DuplicatePolicy.OVERWRITE, 3, ["second", "b"])],
)
def test_an_id_that_stands_twice_in_one_write(store, policy, written, contents):
    documents = [Document(id=i, content=c, embedding=[1.0]) for i, c in (("a", "first"), ("b", "b"), ("a", "second"))]
    assert store.write_documents(documents, policy) == written
    assert [found.content for found in store.filter_documents()] == contents
    assert len(store.embedding_retrieval([1.0])) == 2


@pytest.mark.parametrize("policy", [DuplicatePolicy.FAIL, DuplicatePolicy.NONE])
def test_an_id_that_stands_twice_fails_and_nothing_is_written(store, policy):
    with pytest.raises(DuplicateDocumentError, match="the id '1' stands twice among the documents"):
        store.write_documents([document(1), document(2), document(1)], policy)
    assert store.count_documents() == 0


def test_overwriting_replaces_the_vector_and_the_words(store):
    store.write_documents([Document(id="1", content="zebra", embedding=[1.0, 0.0])])
    store.write_documents([Document(id="1", content="lion", embedding=[0.0, 1.0])], DuplicatePolicy.OVERWRITE)
    (found,) = store.embedding_retrieval([0.0, 1.0])
    assert (found.content, found.score) == ("lion", 1.0)
    assert store.lexical_retrieval("zebra") == []
    assert store.index.verify() == []


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (document(2, [1.0, 2.0, 3.0]), "expected embeddings of length 2, found 3 in document '2'"),
        (document(2, []), "expected embeddings of length 2, found 0 in document '2'"),
        (document(2, None, bad={1}), r"document '2' cannot be stored: meta\['bad'\]: expected JSON types"),
    ],
    ids=["dimension", "empty", "meta"],
)
def test_a_write_that_fails_leaves_nothing(store, wrong, message):
    store.write_documents([document(0, [1.0, 0.0])])
    with pytest.raises(ValueError, match=message):
        store.write_documents([document(1, [0.0, 1.0]), wrong])
    assert [found.id for found in store.filter_documents()] == ["0"]
    assert len(store.embedding_retrieval([1.0, 0.0])) == 1


def test_a_vector_of_nan_is_refused(store):
    with pytest.raises(IndexStateError, match="expected finite vectors, found NaN or infinity in vector 0"):
        store.write_documents([document(1, [float("nan"), 1.0])])
    assert store.count_documents() == 0


@pytest.mark.parametrize("vector", [[3e38, -3e38], [1e-40, 0.0]])
def test_a_vector_whose_length_cannot_be_held_is_refused(store, vector):
    with pytest.raises(
        IndexStateError, match=r"0 or from 1\.2e-38 to 3\.4e\+38, found length .* in vector 1: scale them"
    ):
        store.write_documents([document(0, [1.0, 1.0]), document(1, vector)])
    assert store.count_documents() == 0


@pytest.mark.parametrize("length", [1e-300, 1e-30, 1e30, 1e300])
def test_queries_and_vectors_of_extreme_lengths_are_compared_by_cosine(store, length):
    held = min(max(length, 1e-37), 1e38)
    store.write_documents([document(0, [0.0, 1.0]), document(1, [3 * held, 0.0]), document(2, [3 * held, held])])
    found = store.embedding_retrieval([3 * length, 0.0])
    assert [one.id for one in found] == ["1", "2", "0"]
    assert [one.score for one in found] == pytest.approx([1.0, 0.9486833, 0.0], abs=1e-6)


def test_what_is_returned_shares_nothing_with_the_store(store):
    meta = {"tags": ["a"], "deep": {"x": [1]}}
    given = Document(id="1", content="x", meta=meta, embedding=[1.0, 0.0])
    store.write_documents([given])
    meta["tags"].append("changed")
    given.embedding.append(9.0)
    for read in (store.filter_documents, lambda: store.embedding_retrieval([1.0, 0.0])):
        (found,) = read()
        assert (found.meta, found.embedding) == ({"tags": ["a"], "deep": {"x": [1]}}, [1.0, 0.0])
        found.meta["tags"].append("changed")
        found.meta["deep"]["x"].clear()
        found.embedding[0] = 7.0
    values, _ = store.get_metadata_field_unique_values("tags")
    values[0].append("changed")
    assert store.filter_documents()[0].meta == {"tags": ["a"], "deep": {"x": [1]}}


def test_dotted_paths_are_different_stores(tmp_path):
    for version in ("v1", "v2"):
        with_documents = FaissDocumentStore(tmp_path / f"kb.{version}")
        with_documents.write_documents([Document(content=version)])
        with_documents.close()
    assert [found.content for found in FaissDocumentStore(tmp_path / "kb.v1").filter_documents()] == ["v1"]


def test_many_deletions_and_overwrites_keep_the_search_exact(store):
    generator = np.random.default_rng(3)
    kept = {}
    for _ in range(25):
        ids = [str(i) for i in generator.integers(0, 60, 20)]
        kept.update({i: generator.standard_normal(5).astype(np.float32).tolist() for i in ids})
        store.write_documents(
            [Document(id=i, content=i, embedding=kept[i]) for i in dict.fromkeys(ids)], DuplicatePolicy.OVERWRITE
        )
        gone = [str(i) for i in generator.integers(0, 60, 8)]
        store.delete_documents(gone)
        kept = {i: vector for i, vector in kept.items() if i not in gone}
        query = generator.standard_normal(5)
        scores = {i: np.dot(query, v) / np.linalg.norm(v) / np.linalg.norm(query) for i, v in kept.items()}
        found = store.embedding_retrieval(query.tolist(), top_k=7)
        assert [one.id for one in found] == sorted(scores, key=scores.get, reverse=True)[:7]
        assert store.count_documents() == len(kept)
    assert store.index.verify() == []


def test_deleting_everything_and_starting_with_other_vectors(store):
    store.write_documents([document(1, [1.0, 0.0])])
    store.delete_all_documents()
    with pytest.raises(ValueError, match="expected embeddings of length 2, found 3"):
        store.write_documents([document(1, [1.0, 0.0, 0.0])])
    store.delete_all_documents(recreate_index=True)
    store.write_documents([document(1, [1.0, 0.0, 0.0])])
    assert [found.id for found in store.embedding_retrieval([1.0, 0.0, 0.0])] == ["1"]
    assert store.index.verify() == []


def test_lexical_retrieval_with_a_filter(store):
    store.write_documents(
        [Document(id=str(i), content=f"zebra {'lion ' * i}", meta={"odd": i % 2 == 1}) for i in range(5)]
    )
    found = store.lexical_retrieval("Lions?", filters={"field": "meta.odd", "operator": "==", "value": True}, top_k=9)
    assert [one.id for one in found] == ["3", "1"]
    assert found[0].score > found[1].score > 0
    assert store.lexical_retrieval("?!") == []


@pytest.mark.parametrize("top_k", [0, -3])
def test_top_k_below_one_is_refused(store, top_k):
    with pytest.raises(ValueError, match=f"expected top_k to be at least 1, found {top_k}"):
        store.embedding_retrieval([1.0], top_k=top_k)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"index_type": "hsnw"}, "expected an index_type of auto, flat, hnsw, .*, found 'hsnw': could not parse"),
        ({"embedding_dim": 0}, "expected embedding_dim to be at least 1, found 0"),
    ],
)
def test_impossible_parameters_are_refused_before_anything_is_opened(tmp_path, parameters, message):
    with pytest.raises(ValueError, match=message):
        FaissDocumentStore(tmp_path / "s", **parameters)
    assert list(tmp_path.iterdir()) == []


def test_a_store_opens_nothing_before_it_is_used(tmp_path, embedder):
    store = FaissDocumentStore(tmp_path / "s", embedder=embedder)
    again = FaissDocumentStore.from_dict(json.loads(json.dumps(store.to_dict())))
    assert again.to_dict() == store.to_dict()
    assert again.embedder == embedder
    assert list(tmp_path.iterdir()) == []


def test_the_recorded_embedder_and_dimension_are_enforced(tmp_path, embedder):
    store = FaissDocumentStore(tmp_path / "s", embedder=embedder)
    store.write_documents([document(1, [1.0] + [0.0] * 7)])
    with pytest.raises(IndexStateError, match="expected vectors of length 1 from tiny, found length 2"):
        store.write_documents([document(2, [2.0] + [0.0] * 7)])
    other = EmbedderIdentity("other", "00", 8, normalized=True, max_tokens=256)
    with pytest.raises(IndexStateError, match=r"expected tiny .* found other"):
        FaissDocumentStore(tmp_path / "s", embedder=other).count_documents()
    with pytest.raises(IndexStateError, match=r"expected embedding_dim 8, as .* has, found 9"):
        FaissDocumentStore(tmp_path / "s", embedding_dim=9).count_documents()
    with pytest.raises(ValueError, match="expected the embedder's embedding_dim of 8, found 9"):
        FaissDocumentStore(tmp_path / "s", embedding_dim=9, embedder=embedder)


def test_two_stores_on_one_path_see_each_others_commits(tmp_path):
    first, second = FaissDocumentStore(tmp_path / "s"), FaissDocumentStore(tmp_path / "s")
    assert second.count_documents() == 0
    first.write_documents([document(1, [1.0])])
    second.write_documents([document(2, [1.0])])
    assert first.count_documents() == second.count_documents() == 2
    assert len(first.embedding_retrieval([1.0])) == 2


def test_in_a_pipeline(tmp_path):
    pipeline = Pipeline()
    pipeline.add_component("writer", DocumentWriter(FaissDocumentStore(tmp_path / "s")))
    pipeline = Pipeline.loads(pipeline.dumps(), allowed_modules=["spanwise.*"])
    assert pipeline.run({"writer": {"documents": [document(1, [1.0])]}}) == {"writer": {"documents_written": 1}}
    assert FaissDocumentStore(tmp_path / "s").count_documents() == 1


class TestCorpusIndex:
    @pytest.fixture
    def change(self, make_change):
        return make_change({"a/ü.txt": ["zebra one", "zebra two"], "b.txt": ["lion"]})

    @pytest.fixture
    def store(self, tmp_path, change, embedder):
        store = FaissDocumentStore(tmp_path / "corpus", embedder=embedder)
        sources = [source_to_document(source) for source, _, _ in change.sources]
        passages = [
            replace(passage_to_document(passage), embedding=vector.tolist())
            for passage, vector in zip(change.passages, change.vectors, strict=True)
        ]
        assert store.write_corpus(sources, passages) == 3
        yield store
        store.close()

    def test_it_is_the_index_that_apply_makes(self, store, change, state_of, tmp_path, embedder):
        with Index.create(tmp_path / "other", embedder=embedder) as other, Index.open(store.path) as mine:
            other.apply(replace(change, sources=[(source, 0, 0) for source, _, _ in change.sources]))
            assert state_of(mine) == state_of(other)

    def test_passages_are_documents_with_the_metadata_of_their_place(self, store, change):
        found = store.filter_documents()
        assert [replace(one, embedding=None) for one in found] == [passage_to_document(p) for p in change.passages]
        assert [one.embedding for one in found] == change.vectors.tolist()

    def test_filters_see_that_metadata(self, store):
        filters = {
            "operator": "AND",
            "conditions": [
                {"field": "meta.file_path", "operator": "==", "value": "a/ü.txt"},
                {"field": "meta.source_start", "operator": ">", "value": 0},
                {"field": "meta.title", "operator": "==", "value": None},
            ],
        }
        assert [found.content for found in store.filter_documents(filters)] == ["zebra two"]
        assert store.get_metadata_field_min_max("source_end") == {"min": 4, "max": 19}
        assert store.get_metadata_field_unique_values("file_path")[0] == ["a/ü.txt", "b.txt"]
        assert store.get_metadata_fields_info()["page_number"] == {"type": "int"}

    def test_metadata_can_be_added_to_passages(self, store, change):
        lion = {"field": "meta.file_path", "operator": "==", "value": "b.txt"}
        assert store.update_by_filter(lion, {"reviewed": True}) == 1
        (found,) = store.filter_documents({"field": "meta.reviewed", "operator": "==", "value": True})
        assert found.meta == {**passage_to_document(change.passages[2]).meta, "reviewed": True}

    def test_a_passage_that_is_overwritten_with_other_metadata_stays_one(self, store, change):
        (lion,) = store.filter_documents({"field": "meta.file_path", "operator": "==", "value": "b.txt"})
        lion.meta["reviewed"] = True
        assert store.write_documents([lion], DuplicatePolicy.OVERWRITE) == 1
        with Index.open(store.path) as index:
            assert [hit.passage for hit in index.lexical("lion", 5)] == [change.passages[2]]
            assert index.search(change.vectors[2:], 1)[0][0].passage == change.passages[2]
        (found,) = store.filter_documents({"field": "meta.reviewed", "operator": "==", "value": True})
        assert found == lion

    @pytest.mark.parametrize("other", [{"content": "tiger"}, {"embedding": None}, {"meta": {"source_start": 1}}])
    def test_a_passage_is_not_overwritten_with_another_text_or_place(self, store, other):
        (lion,) = store.filter_documents({"field": "meta.file_path", "operator": "==", "value": "b.txt"})
        with pytest.raises(ValueError, match=r"expected document .* of the passage of b\.txt that it overwrites"):
            store.write_documents([replace(lion, **other)], DuplicatePolicy.OVERWRITE)
        assert store.count_documents() == 3

    def test_a_document_of_no_file_gives_way_to_the_passage_that_it_is(self, tmp_path, change, embedder):
        passage = replace(passage_to_document(change.passages[2]), embedding=change.vectors[2].tolist())
        store = FaissDocumentStore(tmp_path / "free", embedder=embedder)
        store.write_documents([passage])
        store.write_corpus([source_to_document(change.sources[1][0])], [passage])
        with Index.open(store.path) as index:
            assert [hit.passage for hit in index.lexical("lion", 5)] == [change.passages[2]]
        assert store.count_documents() == 1
        store.close()

    def test_passages_need_an_embedding(self, store, change):
        source = source_to_document(change.sources[0][0])
        with pytest.raises(ValueError, match="expected passages with an embedding, found 1 without"):
            store.write_corpus([source], [passage_to_document(change.passages[0])])
        assert store.count_documents() == 3

    def test_free_documents_beside_passages_are_not_passages(self, store, change, unit_vectors):
        store.write_documents([Document(id="free", content="zebra free", embedding=change.vectors[0].tolist())])
        with Index.open(store.path) as index:
            hits = index.search(change.vectors[:1], 5)[0]
            assert {hit.passage.text for hit in hits} == {"zebra one", "zebra two", "lion"}
            assert {hit.passage.text for hit in index.lexical("zebra", 5)} == {"zebra one", "zebra two"}
        assert "free" in {found.id for found in store.embedding_retrieval(change.vectors[0].tolist())}
