import json
import shutil
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanwise.errors import ModelError, UsageError
from spanwise.read import reader as reader_module
from spanwise.read.backends.base import ModelInputs
from spanwise.read.reader import SpanReader
from spanwise.read.settings import ReaderSettings
from spanwise.read.windows import PairFormat
from spanwise.runtime.tokenizer import load_tokenizer
from spanwise.types import Hit, Passage

QUESTION = "Which port does the server use?"
LONG = (
    "The observatory opens its dome at dusk and closes it before dawn. The server listens on port 8443 by default.\n"
    "Ana Ruiz has been mayor since 2019; naïve façades, 東京, שלום עולם and 😀 stand here too.\n\n"
    "Backups are kept for thirty days; after that they are removed. It stands 1,200 meters above the sea. "
) * 3
PASSAGES = ["The server listens on port 8443.", LONG, "dome", "Ana Ruiz is mayor. " * 9]


@pytest.fixture(scope="module")
def read_with():
    """Make readers of short windows, each loaded once."""
    made = {}

    def make(folder, **settings):
        exact = {"dtype": "float32"}
        settings = {"max_seq_length": 64, "stride": 16, "device": "cpu", "model_kwargs": exact, **settings}
        key = str(folder), json.dumps(settings, sort_keys=True)
        if key not in made:
            made[key] = SpanReader(ReaderSettings(str(folder), **settings))
        return made[key]

    return make


def margins(spans):
    return [(span.start, span.end, pytest.approx(span.margin, abs=1e-4)) for span in spans]


def test_margins_do_not_depend_on_top_k(tiny_reader, read_with):
    reader = read_with(tiny_reader)
    (one,) = reader.read([(QUESTION, LONG)], top_k=1)
    (five,) = reader.read([(QUESTION, LONG)], top_k=5)
    assert margins(one) == margins(five[:1])
    assert len(five) == 5


@pytest.mark.parametrize("settings", [{"max_batch_tokens": 1}, {"max_batch_tokens": 4096}, {"max_batch_size": 2}])
def test_margins_do_not_depend_on_batches(tiny_reader, read_with, settings):
    pairs = [(QUESTION, passage) for passage in PASSAGES]
    expected = [read_with(tiny_reader).read([pair])[0] for pair in pairs]
    assert [margins(spans) for spans in expected] == read_spans(read_with(tiny_reader, **settings), pairs)


def read_spans(reader, pairs):
    return [[(span.start, span.end, span.margin) for span in spans] for spans in reader.read(pairs)]


def test_spans_do_not_overlap_and_hold_text(tiny_reader, read_with):
    (spans,) = read_with(tiny_reader).read([(QUESTION, LONG)], top_k=20)
    assert len(spans) == 20
    assert [span.margin for span in spans] == sorted((span.margin for span in spans), reverse=True)
    taken = sorted((span.start, span.end) for span in spans)
    assert all(end <= start for (_, end), (start, _) in pairwise(taken))
    assert all(LONG[start:end].strip() == LONG[start:end] != "" for start, end in taken)


TEXTS = st.text(st.sampled_from("ab8 .,\t\n\r\u00a0é東京שלם😀ﬁİß\u0301\u200b"), max_size=60)


@settings(max_examples=25)
@given(text=TEXTS)
def test_offsets_are_within_any_text(tiny_reader, read_with, text):
    (spans,) = read_with(tiny_reader).read([("port?", text)], top_k=50)
    for span in spans:
        assert 0 <= span.start < span.end <= len(text)
        assert text[span.start : span.end].strip() == text[span.start : span.end]


@pytest.mark.parametrize("text", ["", " ", "\n\t \r\n", "\u00a0"])
def test_a_passage_without_words_has_no_spans(tiny_reader, read_with, text):
    assert read_with(tiny_reader).read([(QUESTION, text), (QUESTION, "dome")])[0] == []


class TableBackend:
    """Looks logits up by token id, so that a test decides which token starts and which ends the best span."""

    batch_tokens = 2048
    in_flight = 2
    pads = True

    def __init__(self, folder, starts, ends):
        tokenizer = load_tokenizer(folder)
        pair_format = PairFormat(null_token=tokenizer.token_to_id("[CLS]"))
        self.inputs = ModelInputs(tokenizer, pair_format, pad_id=0, max_positions=512, model_type="bert")
        size = tokenizer.get_vocab_size()
        self.tables = np.zeros((2, size), dtype=np.float32)
        for table, values in zip(self.tables, (starts, ends), strict=True):
            for token, value in values.items():
                table[tokenizer.token_to_id(token)] = value

    def logits(self, input_ids, attention_mask, token_type_ids):
        return tuple(table[input_ids] for table in self.tables)


@pytest.fixture
def table_reader(bert_reader, monkeypatch):
    def make(starts, ends, **settings):
        backend = TableBackend(bert_reader, starts, ends)
        monkeypatch.setattr(reader_module, "load_backend", lambda *_, **__: backend)
        return SpanReader(ReaderSettings(str(bert_reader), **{"max_seq_length": 32, "stride": 4, **settings}))

    return make


@pytest.mark.parametrize(
    ("text", "start", "end", "answer"),
    [
        ("port is 8443 here", "port", "port", "port"),
        ("the server has a port", "port", "port", "port"),
        ("the port", "the", "port", "the port"),
        ("\tserver:\t\tport\u00a0use ", "port", "port", "port"),
        ("東京 の port 東京", "port", "port", "port"),
        ("שלום port עולם", "port", "port", "port"),
        ("😀😀 PORT 😀", "port", "port", "PORT"),
        ("cafe\u0301 pórt x", "port", "port", "pórt"),
        ("(the\nserver)", "the", "server", "the\nserver"),
    ],
)
def test_the_answer_is_the_exact_words(table_reader, text, start, end, answer):
    reader = table_reader({start: 9}, {end: 9})
    ((span, *_),) = reader.read([("Who?", text)])
    assert text[span.start : span.end] == answer
    assert span.start == text.index(answer)


def test_the_null_score_counts_against_every_span(table_reader):
    plain, sure = (
        table_reader({"port": 5, "[CLS]": null}, {"port": 6, "[CLS]": null}).read([("Who?", "the port")])[0]
        for null in (0, 100)
    )
    assert [(span.start, span.end) for span in plain] == [(span.start, span.end) for span in sure]
    assert plain[0].margin == 11
    assert [span.margin for span in sure] == [span.margin - 200 for span in plain]
    assert sure[0].null_logit == 200


def test_the_question_and_special_tokens_are_never_answers(table_reader):
    table = {"server": 50, "[SEP]": 60, "[CLS]": 70, "port": 1}
    ((span, *_),) = table_reader(table, table).read([("the server?", "a port")])
    assert (span.start, span.end) == (2, 6)


def test_no_answer_is_longer_than_max_answer_length(table_reader):
    text = "the mayor of the capital since"
    ends = {"since": 9}
    for length, answer in ((3, "the capital since"), (1, "since")):
        reader = table_reader({"mayor": 2, "the": 1}, ends, max_answer_length=length)
        ((span, *_),) = reader.read([("Who?", text)])
        assert text[span.start : span.end] == answer


def test_an_answer_where_windows_meet_is_found_whole(table_reader):
    # The stride is as long as the answer, so that some window always holds all of it.
    for before in range(40):
        text = ". " * before + "the server port use" + " ." * 30
        reader = table_reader({"the": 9}, {"use": 9}, max_answer_length=4)
        ((span, *_),) = reader.read([("Who?", text)])
        assert text[span.start : span.end] == "the server port use"


def test_one_text_under_two_questions_is_read_for_each(bert_reader, read_with):
    reader = read_with(bert_reader)
    both = reader.read([(QUESTION, LONG), ("Who is the mayor?", LONG)])
    assert margins(both[0]) == read_spans(reader, [(QUESTION, LONG)])[0]
    assert margins(both[1]) == read_spans(reader, [("Who is the mayor?", LONG)])[0]
    assert both[0][0].margin != both[1][0].margin


def test_candidates_are_sorted_over_the_passages_of_a_question(bert_reader, read_with):
    hits = [Hit(Passage("a.txt", 0, len(text), text), 0.5) for text in PASSAGES]
    first, none, last = read_with(bert_reader).read_hits([QUESTION] * 3, [hits, [], hits[:1]], top_k=4)
    assert none == []
    assert len(first) == 4
    found = [candidate.span.margin for candidate in first]
    assert found == sorted(found, reverse=True)
    expected = [
        span for spans in read_with(bert_reader).read([(QUESTION, text) for text in PASSAGES]) for span in spans
    ]
    assert found[0] == pytest.approx(max(span.margin for span in expected), abs=1e-4)
    assert {candidate.hit for candidate in last} == {hits[0]}


def test_a_question_too_long(bert_reader, read_with):
    with pytest.raises(UsageError, match=r"at most 44 tokens, found 50 \(50 words\); ask a shorter question"):
        read_with(bert_reader).read([("port " * 50, "dome")])


def test_a_model_without_a_head_for_questions(bert_reader, tmp_path):
    from transformers import AutoModel

    folder = tmp_path / "headless"
    shutil.copytree(bert_reader, folder)
    AutoModel.from_pretrained(bert_reader).save_pretrained(folder)
    with pytest.raises(ModelError, match=r"question-answering head, found .* without qa_outputs\.bias, qa_outputs\.w"):
        SpanReader(ReaderSettings(str(folder), max_seq_length=64, stride=16)).warm_up()


def test_windows_longer_than_the_model_takes(tiny_reader):
    SpanReader(ReaderSettings(str(tiny_reader), max_seq_length=128, stride=16)).warm_up()
    with pytest.raises(ModelError, match=r"max_seq_length of at most 128, .* found 129; pass a smaller"):
        SpanReader(ReaderSettings(str(tiny_reader), max_seq_length=129, stride=16)).warm_up()


def test_the_longest_window_can_be_read(tiny_reader):
    (spans,) = SpanReader(ReaderSettings(str(tiny_reader), max_seq_length=128, stride=16)).read([(QUESTION, LONG)])
    assert spans


def test_a_folder_that_does_not_exist(tmp_path):
    with pytest.raises(ModelError, match=r"expected a model folder at .*gone, found none"):
        SpanReader(str(tmp_path / "gone")).warm_up()


def test_a_hub_name_without_a_network():
    with pytest.raises(ModelError, match="expected a question-answering model named 'spanwise/no-such-model', found"):
        SpanReader("spanwise/no-such-model").warm_up()


def test_a_folder_that_holds_no_model(tmp_path):
    with pytest.raises(ModelError, match="expected a question-answering model named"):
        SpanReader(str(tmp_path)).warm_up()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"max_seq_length": 0}, "expected max_seq_length to be at least 1, found 0"),
        ({"max_answer_length": -1}, "expected max_answer_length to be at least 1, found -1"),
        ({"max_batch_size": 0}, "expected max_batch_size to be at least 1, found 0"),
        ({"max_batch_tokens": 0}, "expected max_batch_tokens to be at least 1, found 0"),
        ({"stride": -1}, r"expected 0 <= stride < max_seq_length \(384\), found stride=-1"),
        ({"stride": 384}, r"expected 0 <= stride < max_seq_length \(384\), found stride=384"),
    ],
)
def test_bad_numbers(settings, message):
    with pytest.raises(ValueError, match=message):
        SpanReader(ReaderSettings(**settings))


def test_a_top_k_of_zero(bert_reader, read_with):
    with pytest.raises(ValueError, match="expected top_k to be at least 1, found 0"):
        read_with(bert_reader).read([(QUESTION, "dome")], top_k=0)


def test_the_packaged_reader_answers():
    passage = "The server listens on port 8443 by default. Ana Ruiz has been the mayor since 2019."
    found = SpanReader(ReaderSettings(device="cpu")).read([(QUESTION, passage), ("Who is the mayor?", passage)])
    assert [passage[spans[0].start : spans[0].end] for spans in found] == ["8443", "Ana Ruiz"]
