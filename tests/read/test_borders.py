"""What no reader offers as an answer, whatever its logits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanwise.read.passages import TokenizedPassage
from spanwise.read.reader import SpanReader
from spanwise.read.settings import ReaderSettings
from spanwise.runtime.tokenizer import load_tokenizer
from spanwise.text.graphemes import clusters

# Each part stands for itself: an answer lies within one.
PARTS = [
    "The dome opens at 9:30.",
    "# Opening hours",
    "- Opening: 9:30",
    "- Closing: 17:45",
    "1. It is 2.7 kilometres.",
    "2. Turn left",
    "| port | 8443 |",
    "| name | Ana Ruiz |",
    "http\t80",
]
MARKED = ["Zoe\u0308", "👩\u200d🚀", "กำ", "❤\ufe0f", "कि", "dome", "."]


@pytest.fixture(scope="module")
def read_all(tiny_reader):
    reader = SpanReader(ReaderSettings(str(tiny_reader), max_seq_length=64, stride=16, device="cpu"))
    return lambda text: reader.read([("Which port?", text)], top_k=1000)[0]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_no_span_runs_from_one_item_row_or_heading_into_the_next(read_all, end):
    text = end.join(PARTS)
    places = [text.index(part) for part in PARTS]
    found = read_all(text)
    assert len(found) >= len(PARTS)
    for span in found:
        assert any(
            place <= span.start < span.end <= place + len(part) for place, part in zip(places, PARTS, strict=True)
        )


@pytest.mark.parametrize("blank", ["\n\n", "\r\n\r\n", "\n  \n", "\n\n\n"])
def test_no_span_runs_over_a_blank_line(read_all, blank):
    text = blank.join(["The dome opens at", "the port", "Ana Ruiz"] * 5)
    assert all(not text[span.start : span.end].count("\n") for span in read_all(text))


def test_a_span_may_run_over_the_end_of_a_line(tiny_reader):
    text = "The dome\nopens at\r\ndusk"
    passage = TokenizedPassage(text, load_tokenizer(tiny_reader).encode(text, add_special_tokens=False))
    assert set(passage.bounds[1]) == {len(text)}


def test_no_span_is_punctuation_alone(read_all):
    text = "The dome . . . opens - at ( 9:30 ) ! | ** — “ ” … 、 。 ? dusk ; ' $ + = ~"
    found = read_all(text)
    assert found
    assert all(any(map(str.isalnum, text[span.start : span.end])) for span in found)


def test_a_passage_of_punctuation_has_no_answer(read_all):
    assert read_all("... --- !!! (*) | — 。") == []


def test_no_span_begins_or_ends_within_a_character(read_all):
    text = " ".join(MARKED * 6)
    inside = {place for start, end in clusters(text) for place in range(start + 1, end)}
    found = read_all(text)
    assert found
    assert not inside & {place for span in found for place in (span.start, span.end)}


TEXTS = st.lists(st.sampled_from([*MARKED, " ", "\n", "\n\n", "- ", "a", "8443", ". ", "| ", "# "]), max_size=25).map(
    "".join
)


@given(text=TEXTS)
def test_bounds_allow_what_stays_within_a_block_and_says_something(tiny_reader, text):
    encoding = load_tokenizer(tiny_reader).encode(text, add_special_tokens=False)
    passage = TokenizedPassage(text, encoding)
    (begins, ends), (earliest, latest) = passage.words, passage.bounds
    for first in range(len(encoding)):
        for last in range(first, len(encoding)):
            said = text[begins[first] : ends[last]]
            allowed = earliest[first] <= ends[last] <= latest[first]
            says = any(character.isalnum() or character in "👩❤" for character in said)
            within = "\n\n" not in said and "\n- " not in said and "\n# " not in said and "\n| " not in said
            if allowed:
                assert says
                assert within
                assert said == said.strip()
            elif "\n" not in text:
                assert not says
