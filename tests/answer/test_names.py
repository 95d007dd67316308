import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanwise.answer.names import whole_names


@pytest.mark.parametrize(
    ("text", "found", "whole"),
    [
        ("The function read.table() reads it.", "table", "read.table()"),
        ("Give --sign-off to commit.", "sign", "--sign-off"),
        ("Use -s here.", "s here", "-s here"),
        ("The file .gitignore lists them.", "gitignore", ".gitignore"),
        ("It is in /etc/hosts now.", "hosts", "/etc/hosts"),
        ("It is 3.81 or later.", "81", "3.81"),
        ("Call std::sort on it.", "sort", "std::sort"),
        ("The observatory opened.", "observ", "observatory"),
        ("It ends with read.table.", "read", "read.table"),
        ("A well-known name.", "known", "known"),
        ("From 9 to 5.", "9 to 5", "9 to 5"),
        ("It was 38,400 euros.", "38,400 euros", "38,400 euros"),
        ("He lives in Rome. She does not.", "Rome", "Rome"),
    ],
)
def test_ends_move_to_the_ends_of_names(text, found, whole):
    start = text.index(found)
    begin, end = whole_names(text, start, start + len(found))
    assert text[begin:end] == whole


@given(st.text(alphabet="ab1 .-_/()", min_size=1), st.data())
def test_an_answer_only_grows_and_stays_in_the_text(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    begin, stop = whole_names(text, start, end)
    assert 0 <= begin <= start < end <= stop <= len(text)
    assert " " not in text[begin:start] + text[end:stop]
