import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanwise.errors import ModelError, UsageError
from spanwise.read.windows import PairTemplate, WindowBuilder
from spanwise.runtime.tokenizer import load_tokenizer

QUESTION = "Which port does the server use?"
PASSAGE = "The server listens on port 8443 by default. Ana Ruiz is the mayor."
WORDS = st.lists(
    st.sampled_from(["the", "server,", "port", "8443", "naïve", "東京", "שלום", "mayor's", "(dome)", "😀"]), min_size=1
)


def builder(folder, max_seq_length=40, stride=8):
    return WindowBuilder(load_tokenizer(folder), max_seq_length=max_seq_length, stride=stride)


@pytest.mark.parametrize("passage", [PASSAGE, "a", "  tabs\tand\n\nlines ", "東京 Ünï שלום 😀"])
def test_one_window_is_the_tokenizers_own_pair(tiny_reader, passage):
    from transformers import AutoTokenizer

    expected = AutoTokenizer.from_pretrained(tiny_reader)(
        QUESTION, passage, return_token_type_ids=True, return_offsets_mapping=True
    )
    (window,) = builder(tiny_reader, 128, 8).build([(QUESTION, passage)])
    assert window.input_ids == expected["input_ids"]
    assert window.type_ids == expected["token_type_ids"]
    stop = window.first + len(window.offsets)
    assert window.offsets == expected["offset_mapping"][window.first : stop]
    assert set(expected.sequence_ids()[window.first : stop]) == {1}


def test_token_types_tell_question_from_passage(bert_reader, electra_reader, roberta_reader):
    for folder, kinds in ((bert_reader, {0, 1}), (electra_reader, {0, 1}), (roberta_reader, {0})):
        (window,) = builder(folder, 128).build([(QUESTION, PASSAGE)])
        assert set(window.type_ids) == kinds


@given(words=WORDS, stride=st.integers(0, 12), max_seq_length=st.integers(40, 60))
def test_windows_cover_the_passage_and_share_the_stride(tiny_reader, words, stride, max_seq_length):
    tokenizer = load_tokenizer(tiny_reader)
    passage = " ".join(words * 5)
    whole = tokenizer.encode(passage, add_special_tokens=False)
    question = tokenizer.encode(QUESTION, add_special_tokens=False).ids
    head = [*tokenizer.encode("a", "a").ids[:1], *question]
    windows = builder(tiny_reader, max_seq_length, stride).build([(QUESTION, passage)])
    covered = 0
    for number, window in enumerate(windows):
        assert len(window.input_ids) == len(window.type_ids) <= max_seq_length
        assert window.input_ids[: len(head)] == head
        begin = covered - stride if number else 0
        covered = begin + len(window.offsets)
        stop = window.first + len(window.offsets)
        assert window.input_ids[window.first : stop] == whole.ids[begin:covered]
        assert window.offsets == whole.offsets[begin:covered]
        if number < len(windows) - 1:
            assert len(window.input_ids) == max_seq_length
    assert covered == len(whole.ids)


def test_windows_are_those_of_transformers(tiny_reader):
    from transformers import AutoTokenizer

    passage = PASSAGE * 20
    expected = AutoTokenizer.from_pretrained(tiny_reader)(
        QUESTION, passage, truncation="only_second", max_length=64, stride=16, return_overflowing_tokens=True
    )
    windows = builder(tiny_reader, 64, 16).build([(QUESTION, passage)])
    assert [window.input_ids for window in windows] == expected["input_ids"]


def test_a_question_too_long_is_refused_with_both_numbers(tiny_reader):
    made = builder(tiny_reader, 40, 8)
    tokenizer = load_tokenizer(tiny_reader)
    question = "mayor " * 40
    tokens = len(tokenizer.encode(question, add_special_tokens=False))
    with pytest.raises(UsageError, match=rf"at most {made.max_question_tokens} tokens, found {tokens} \(40 words\)"):
        made.build([(QUESTION, PASSAGE), (question, PASSAGE)])


def test_the_longest_question_still_reads_the_whole_passage(bert_reader):
    made = builder(bert_reader, 40, 8)
    tokenizer = load_tokenizer(bert_reader)
    question = "." * made.max_question_tokens
    windows = made.build([(question, PASSAGE)])
    passage = tokenizer.encode(PASSAGE, add_special_tokens=False)
    assert len(windows) == len(passage) - 8
    assert {offset for window in windows for offset in window.offsets} == set(passage.offsets)


def test_windows_name_their_pair_and_a_passage_without_tokens_has_none(bert_reader):
    windows = builder(bert_reader).build([(QUESTION, ""), (QUESTION, "dome"), ("Who?", " \n "), ("Who?", "dome")])
    assert [window.pair for window in windows] == [1, 3]
    assert windows[0].input_ids != windows[1].input_ids
    assert builder(bert_reader).build([]) == []


def test_a_tokenizer_that_sets_the_passage_first_is_refused(bert_reader):
    from tokenizers import processors

    tokenizer = load_tokenizer(bert_reader)
    tokenizer.post_processor = processors.TemplateProcessing(single="$A", pair="$B:1 $A:0", special_tokens=[])
    with pytest.raises(ModelError, match=r"a question and a passage in that order, found sides \[1, 0\]"):
        PairTemplate.of(tokenizer)
