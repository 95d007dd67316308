import math
from datetime import UTC, datetime
from functools import reduce

import pytest
from haystack import Document
from haystack.errors import FilterError
from haystack.utils.filters import document_matches_filter
from hypothesis import given, settings
from hypothesis import strategies as st

from spanwise.index import FaissDocumentStore
from spanwise.index.store import filters as module

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([0.5, 1.0, -2.0, float("inf")]),
    st.sampled_from(
        ["", "a", "ü", "日本", "2024-05-01", "2024-05-01T10:00:00", "2024-05-01 10:00:00+02:00", "May 1, 2024"]
    ),
    st.sampled_from([datetime(2024, 5, 1), datetime(2024, 5, 1, 8, tzinfo=UTC)]),
)
ORDERED = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([0.5, -2.0, "2024-05-01", "2024-05-01T10:00:00+02:00", "May 1, 2024", datetime(2024, 5, 1)]),
)
VALUES = (
    SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.sampled_from(["deep", "x.y"]), SCALARS, max_size=2)
)
KEYS = st.sampled_from(["number", "ü key", 'quo"te', "it's", "back\\slash", "nested"])
METAS = st.dictionaries(KEYS, VALUES, max_size=4)
FIELDS = st.one_of(
    KEYS.map("meta.{}".format),
    KEYS,
    st.sampled_from(
        ["meta.nested.deep", "meta.number.deep", "content", "id", "meta", "embedding", "content.x", "no.such"]
    ),
)
COMPARISONS = st.one_of(
    st.fixed_dictionaries({"field": FIELDS, "operator": st.sampled_from(["==", "!="]), "value": VALUES}),
    st.fixed_dictionaries({"field": FIELDS, "operator": st.sampled_from([">", ">=", "<", "<="]), "value": ORDERED}),
    st.fixed_dictionaries(
        {"field": FIELDS, "operator": st.sampled_from(["in", "not in"]), "value": st.lists(SCALARS, max_size=3)}
    ),
)
FILTERS = st.recursive(
    COMPARISONS,
    lambda inner: st.fixed_dictionaries(
        {"operator": st.sampled_from(["AND", "OR", "NOT"]), "conditions": st.lists(inner, max_size=3)}
    ),
    max_leaves=5,
)


def expected(filters, documents):
    """What Haystack's own evaluation says, or the name of its refusal."""
    try:
        return [document.id for document in documents if document_matches_filter(filters, document)]
    except (FilterError, TypeError):
        return "refused"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = FaissDocumentStore(tmp_path_factory.mktemp("filters") / "store")
    yield store
    store.close()


@given(filters=FILTERS, metas=st.lists(METAS, max_size=6))
@settings(max_examples=100)
def test_a_stored_document_is_matched_as_before_it_was_stored(store, filters, metas):
    documents = [Document(id=str(i), content="2024-05-01", meta=meta, embedding=[1.0]) for i, meta in enumerate(metas)]
    store.delete_all_documents()
    store.write_documents(documents)
    wanted = expected(filters, documents)
    try:
        found = store.filter_documents(filters)
    except FilterError:
        assert wanted == "refused"
        return
    assert [document.id for document in found] == wanted
    assert store.count_documents_by_filter(filters) == len(wanted)
    assert {hit.id for hit in store.embedding_retrieval([1.0], filters=filters, top_k=9)} == set(wanted)


def compare(field, operator, value):
    return {"field": field, "operator": operator, "value": value}


NUMBER = compare("meta.n", "==", 3)
ORDER = compare("meta.n", ">", 2)
STORED = [
    {"n": 3},
    {"n": 3.0},
    {"n": "3"},
    {"n": None},
    {},
    {"n": True},
    {"n": [3]},
    {"n": {"$float": "inf"}},
    {"n": '{"$float":"inf"}'},
    {"n": "x\0y"},
    {"n": "x"},
    {"n": 'x"y'},
    {"n": 1 << 70},
    {"n": 0.1 + 0.2},
    {"title": None, "it's": 1},
]


@pytest.fixture
def evaluated(monkeypatch):
    """The filters that Haystack evaluates on stored documents."""
    seen = []
    original = module._evaluated
    monkeypatch.setattr(module, "_evaluated", lambda *given: seen.append(given[2]) or original(*given))
    return seen


@pytest.mark.parametrize(
    "filters",
    [
        NUMBER,
        compare("n", "!=", 3),
        compare("n", "==", None),
        compare("n", "!=", None),
        compare("n", "in", [1, "x", None]),
        compare("n", "not in", [3, "x"]),
        compare("n", "in", list(range(5000))),
        compare("n", "in", []),
        compare("n", "==", '{"$float":"inf"}'.replace('"', "")),
        compare("n", "==", 0.1 + 0.2),
        compare("n", ">", None),
        compare("it's", "==", 1),
        compare("title", "==", None),
        compare("id", "in", ["0", "7"]),
        compare("content", "==", "x"),
        {"operator": "NOT", "conditions": [NUMBER, compare("n", "!=", "x")]},
        {"operator": "OR", "conditions": [NUMBER, compare("n", "==", "x")]},
        {"operator": "AND", "conditions": []},
        {"operator": "OR", "conditions": []},
        {"operator": "NOT", "conditions": []},
        compare("n", "==", math.inf),
        compare("n", "==", 1 << 70),
        compare("n", "==", "2024-05-01"),
        compare("n", "==", "x\0y"),
        compare("n", "==", 'x"y'),
        compare("n", "==", [3]),
        compare("n", "in", [1, "2024-05-01"]),
        compare("meta.n.deep", "==", None),
        {"operator": "NOT", "conditions": [NUMBER, compare("n", "==", [3])]},
    ],
    ids=str,
)
def test_no_document_is_read_for_what_its_fields_decide(store, evaluated, filters):
    documents = [Document(id=str(i), content="x\0y" if i else "x", meta=meta) for i, meta in enumerate(STORED)]
    store.delete_all_documents()
    store.write_documents(documents)
    assert [found.id for found in store.filter_documents(filters)] == expected(filters, documents)
    assert evaluated == []


@pytest.mark.parametrize(
    "filters",
    [
        compare("embedding", "==", None),
        compare("meta", "==", {}),
        compare("content", "==", "2024-05-01"),
        compare('q"uote', "==", None),
        {"operator": "OR", "conditions": [compare("n", "==", i) for i in range(2000)]},
        reduce(lambda inner, _: {"operator": "NOT", "conditions": [inner]}, range(60), NUMBER),
        {"operator": "OR", "conditions": [NUMBER, compare("embedding", "!=", None)]},
    ],
    ids=lambda filters: str(filters)[:60],
)
def test_of_the_rest_haystack_is_asked_for_each_document(store, evaluated, filters):
    documents = [Document(id=str(i), content="x", meta=meta) for i, meta in enumerate(STORED)]
    store.delete_all_documents()
    store.write_documents(documents)
    assert [found.id for found in store.filter_documents(filters)] == expected(filters, documents)
    assert len(evaluated) == 1


def test_an_order_that_meets_a_text_is_refused_as_by_haystack_wherever_it_stands(store, evaluated):
    numbers = [Document(id=str(i), content="x", meta={"n": i}) for i in range(5)]
    store.delete_all_documents()
    store.write_documents(numbers)
    both = {"operator": "AND", "conditions": [ORDER, compare("content", "==", "y")]}
    assert [found.id for found in store.filter_documents(ORDER)] == ["3", "4"]
    assert store.filter_documents(both) == []
    assert evaluated == []
    store.write_documents([Document(id="text", content="x", meta={"n": "many"})])
    for filters in (ORDER, both):
        assert expected(filters, [Document(content="x", meta={"n": "many"})]) == "refused"
        with pytest.raises(FilterError, match="Can't compare"):
            store.filter_documents(filters)


def test_what_sqlite_decides_first_is_not_evaluated(store, monkeypatch):
    store.delete_all_documents()
    store.write_documents([Document(id=str(i), content="x", meta={"n": i % 3, "day": "2024-05-01"}) for i in range(30)])
    read = []
    original = module.read_documents
    monkeypatch.setattr(module, "read_documents", lambda *given: read.extend(given[2]) or original(*given))
    filters = {"operator": "AND", "conditions": [compare("n", "==", 1), compare("content", "!=", "2024-01-01")]}
    assert store.count_documents_by_filter(filters) == len(read) == 10


def test_a_date_is_read_once_for_each_value(store, monkeypatch):
    store.delete_all_documents()
    store.write_documents(
        [Document(id=str(i), content="x", meta={"day": f"2024-05-{1 + i % 5:02}"}) for i in range(30)]
    )
    asked = []
    original = module.document_matches_filter
    monkeypatch.setattr(module, "document_matches_filter", lambda *given: asked.append(given) or original(*given))
    assert store.count_documents_by_filter(compare("meta.day", ">=", "2024-05-03T12:00")) == 12
    assert len(asked) == 1 + 5


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"field": "meta.a", "operator": "eq", "value": 1}, "Unknown comparison operator 'eq'"),
        ({"field": "meta.a", "operator": "=>", "value": 1}, "operator '=>'"),
        ({"field": "meta.a", "operator": "contains", "value": 1}, "operator 'contains'"),
        ({"operator": "XOR", "conditions": []}, "Unknown logical operator 'XOR'"),
        ({"operator": "AND"}, "'conditions' as a list"),
        ({"conditions": []}, "'operator' key missing"),
        ({"field": "meta.a", "operator": "=="}, "'value' key missing"),
        ({"operator": "AND", "conditions": {}}, "'conditions' as a list"),
        ({"field": "meta.a", "operator": "in", "value": "abc"}, "Filter value must be a `list`"),
        (
            {"field": "meta.a", "operator": ">", "value": [1]},
            "Filter value can't be of type",
        ),
        ({"field": "meta.a", "operator": "<", "value": "abc"}, "Can't compare strings"),
        ({"field": 3, "operator": "==", "value": 1}, "expected the name of a field, found 3"),
        (["meta.a"], "expected a filter as a dictionary, found list"),
        (
            {
                "operator": "OR",
                "conditions": [
                    {"field": "meta.a", "operator": "==", "value": 1},
                    {"operator": "NOT", "conditions": [{"field": "meta.b", "operator": "like", "value": 1}]},
                ],
            },
            "operator 'like'",
        ),
    ],
)
def test_what_is_not_a_filter_is_refused_though_nothing_is_stored(tmp_path, filters, message):
    store = FaissDocumentStore(tmp_path / "s")
    with pytest.raises(FilterError, match=message):
        store.filter_documents(filters)
