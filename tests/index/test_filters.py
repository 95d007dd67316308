from datetime import UTC, date, datetime

import pytest
from haystack import Document
from haystack.errors import FilterError
from haystack.utils.filters import document_matches_filter
from hypothesis import given, settings
from hypothesis import strategies as st

from spanwise.index import FaissDocumentStore
from spanwise.index.filters import parse_filters
from spanwise.index.selection import field_of

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


@given(filters=FILTERS, meta=METAS)
@settings(max_examples=400)
def test_a_filter_matches_what_haystack_says(filters, meta):
    document = Document(content="2024-05-01", meta=meta, embedding=[1.0])
    try:
        matched = parse_filters(filters).matches(lambda field: field_of(document, field))
        found = [document.id] if matched else []
    except FilterError:
        found = "refused"
    assert found == expected(filters, [document])


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = FaissDocumentStore(tmp_path_factory.mktemp("filters") / "store")
    yield store
    store.close()


@given(filters=FILTERS, metas=st.lists(METAS, max_size=6))
@settings(max_examples=40)
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


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"field": "meta.a", "operator": "eq", "value": 1}, "expected one of the operators ==, !=.* got 'eq'"),
        ({"field": "meta.a", "operator": "=>", "value": 1}, "got '=>'"),
        ({"field": "meta.a", "operator": "contains", "value": 1}, "got 'contains'"),
        ({"operator": "XOR", "conditions": []}, "expected one of the operators AND, OR, NOT, got 'XOR'"),
        ({"operator": "AND"}, "got no 'conditions'"),
        ({"conditions": []}, "got no 'operator'"),
        ({"field": "meta.a", "operator": "=="}, "got no 'value'"),
        ({"operator": "AND", "conditions": {}}, "expected conditions as a list, got dict"),
        ({"field": "meta.a", "operator": "in", "value": "abc"}, "expected a list for the operator 'in', got str"),
        (
            {"field": "meta.a", "operator": ">", "value": [1]},
            "expected a number or a date for the operator '>', got list",
        ),
        ({"field": "meta.a", "operator": "<", "value": "abc"}, "expected a number or a date to compare by order"),
        ({"field": 3, "operator": "==", "value": 1}, "expected the name of a field, got 3"),
        (["meta.a"], "expected a filter as a dictionary, got list"),
        (
            {
                "operator": "OR",
                "conditions": [
                    {"field": "meta.a", "operator": "==", "value": 1},
                    {"operator": "NOT", "conditions": [{"field": "meta.b", "operator": "like", "value": 1}]},
                ],
            },
            "got 'like'",
        ),
    ],
)
def test_what_is_not_a_filter_is_refused_though_nothing_is_stored(tmp_path, filters, message):
    store = FaissDocumentStore(tmp_path / "s")
    with pytest.raises(FilterError, match=message):
        store.filter_documents(filters)


def test_dates_are_compared_as_dates():
    condition = parse_filters({"field": "meta.d", "operator": ">=", "value": "2024-05-01"})
    assert condition.matches(lambda _: date(2024, 5, 1))
    assert not condition.matches(lambda _: date(2024, 4, 30))
    assert parse_filters({"field": "meta.d", "operator": "==", "value": "2024-05-01"}).matches(
        lambda _: date(2024, 5, 1)
    )
