import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanwise.index.catalogue.lexical import match_expression


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("What's the C++ port?", '"C" OR "port"'),
        ("Isn't it Ana's server, or isn\u2019t it?", '"Ana" OR "server"'),
        ("vitamin D", '"vitamin" OR "D"'),
        ("version 2.0.1 of 2024-05-01", '"version" OR "2.0.1" OR "2024-05-01"'),
        ("who is it", '"who" OR "is" OR "it"'),
        ("port PORT port", '"port" OR "PORT"'),
        ('say "NEAR(a b)" AND * NOT col:x', '"say" OR "NEAR" OR "b" OR "col" OR "x"'),
        ("O'Brien", '"O Brien"'),
        ("?!", None),
        ("", None),
    ],
)
def test_match_expression(query, expected):
    assert match_expression(query) == expected


@pytest.fixture(scope="module")
def find():
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE t USING fts5(content, tokenize='porter unicode61 remove_diacritics 2')")
    connection.executemany("INSERT INTO t VALUES (?)", [("the quick brown fox",), ("nothing",)])

    def find(expression):
        return [text for (text,) in connection.execute("SELECT * FROM t WHERE t MATCH ?", (expression,))]

    return find


@given(text=st.text(max_size=60))
def test_any_text_is_a_query_that_fts5_accepts(find, text):
    assert "the quick brown fox" in find(match_expression(f"fox {text}"))
    alone = match_expression(text)
    assert alone is None or "the quick brown fox" in find(f'{alone} OR "fox"')


def test_better_matches_have_higher_scores(index, make_change):
    index.apply(
        make_change({"a.txt": ["zebra zebra lion", "zebra in a long text about all kinds of other things", "no"]})
    )
    hits = index.lexical("zebras and lions", 5)
    assert [hit.passage.text[:5] for hit in hits] == ["zebra", "zebra"]
    assert hits[0].passage.text == "zebra zebra lion"
    assert hits[0].score > hits[1].score > 0


def test_a_query_with_surrogates_or_nothing_in_it_finds_what_it_can(index, make_change):
    index.apply(make_change({"a.txt": ["zebra"]}))
    assert [hit.passage.text for hit in index.lexical("zebra \ud835 \x00", 5)] == ["zebra"]
    assert index.lexical("\ud835", 5) == []
