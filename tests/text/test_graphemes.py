import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from spanwise.text.graphemes import clusters, whole_clusters

JOINED = ["e\u0308", "👩\u200d🚀", "❤\ufe0f", "กำ", "🇩🇪", "👍🏽", "1\ufe0f\u20e3", "\u1112\u1161\u11ab", "कि"]


@pytest.mark.parametrize("joined", JOINED)
def test_a_cluster_is_found_whole(joined):
    text = f"x {joined}."
    assert clusters(text) == [(2, 2 + len(joined))]
    for cut in range(3, 2 + len(joined)):
        assert whole_clusters(text, 0, cut) == (0, 2 + len(joined))
        assert whole_clusters(text, cut, len(text)) == (2, len(text))


@given(st.text(st.characters() | st.sampled_from("".join(JOINED)), max_size=40))
def test_clusters_are_those_of_the_standard(text):
    expected = [
        match.span() for match in regex.finditer(r"\X", text) if len(match[0]) > 1 and not match[0][0].isspace()
    ]
    assert clusters(text) == expected


@given(st.text(st.sampled_from([*"ab \n", *"".join(JOINED)]), min_size=1, max_size=30), st.data())
def test_ends_move_outwards_to_the_ends_of_clusters(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    low, high = whole_clusters(text, start, end)
    assert 0 <= low <= start < end <= high <= len(text)
    assert not any(first < place < last for first, last in clusters(text) for place in (low, high))
