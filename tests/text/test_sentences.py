import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanwise.text.sentences import Level, breaks


def sentences(text):
    ends = [offset for offset, _ in breaks(text)]
    return [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]


@pytest.mark.parametrize(
    "parts",
    [
        ["One ends. ", "Two begins."],
        ["Really?! ", "Yes. ", "No."],
        ['He said "later." ', "Then he left."],
        ["It ends.) ", "(It begins."],
        ["Wait… ", "Now."],
        ["It is **bold.** ", "*Next* one."],
        ["Version 1.2.3 is out. ", "Get it."],
        ["Dr. Ruiz met Mrs. Lee. ", "They spoke."],
        ["See fig. 3, e.g. The dome, i.e. Its roof."],
        ["J. R. R. Tolkien wrote. ", "He taught."],
        ["It costs 3.50 euros in total."],
        ["the file a.txt. is here"],
        ["Ends here.\n", "Begins there."],
        ["The answer is no. ", "He left."],
        ["It is a work of art. ", "Rooms are large."],
        ["It opens in May. ", "Ana does."],
        ["As he may. ", "It rains."],
        ["See No. 5 for it."],
        ["See Art. 3, No. 12b and Art. II there."],
        ["It is in no. 12 of Vol. IV."],
        ["It was on Jan. 5 and Dec. 24."],
        ["It was in Dec. ", "Ana left."],
        ["He ate a fig. ", "The rest was left."],
        ["It takes 5 min. ", "Wait."],
        ["It costs 5 at the max. ", "Pay it."],
        ["It is max. 5 meters."],
        ["They met Gen. Lee and Rev. Roe."],
        ["It was the last rep. ", "Rest."],
        ["It opens at 5 p.m. ", "The dome is cold."],
        ["It opens at 5 p.m. Monday."],
        ["They sell pears, etc. ", "The shop is small."],
        ["He lives in the U.S. ", "She does not."],
        ["The U.S. Navy came."],
        ["It is plan B. ", "The other failed."],
        ["Acme Inc. Ltd. is one."],
        ["Один. ", "Два."],
        ["Él vino. ", "Ñu fue."],
        ["これは文です。", "次の文です。", "終わり"],
        ["「はい。」", "彼は言った。"],
    ],
)
def test_sentences(parts):
    assert sentences("".join(parts)) == parts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One.\n\nTwo.", [(6, Level.PARAGRAPH)]),
        ("One.\r\n\r\nTwo.", [(8, Level.PARAGRAPH)]),
        ("One \n \t\n\n  two", [(11, Level.PARAGRAPH)]),
        ("page\fpage", [(5, Level.PARAGRAPH)]),
        ("Steps:\n- one\n- two", [(7, Level.SENTENCE), (13, Level.SENTENCE)]),
        ("Steps:\n1. one\n12) two", [(7, Level.SENTENCE), (14, Level.SENTENCE)]),
        ("# Head\nText\n## More", [(12, Level.SENTENCE)]),
        ("| a | b |\n| c | d |", [(10, Level.SENTENCE)]),
        ("just\nwrapped\nlines", []),
        ("", []),
        ("\n\n", []),
        ("One.\n\n", []),
    ],
)
def test_paragraphs_and_items(text, expected):
    assert breaks(text) == expected


TEXTS = st.text(st.sampled_from("aA1.!?。 \n\t\f-#*\"'()é東"), max_size=60)


@given(TEXTS)
def test_breaks_ascend_within_the_text(text):
    offsets = [offset for offset, _ in breaks(text)]
    assert offsets == sorted(set(offsets))
    assert all(0 < offset < len(text) for offset in offsets)


@given(TEXTS, st.data())
def test_a_stretch_keeps_to_its_bounds(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    assert all(start <= offset < end for offset, _ in breaks(text, start, end))
