import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanwise.answer.context import context_around

TEXTS = st.text(st.sampled_from("aB .?\n-é東"), min_size=1, max_size=60) | st.lists(
    st.sampled_from(["The dome opens. ", "It is 8443! ", "dome ", "\n\n", "- item\n", "x" * 90 + " "]),
    min_size=5,
    max_size=60,
).map("".join)


@given(TEXTS, st.data())
def test_the_context_holds_the_answer(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, min(len(text), start + 40)))
    low, high = context_around(text, start, end)
    assert 0 <= low <= start < end <= high <= len(text)
    assert start - low <= 300
    assert high - end <= 300
    assert low == start or not text[low].isspace()
    assert high == end or not text[high - 1].isspace()


LONG = "The observatory on the hill, which was built long ago, opens its great dome every evening at dusk."


@pytest.mark.parametrize(
    ("text", "answer", "expected"),
    [
        (f"First one. {LONG} Last one.", "dusk", LONG),
        ("One ends. The port is 8443. Two begins.", "8443", "One ends. The port is 8443. Two begins."),
        ("Before.\n\nThe port is 8443.\n\nAfter.", "8443", "The port is 8443."),
        ("Ports:\n- http is 80\n- https is 443\n", "443", "- http is 80\n- https is 443"),
        ("8443", "8443", "8443"),
        (f"{LONG} {LONG}", f"dusk. {LONG[:10]}", f"{LONG} {LONG}"),
    ],
)
def test_sentences_around_an_answer(text, answer, expected):
    start = text.index(answer)
    low, high = context_around(text, start, start + len(answer))
    assert text[low:high] == expected


def test_a_text_without_sentences_is_cut_between_words():
    text = "dome opens " * 100 + "8443 " + "port server " * 100
    start = text.index("8443")
    low, high = context_around(text, start, start + 4)
    assert text[low - 1] == text[high] == " "
    assert 500 < high - low <= 604
