import time
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spanwise.split import splitter as splitter_module
from spanwise.split.splitter import Splitter, SplitterSettings
from spanwise.types import SourceText

WORDS = [
    "port",
    "server",
    "8443",
    "naïve",
    "東京",
    "שלום",
    "😀",
    "it's",
    "(dome)",
    "internationalization",
    "e.g.",
    "Dr.",
]
GAPS = [" ", " ", " ", ". ", ".\n", "\n\n", "\n- ", "\t", "\u00a0", "? ", " \n \n ", "\n\f", ""]
PARTS = st.tuples(st.sampled_from(WORDS), st.sampled_from(GAPS))
# Lists are drawn much nearer to their least size than to their greatest.
TEXTS = (st.lists(PARTS, max_size=20) | st.lists(PARTS, min_size=90, max_size=300)).map(
    lambda parts: "".join(word + gap for word, gap in parts)
)
ODD = st.text(st.sampled_from("aÄ1. \n\t\f#-!?\"'東\u0301\u200b\u00ad\r😀"), min_size=100, max_size=400)
SIZES = st.integers(16, 96).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size // 4)))


def split(tokenizer, text, size=64, overlap=10, **fields):
    splitter = Splitter(tokenizer, SplitterSettings(max_tokens=size, overlap_tokens=overlap))
    return splitter.split(SourceText("a.txt", text, "0" * 64, **fields))


@given(text=TEXTS | ODD, sizes=SIZES)
def test_passages_are_slices_that_hold_all_of_the_text(minilm_tokenizer, text, sizes):
    passages = split(minilm_tokenizer, text, *sizes)
    covered = set()
    for passage in passages:
        assert text[passage.start : passage.end] == passage.text == passage.text.strip() != ""
        covered.update(range(passage.start, passage.end))
    assert all(index in covered or character.isspace() for index, character in enumerate(text))


@given(text=TEXTS | ODD, sizes=SIZES)
def test_the_embedder_sees_every_passage_whole(minilm_tokenizer, text, sizes):
    for passage in split(minilm_tokenizer, text, *sizes):
        assert len(minilm_tokenizer.encode(passage.text)) <= sizes[0]


@given(text=TEXTS, sizes=SIZES)
@example(text="port " * 90 + "internationalizationserver\n\n" + "port " * 20, sizes=(16, 1))
def test_neighbors_share_at_most_the_overlap(minilm_tokenizer, text, sizes):
    """In tokens of the text: a piece of a long word may be one there, and several where it stands alone."""
    offsets = minilm_tokenizer.encode(text, add_special_tokens=False).offsets
    for one, other in pairwise(split(minilm_tokenizer, text, *sizes)):
        shared = [begin for begin, end in offsets if other.start <= begin and end <= one.end]
        assert len(shared) <= sizes[1]


@given(text=TEXTS, sizes=SIZES)
def test_every_passage_brings_something_new(minilm_tokenizer, text, sizes):
    ends = [passage.end for passage in split(minilm_tokenizer, text, *sizes)]
    assert ends == sorted(set(ends))


def test_the_largest_overlap_brings_something_new_too(minilm_tokenizer):
    text = (
        "port 8443. dome\n\n8443. port\n\ndome\n\nport server. dome\n\n8443. server server port. port. server. server. "
        "server. 8443\n\nport. server. 8443. port. server dome\n\nport\n\n8443\n\nport"
    )
    ends = [passage.end for passage in split(minilm_tokenizer, text, 24, 9)]
    assert ends == sorted(set(ends))


@given(text=TEXTS)
def test_the_same_text_is_cut_the_same(minilm_tokenizer, text):
    assert split(minilm_tokenizer, text) == split(minilm_tokenizer, text)


def paragraph(words, sentences=1):
    return " ".join(["Dome " + "opens " * (words // sentences - 2) + "late."] * sentences)


def test_a_passage_ends_with_a_paragraph_where_it_is_full_enough(minilm_tokenizer):
    parts = [paragraph(40), paragraph(15), paragraph(30)]
    passages = split(minilm_tokenizer, "\n\n".join(parts), 64, 0)
    # The first two fill more than three fifths; the third would not fit.
    assert [passage.text for passage in passages] == ["\n\n".join(parts[:2]), parts[2]]


def test_a_passage_ends_with_a_sentence_where_no_paragraph_does(minilm_tokenizer):
    text = paragraph(150, sentences=15)
    passages = split(minilm_tokenizer, text, 64, 0)
    assert len(passages) > 2
    assert all(passage.text.startswith("Dome") and passage.text.endswith("late.") for passage in passages)


def test_a_short_paragraph_is_not_a_passage_of_its_own(minilm_tokenizer):
    text = "Heading\n\n" + paragraph(30)
    assert [passage.text for passage in split(minilm_tokenizer, text)] == [text]


def test_the_overlap_begins_with_a_sentence(minilm_tokenizer):
    text = paragraph(150, sentences=25)
    passages = split(minilm_tokenizer, text, 64, 20)
    assert all(other.start < one.end for one, other in pairwise(passages))
    assert all(passage.text.startswith("Dome") for passage in passages)


def test_a_text_without_sentences_is_cut_between_words(minilm_tokenizer):
    text = "dome opens server port " * 400
    passages = split(minilm_tokenizer, text, 64, 8)
    assert all(text[passage.end : passage.end + 1].strip() == "" for passage in passages)
    assert all(passage.start == 0 or text[passage.start - 1] == " " for passage in passages)
    # Passages without a better place to end are as full as units of a quarter allow.
    assert all(len(minilm_tokenizer.encode(passage.text)) > 44 for passage in passages[:-1])


@pytest.mark.parametrize("text", ["a" * 9000, "ab1" * 3000, "x." * 4000, "東" * 3000, "https://a.b/" + "c-d/" * 2000])
def test_one_giant_word_is_cut_and_kept(minilm_tokenizer, text):
    passages = split(minilm_tokenizer, text, 64, 8)
    assert len(passages) > 1
    assert all(len(minilm_tokenizer.encode(passage.text)) <= 64 for passage in passages)
    assert passages[0].start == 0
    assert passages[-1].end == len(text)
    assert all(other.start <= one.end for one, other in pairwise(passages))


@pytest.mark.parametrize("text", ["", " ", "\n\n\t\f ", "\u00a0"])
def test_a_text_without_words_has_no_passages(minilm_tokenizer, text):
    assert split(minilm_tokenizer, text) == []


def test_a_passage_has_the_page_on_which_it_starts(minilm_tokenizer):
    pages = [paragraph(50) + "\n", paragraph(50) + "\n", "\n", paragraph(50)]
    starts = tuple(sum(map(len, pages[:number])) for number in range(len(pages)))
    passages = split(minilm_tokenizer, "".join(pages), 64, 0, page_starts=starts, title="T")
    assert {passage.title for passage in passages} == {"T"}
    assert [passage.page for passage in passages] == [
        max(number for number, start in enumerate(starts, 1) if start <= passage.start) for passage in passages
    ]
    assert {passage.page for passage in passages} == {1, 2, 4}


def test_other_tokenizers_bound_passages_too(tiny_reader):
    from spanwise.runtime.tokenizer import load_tokenizer

    tokenizer = load_tokenizer(tiny_reader)
    text = "The dome opens at dusk; naïve 東京 שלום 😀 façades. " * 40
    passages = split(tokenizer, text, 48, 8)
    assert all(len(tokenizer.encode(passage.text)) <= 48 for passage in passages)
    assert passages[-1].end == len(text.rstrip())


@pytest.mark.parametrize("size", range(4, 12))
def test_the_smallest_sizes(minilm_tokenizer, size):
    text = "The dome opens at dusk, internationalization."
    passages = split(minilm_tokenizer, text, size, 0)
    assert passages[-1].end == len(text)
    assert all(len(minilm_tokenizer.encode(passage.text)) <= size for passage in passages)


def test_no_room_beside_the_special_tokens(minilm_tokenizer):
    with pytest.raises(ValueError, match="max_tokens"):
        split(minilm_tokenizer, "The dome opens at dusk.", 2, 0)


@pytest.mark.parametrize(("size", "overlap"), [(64, 32), (64, 40), (64, -1), (0, 0), (1, 0), (-5, 0), (10, 5)])
def test_bad_sizes(size, overlap):
    found = rf"expected 0 <= overlap_tokens < max_tokens / 2, found overlap_tokens={overlap} with max_tokens={size}"
    with pytest.raises(ValueError, match=found):
        SplitterSettings(max_tokens=size, overlap_tokens=overlap)


@pytest.mark.parametrize("run", [" ", "\n ", "\r", "\f", "\t"])
def test_runs_of_white_space_take_linear_time(minilm_tokenizer, run):
    text = f"One.{run * 400_000}Two."  # quadratic time would be minutes
    began = time.monotonic()
    assert "Two." in split(minilm_tokenizer, text)[-1].text
    assert time.monotonic() - began < 20


def test_a_long_text_is_cut_block_by_block(minilm_tokenizer, monkeypatch):
    monkeypatch.setattr(splitter_module, "LONGEST_BLOCK", 300)
    text = "The port is 8443. It is open.\n\n" * 100 + "word " * 100 + "x" * 1000
    passages = split(minilm_tokenizer, text)
    assert all(passage.text == text[passage.start : passage.end] for passage in passages)
    covered = {at for passage in passages for at in range(passage.start, passage.end)}
    assert all(at in covered or mark.isspace() for at, mark in enumerate(text))
    assert max(passage.end - passage.start for passage in passages) <= 300
