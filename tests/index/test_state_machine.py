"""Any sequence of calls, crashes among them, leaves the store as a dictionary would be."""

import copy
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import pytest
from haystack import Document
from haystack.dataclasses import ByteStream, SparseEmbedding
from haystack.document_stores.errors import DuplicateDocumentError
from haystack.document_stores.types import DuplicatePolicy
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from crash import die_when
from model import Model
from spanwise.index import FaissDocumentStore
from spanwise.index.faiss import faiss_index, index_types
from spanwise.index.faiss.faiss_index import load_faiss
from whole import leftovers_of, problems_of

DIMENSION = 5  # and 3 after everything was forgotten
TYPES = ["auto", "flat", "hnsw", "ivf", "sq8", "fp16", "IVF4,Flat", "HNSW8,Flat"]
WORDS = ["zebra", "lion", "port", "ünder", "日本", "x86", "42"]
POINTS = ["rows deleted", "rows written", "vectors written", "vectors renamed", "faiss written"]
POINTS += ["faiss renamed", "before commit", "after commit", "file removed", "after vacuum"]
GROUP = {"field": "meta.group", "operator": "=="}
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


class Operation(NamedTuple):
    """A call that changes a store, by its name; the model has the same."""

    name: str
    arguments: tuple[Any, ...] = ()

    def on(self, target: Any) -> Any:
        """Call it; returns what it returns, or the kind of its expected failure."""
        arguments = copy.deepcopy(self.arguments)
        try:
            if isinstance(target, FaissDocumentStore) and self.name in {"compact", "set_type"}:
                with target.index.exclusive(wait_s=30):
                    getattr(target.index, self.name)(*arguments)
                return None
            return getattr(target, self.name)(*arguments)
        except (DuplicateDocumentError, ValueError) as error:
            return DuplicateDocumentError if isinstance(error, DuplicateDocumentError) else ValueError


NUMBERS = st.sampled_from([0.0, 1.0, -1.0, 2.0, 3.0, 0.5, -0.1])
VECTORS = st.builds(
    lambda numbers, length: [number * length for number in numbers],
    st.lists(NUMBERS, min_size=DIMENSION, max_size=DIMENSION),
    st.sampled_from([1.0, 1.0, 1e-3, 1e3]),
)
IDS = st.sampled_from([*(str(number) for number in range(12)), "ü 日本", " ", "b3", "b17"])
MOMENTS = st.sampled_from(
    [
        datetime(2024, 5, 1),
        datetime(2024, 5, 1, 8, tzinfo=UTC),
        "2024-05-01",
        "2023-12-31T23:59:59",
        "2024-05-01T08:00Z",
    ]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 3),
    st.sampled_from([0.5, 0.1, 1 / 3, 1.0, float("inf"), 1e300, 2**70]),
    st.text(max_size=3),
)
ANYTHING = st.recursive(
    SCALARS | st.sampled_from([date(2024, 5, 1), time(8, 30), datetime(2024, 5, 1, 8, tzinfo=UTC), (1, "a"), "\ud835"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["x", "$date", 'q"', ""]), inner, max_size=2)
    ),
    max_leaves=4,
)
METAS = st.fixed_dictionaries(
    {},
    optional={
        "group": st.none() | st.integers(0, 3) | st.sampled_from([1.5, True]),
        "when": MOMENTS,
        "deep": st.fixed_dictionaries({}, optional={"x": SCALARS}),
        "any": ANYTHING,
        "ключ'": ANYTHING,
    },
)
CONTENTS = st.none() | st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join) | st.just("a \x00 \ud835 lion")
DOCUMENTS = st.builds(
    Document,
    id=IDS,
    content=CONTENTS,
    meta=METAS,
    embedding=st.none() | VECTORS,
    sparse_embedding=st.none() | st.just(SparseEmbedding([1, 5], [0.5, 0.25])),
    blob=st.none() | st.just(ByteStream(b"\x00\xff", meta={"when": datetime(2024, 5, 1)}, mime_type="image/png")),
    score=st.none() | st.just(0.25),
)
COMPARISONS = st.one_of(
    st.fixed_dictionaries(
        {
            "field": st.sampled_from(["meta.group", "meta.missing"]),
            "operator": st.sampled_from([">", ">=", "<", "<="]),
            "value": st.none() | st.integers(0, 3),
        }
    ),
    st.fixed_dictionaries(
        {
            "field": st.sampled_from(["meta.when", "when"]),
            "operator": st.sampled_from(["==", "!=", ">", ">=", "<", "<="]),
            "value": MOMENTS,
        }
    ),
    st.fixed_dictionaries(
        {
            "field": st.sampled_from(
                ["meta.group", "meta.deep.x", "meta.deep", "meta.ключ'", "content", "id", "no.such"]
            ),
            "operator": st.sampled_from(["==", "!="]),
            "value": SCALARS | IDS,
        }
    ),
    st.fixed_dictionaries(
        {
            "field": st.sampled_from(["meta.group", "id", "meta.deep.x", "content"]),
            "operator": st.sampled_from(["in", "not in"]),
            "value": st.lists(SCALARS | IDS, max_size=4),
        }
    ),
)
FILTERS = st.recursive(
    COMPARISONS,
    lambda inner: st.fixed_dictionaries(
        {"operator": st.sampled_from(["AND", "OR", "NOT"]), "conditions": st.lists(inner, min_size=1, max_size=3)}
    ),
    max_leaves=4,
)

DELETED = COMPARISONS | st.builds(
    lambda group, filters: {"operator": "AND", "conditions": [{**GROUP, "value": group}, filters]},
    st.integers(0, 3),
    FILTERS,
)


def many(first: int, count: int, seed: int) -> list[Document]:
    """Documents enough for a FAISS structure, some with equal embeddings."""
    vectors = np.random.default_rng(seed).integers(-3, 4, (count, DIMENSION)).astype(float)
    return [
        Document(id=f"b{number}", content=f"zebra {number}", meta={"group": number % 4}, embedding=vector.tolist())
        for number, vector in enumerate(vectors, first)
    ]


POLICIES = st.sampled_from(list(DuplicatePolicy))
WRITES = st.tuples(st.lists(DOCUMENTS, min_size=1, max_size=5), POLICIES)
MANY = st.tuples(
    st.builds(many, st.integers(0, 40), st.integers(15, 60), st.integers(0, 99)),
    st.sampled_from([DuplicatePolicy.OVERWRITE, DuplicatePolicy.SKIP]),
)
DELETIONS = st.lists(IDS | st.integers(0, 99).map("b{}".format), max_size=30)
CHANGES = st.one_of(
    WRITES.map(partial(Operation, "write_documents")),
    MANY.map(partial(Operation, "write_documents")),
    DELETIONS.map(lambda ids: Operation("delete_documents", (ids,))),
    DELETED.map(lambda filters: Operation("delete_by_filter", (filters,))),
    st.tuples(FILTERS, METAS).map(partial(Operation, "update_by_filter")),
    st.sampled_from([False, True]).map(lambda forget: Operation("delete_all_documents", (forget,))),
    st.just(Operation("compact")),
    st.sampled_from(TYPES).map(lambda name: Operation("set_type", (name,))),
)
QUERIES = st.lists(VECTORS, min_size=1, max_size=3)


class Machine(RuleBasedStateMachine):
    """Two stores on one path against a model; a call goes to either of them."""

    def __init__(self) -> None:
        super().__init__()
        self.scratch = TemporaryDirectory(dir=MEMORY)
        self.path = Path(self.scratch.name) / "store.v1"
        self.stores = [FaissDocumentStore(self.path), FaissDocumentStore(self.path)]
        self.model = Model(DIMENSION)
        self.turn = 0
        self.query = [1.0, 2.0, 3.0, 4.0, 5.0]  # later the embedding of a document that has gone

    def teardown(self) -> None:
        for store in self.stores:
            store.close()
        if self.path.exists():
            assert problems_of(self.path) == []
            FaissDocumentStore(self.path).delete_by_filter({"field": "id", "operator": "==", "value": "none"})
            assert leftovers_of(self.path) == set()
        self.scratch.cleanup()

    @property
    def store(self) -> FaissDocumentStore:
        """Either store, in turn."""
        self.turn += 1
        return self.stores[self.turn % 2]

    def fitted(self, operation: Operation) -> Operation:
        """Cut embeddings to the length that the store has now."""
        if operation.name != "write_documents":
            return operation
        documents, policy = operation.arguments
        return Operation(operation.name, ([self.cut(document) for document in documents], policy))

    def cut(self, document: Document) -> Document:
        """Return it with an embedding of the length that the store has now."""
        vector = document.embedding
        return document if vector is None else replace(document, embedding=vector[: self.model.dimension])

    def do(self, operation: Operation) -> None:
        """Do it to a store and to the model, and compare what they say."""
        before = self.model.documents.copy()
        assert operation.on(self.store) == operation.on(self.model)
        gone = [one.embedding for doc_id, one in before.items() if self.model.documents.get(doc_id) is not one]
        self.query = next((vector for vector in gone if vector is not None), self.query)

    @initialize(count=st.sampled_from([50, 30, 20]), index_type=st.sampled_from(TYPES))
    def begin(self, count: int, index_type: str) -> None:
        self.do(Operation("set_type", (index_type,)))
        self.do(Operation("write_documents", (many(0, count, 0), DuplicatePolicy.NONE)))

    @rule(operation=CHANGES)
    def change(self, operation: Operation) -> None:
        self.do(self.fitted(operation))

    @rule(good=DOCUMENTS, wrong=DOCUMENTS, short=st.booleans())
    def write_what_cannot_be_stored(self, good: Document, wrong: Document, short: bool) -> None:
        fault = {"embedding": [1.0, 2.0]} if short and self.store.index.dimension else {"meta": {"bad": {1, 2}}}
        documents = [self.cut(good), replace(self.cut(wrong), **fault)]
        assert Operation("write_documents", (documents, DuplicatePolicy.OVERWRITE)).on(self.store) is ValueError

    @rule(operation=CHANGES, step=st.sampled_from(range(1, 19)))
    def crash_at_a_step(self, operation: Operation, step: int) -> None:
        self.crash(operation, lambda passed: len(passed) == step)

    @rule(operation=CHANGES, point=st.sampled_from(POINTS))
    def crash_at_a_point(self, operation: Operation, point: str) -> None:
        self.crash(operation, lambda passed: passed[-1] == point)

    def crash(self, operation: Operation, here: Callable[[list[str]], bool]) -> None:
        """Be killed in the middle; what is left must be one of two states, and the same call must complete."""
        operation = self.fitted(operation)
        store, after = self.store, copy.deepcopy(self.model)
        operation.on(after)
        ending = die_when(partial(operation.on, store), here)
        found = self.store.filter_documents()
        allowed = ending.allowed([self.model, after, after]) if ending.killed else [after]
        self.model = next(model for model in allowed if list(model.documents.values()) == found)
        assert problems_of(self.path) == []
        self.do(operation)

    @rule(which=st.integers(0, 1), another=st.booleans())
    def reopen(self, which: int, another: bool) -> None:
        self.stores[which].close()
        if another:
            self.stores[which] = FaissDocumentStore(self.path)

    @rule(filters=FILTERS)
    def filter(self, filters: dict) -> None:
        matching = self.model.matching(filters)
        assert self.store.filter_documents(filters) == matching
        assert self.store.count_documents_by_filter(filters) == len(matching)

    @rule(queries=QUERIES, top_k=st.integers(1, 9))
    def search_everywhere(self, queries: list[list[float]], top_k: int) -> None:
        self.search(queries, None, top_k)

    @rule(queries=QUERIES, filters=FILTERS, top_k=st.integers(1, 9))
    def search_among(self, queries: list[list[float]], filters: dict, top_k: int) -> None:
        self.search(queries, filters, top_k)

    def search(self, queries: list[list[float]], filters: dict | None, top_k: int) -> None:
        queries = [(query + [1.0] * DIMENSION)[: self.model.dimension] for query in queries]
        exact = filters is not None or not any((self.path / "vectors").glob("*.faiss"))
        together = self.store.search_batch(queries, filters=filters, top_k=top_k)
        for query, found in zip(queries, together, strict=True):
            self.compare(found, self.model.cosines(query, filters), top_k, exact=exact)
        assert self.store.embedding_retrieval(queries[0], filters=filters, top_k=top_k) == together[0]

    def compare(self, found: list[Document], cosines: dict[str, float], top_k: int, *, exact: bool) -> None:
        """Compare a search's result with the cosines of all that it may find."""
        ids, scores = [document.id for document in found], [document.score for document in found]
        assert len(set(ids)) == len(ids) == min(top_k, len(cosines))
        assert scores == pytest.approx([cosines[doc_id] for doc_id in ids], abs=1e-6)
        assert scores == sorted(scores, reverse=True)
        for document in found:
            assert document == replace(self.model.documents[document.id], score=document.score)
        if not exact:
            return
        assert scores == pytest.approx(sorted(cosines.values(), reverse=True)[:top_k], abs=1e-6)
        order = list(self.model.documents)
        for document in found:
            equal = [d for d in cosines if self.model.documents[d].embedding == document.embedding]
            assert [d for d in ids if d in equal] == sorted(equal, key=order.index)[: len(set(equal) & set(ids))]

    @rule(
        words=st.lists(st.sampled_from([*WORDS, "ZEBRA", "unknown"]), min_size=1, max_size=3),
        filters=st.none() | FILTERS,
        top_k=st.integers(1, 200),
    )
    def search_words(self, words: list[str], filters: dict | None, top_k: int) -> None:
        query = " ".join(words)
        wanted = self.model.with_words(query, filters)
        found = self.store.lexical_retrieval(query, filters=filters, top_k=top_k)
        assert {document.id for document in found} <= wanted
        assert len(found) == min(top_k, len(wanted))
        assert [d.score for d in found] == sorted((d.score for d in found), reverse=True)

    @invariant()
    def both_stores_hold_what_the_model_holds(self) -> None:
        expected = list(self.model.documents.values())
        for store in self.stores:
            assert store.count_documents() == len(expected)
            assert store.filter_documents() == expected

    @invariant()
    def what_has_gone_is_not_found(self) -> None:
        self.search([self.query], None, 3)


@pytest.fixture(autouse=True, scope="module")
def small() -> Iterator[None]:
    """Let few rows have a structure, of any type, that is searched."""
    faiss = load_faiss()
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index_types, "MIN_ROWS", 12)
        patch.setattr(index_types, "AUTO_ROWS", 60)
        patch.setattr(faiss_index, "MIN_FETCH", 4)
        patch.setattr(faiss_index, "OVERFETCH", 2)
        patch.setattr(faiss_index, "GROWTH", 2)
        yield
    faiss.omp_set_num_threads(threads)


TestStore = Machine.TestCase
TestStore.settings = settings(
    max_examples=settings.default.max_examples // 3,
    stateful_step_count=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
