import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanwise.errors import ModelError, UsageError
from spanwise.read.passages import TokenizedPassage
from spanwise.read.windows import PairFormat, PairTemplate, WindowBuilder
from spanwise.runtime.tokenizer import load_tokenizer

QUESTION = "Which port does the server use?"
PASSAGE = "The server listens on port 8443 by default. Ana Ruiz is the mayor."
WORDS = st.lists(
    st.sampled_from(["the", "server,", "port", "8443", "naïve", "東京", "שלום", "mayor's", "(dome)", "😀"]), min_size=1
)


def builder(folder, max_seq_length=40, stride=8):
    return WindowBuilder(load_tokenizer(folder), PairFormat(), max_seq_length=max_seq_length, stride=stride)


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
    head, tail = [*tokenizer.encode("a", "a").ids[:1], *question], tokenizer.encode("a", "a").ids[-1:]
    windows = builder(tiny_reader, max_seq_length, stride).build([(QUESTION, passage)])
    covered = 0
    for number, window in enumerate(windows):
        assert len(window.input_ids) == len(window.type_ids) <= max_seq_length
        assert window.input_ids[: len(head)] == head
        begin = covered - stride if number else 0
        covered = window.end
        assert window.begin == begin
        stop = window.first + window.end - window.begin
        assert window.input_ids[window.first : stop] == whole.ids[begin:covered]
        assert window.input_ids[stop:] == tail
        if number < len(windows) - 1:
            assert len(window.input_ids) == max_seq_length
    assert covered == len(whole.ids)


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
    assert [window.begin for window in windows] == list(range(len(passage) - 8))
    assert all(window.end - window.begin == 9 for window in windows)


def test_windows_name_their_pair_and_a_passage_without_tokens_has_none(bert_reader):
    windows = builder(bert_reader).build([(QUESTION, ""), (QUESTION, "dome"), ("Who?", " \n "), ("Who?", "dome")])
    assert [window.pair for window in windows] == [1, 3]
    assert windows[0].input_ids != windows[1].input_ids
    assert builder(bert_reader).build([]) == []


def test_a_tokenizer_that_sets_the_passage_first_is_refused(bert_reader):
    from tokenizers import processors

    tokenizer = load_tokenizer(bert_reader)
    tokenizer.post_processor = processors.TemplateProcessing(single="$A", pair="$B:1 $A:0", special_tokens=[])
    with pytest.raises(ModelError, match=r"encodes two texts in their order, found sides \[1, 0\]"):
        PairTemplate.of(tokenizer, PairFormat())


def test_the_null_token_is_found_where_the_template_has_it(bert_reader):
    from tokenizers import processors

    tokenizer = load_tokenizer(bert_reader)
    cls, sep = (tokenizer.token_to_id(token) for token in ("[CLS]", "[SEP]"))
    templates = {"[CLS] $A [SEP] $B:1": 0, "$A [CLS] $B:1 [SEP]": 2, "$A [SEP] $B:1 [CLS]": 5, "$A [SEP] $B:1": 0}
    for pair, position in templates.items():
        tokenizer.post_processor = processors.TemplateProcessing(
            single="$A", pair=pair, special_tokens=[("[CLS]", cls), ("[SEP]", sep)]
        )
        made = WindowBuilder(tokenizer, PairFormat(null_token=cls), max_seq_length=40, stride=8)
        (window,) = made.build([("the server", "the port")])
        assert window.null == position, pair


def test_the_passage_may_stand_first(bert_reader):
    tokenizer = load_tokenizer(bert_reader)
    made = WindowBuilder(tokenizer, PairFormat(passage_first=True), max_seq_length=40, stride=8)
    (window,) = made.build([("the port", "the dome opens")])
    swapped = tokenizer.encode("the dome opens", "the port")
    assert (window.input_ids, window.type_ids) == (swapped.ids, swapped.type_ids)
    assert (window.first, window.end) == (1, 3)


@pytest.mark.parametrize("half", [chr(0xD83D), chr(0xDC00)], ids=["high", "low"])
def test_half_a_surrogate_pair_moves_no_offset(bert_reader, half):
    text = f"the {half} port"
    made = builder(bert_reader)
    (window,) = made.build([(f"Which {half}?", text)])
    begins, ends = window.passage.words
    assert [text[begin:end] for begin, end in zip(begins, ends, strict=True)] == ["the", "port"]


@given(text=st.text(st.sampled_from("ab \t\n\u00a0\u3000é東\u2028x\x1f"), max_size=30))
def test_words_are_the_text_of_tokens_without_space_around(tiny_reader, text):
    tokenizer = load_tokenizer(tiny_reader)
    encoding = tokenizer.encode(text, add_special_tokens=False)
    begins, ends = TokenizedPassage(text, encoding).words
    for first in range(len(encoding)):
        for last in range(first, len(encoding)):
            raw = text[encoding.offsets[first][0] : encoding.offsets[last][1]]
            if raw.strip():
                assert text[begins[first] : ends[last]] == raw.strip()
            else:
                assert begins[first] >= ends[last]
