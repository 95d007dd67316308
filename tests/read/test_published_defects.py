"""
What goes wrong in transformers-haystack 2.0.0's reader, and goes right here.

Where that package is installed, each test also runs on its reader and must fail there.
"""

import asyncio
import functools
from importlib.metadata import distributions
from itertools import pairwise
from types import SimpleNamespace

import pytest
from haystack import Document
from haystack.utils import ComponentDevice

from spanwise.errors import UsageError
from spanwise.read import ExtractiveReader
from spanwise.runtime.default_reader import DEFAULT_READER, reader_folder

QUESTION = "Which port does the server use?"
RIGHT = Document(content="The server listens on port 8443 by default.")
OTHERS = [
    Document(content="The observatory opens its dome at dusk and closes it before dawn."),
    Document(content="Backups are kept for thirty days."),
    Document(content="Ana Ruiz has been the mayor of the capital since 2019."),
]
SHORT_WINDOWS = {"max_seq_length": 128, "stride": 16}
READERS = [pytest.param(False, id="spanwise")]
if "transformers-haystack" in {distribution.name for distribution in distributions()}:
    READERS.append(pytest.param(True, id="published", marks=pytest.mark.xfail(strict=True)))


@pytest.fixture(params=READERS)
def published(request):
    return request.param


@pytest.fixture
def make(published):
    """Make either reader; both compute in float32 on a CPU, in PyTorch."""

    def made(model=DEFAULT_READER, **settings):
        import torch

        settings = {"device": ComponentDevice.from_str("cpu"), "model_kwargs": {"dtype": torch.float32}, **settings}
        if not published:
            return ExtractiveReader(model, **settings)
        from haystack_integrations.components.readers.transformers import TransformersExtractiveReader

        return TransformersExtractiveReader(str(reader_folder(str(model))), **settings)

    return made


@pytest.fixture
def forward(monkeypatch):
    """See what BERT is given, and change what it gives."""
    from transformers import BertForQuestionAnswering

    watched = SimpleNamespace(calls=[], change=lambda start, end: None)
    original = BertForQuestionAnswering.forward

    @functools.wraps(original)
    def changed(self, *arguments, **inputs):
        watched.calls.append(inputs)
        output = original(self, *arguments, **inputs)
        output.start_logits, output.end_logits = output.start_logits.clone(), output.end_logits.clone()
        watched.change(output.start_logits, output.end_logits)
        return output

    monkeypatch.setattr(BertForQuestionAnswering, "forward", changed)
    return watched


def answers(result):
    return [answer for answer in result["answers"] if answer.data is not None]


def no_answer_score(result):
    (score,) = (answer.score for answer in result["answers"] if answer.data is None)
    return score


def test_1_token_types_are_passed(make, forward, bert_reader):
    make(bert_reader, **SHORT_WINDOWS).run(QUESTION, [RIGHT])
    assert set(forward.calls[-1]["token_type_ids"].flatten().tolist()) == {0, 1}


def test_2_the_null_logit_counts(make, forward, bert_reader):
    reader = make(bert_reader, **SHORT_WINDOWS)
    before = no_answer_score(reader.run(QUESTION, [RIGHT]))

    def raise_null(start, end):
        start[:, 0] += 50
        end[:, 0] += 50

    forward.change = raise_null
    after = no_answer_score(reader.run(QUESTION, [RIGHT]))
    assert after > 0.999
    assert after > before


def test_3_no_answer_does_not_depend_on_top_k(make):
    reader = make()
    scores = [no_answer_score(reader.run(QUESTION, OTHERS, top_k=top_k)) for top_k in (1, 5, 20)]
    assert scores == pytest.approx(scores[:1] * 3, abs=1e-5)


def test_3_irrelevant_documents_do_not_make_an_answer_surer(make):
    reader = make()
    many = [Document(content=document.content, meta={"copy": copy}) for copy in range(7) for document in OTHERS]
    once, often = (no_answer_score(reader.run(QUESTION, documents)) for documents in (OTHERS, many))
    assert often == pytest.approx(once, abs=1e-5)


def test_4_a_document_without_content_is_passed_over(make, bert_reader):
    result = make(bert_reader, **SHORT_WINDOWS).run(QUESTION, [RIGHT, Document(content=None), OTHERS[0]])
    assert {answer.document.content for answer in answers(result)} == {RIGHT.content, OTHERS[0].content}


@pytest.mark.parametrize("content", ["", " \n"])
def test_5_documents_without_words_have_no_answer(make, bert_reader, content):
    (only,) = make(bert_reader, **SHORT_WINDOWS).run(QUESTION, [Document(content=content)])["answers"]
    assert only.data is None


def test_6_more_answers_may_be_asked_for_than_there_are(make, published, bert_reader):
    candidates = {"answers_per_seq": 1000} if published else {"top_k": 1000}
    (only,) = answers(make(bert_reader, **SHORT_WINDOWS).run(QUESTION, [Document(content="dome")], **candidates))
    assert only.data == "dome"


def test_7_top_k_is_filled_with_distinct_answers(make, bert_reader):
    document = Document(content="The dome opens at dusk, the server listens on port 8443. " * 6)
    found = answers(make(bert_reader, **SHORT_WINDOWS).run(QUESTION, [document], top_k=20))
    assert len(found) == 20
    places = sorted((answer.document_offset.start, answer.document_offset.end) for answer in found)
    assert all(end <= start for (_, end), (start, _) in pairwise(places))


def test_8_answers_have_a_greatest_length(make, forward, bert_reader):
    def far_apart(start, end):
        start[:, 12] += 50
        end[:, 90] += 50

    reader = make(bert_reader, **SHORT_WINDOWS)
    reader.warm_up()
    forward.change = far_apart
    found = answers(reader.run(QUESTION, [Document(content="the port of the server is " * 18)]))
    assert max(len(answer.data.split()) for answer in found) <= 30


def test_9_a_question_too_long_is_an_error(make, bert_reader):
    with pytest.raises(UsageError, match="ask a shorter question"):
        make(bert_reader, **SHORT_WINDOWS).run("port " * 140, [Document(content="the server " * 100)])


def test_10_short_windows_are_not_padded_to_the_longest(make, forward, bert_reader):
    documents = [Document(content=f"the port {number}") for number in range(63)]
    documents.append(Document(content="the server " * 55))
    make(bert_reader, max_batch_size=16, **SHORT_WINDOWS).run(QUESTION, documents)
    padded = sum(call["input_ids"].numel() for call in forward.calls)
    assert padded < 3 * sum(int(call["attention_mask"].sum()) for call in forward.calls)


def test_11_a_batch_is_bounded_without_being_asked(make, forward, bert_reader):
    make(bert_reader, **SHORT_WINDOWS).run(QUESTION, [Document(content="the server port " * 4000)])
    assert max(call["input_ids"].numel() for call in forward.calls) <= 4096


@pytest.mark.gpu
def test_12_small_batches_on_a_gpu(make, bert_reader):
    reader = make(bert_reader, device=ComponentDevice.from_str("cuda:0"), max_batch_size=1, **SHORT_WINDOWS)
    assert answers(reader.run(QUESTION, [RIGHT, *OTHERS]))


def test_13_a_threshold_can_be_lowered_to_zero(make, bert_reader):
    reader = make(bert_reader, score_threshold=1.0, no_answer=False, **SHORT_WINDOWS)
    assert reader.run(QUESTION, [RIGHT])["answers"] == []
    assert reader.run(QUESTION, [RIGHT], score_threshold=0.0)["answers"]


def test_14_one_place_in_two_overlapping_chunks_is_one_answer(make):
    text = "Please note: the server listens on port 8443 by default. Ana Ruiz wrote this in 2019."
    chunks = [(0, 60), (20, len(text))]
    documents = [
        Document(content=text[begin:end], meta={"source_id": "a", "split_idx_start": begin}) for begin, end in chunks
    ]
    found = answers(make().run(QUESTION, documents))
    places = [answer.document.meta["split_idx_start"] + answer.document_offset.start for answer in found]
    assert found[0].data == "8443"
    assert places.count(text.index("8443")) == 1


def test_15_scores_do_not_depend_on_where_a_model_puts_its_zero(make, forward, bert_reader):
    """Softmax, with which models are trained, takes no notice of a constant added to all logits."""
    reader = make(bert_reader, **SHORT_WINDOWS)
    before = [answer.score for answer in answers(reader.run(QUESTION, [RIGHT]))]
    forward.change = lambda start, end: (start.add_(7), end.add_(-3))
    after = [answer.score for answer in answers(reader.run(QUESTION, [RIGHT]))]
    assert after == pytest.approx(before, abs=1e-4)


def test_16_many_questions_in_one_run(make, bert_reader):
    reader = make(bert_reader, **SHORT_WINDOWS)
    both = reader.run_batch([QUESTION, "Who is the mayor?"], [[RIGHT], OTHERS])["answers"]
    assert [[answer.data for answer in found] for found in both] == [
        [answer.data for answer in reader.run(query, documents)["answers"]]
        for query, documents in ((QUESTION, [RIGHT]), ("Who is the mayor?", OTHERS))
    ]


def test_18_a_run_can_be_awaited(make, bert_reader):
    reader = make(bert_reader, **SHORT_WINDOWS)
    expected = reader.run(QUESTION, [RIGHT])
    assert asyncio.run(reader.run_async(query=QUESTION, documents=[RIGHT])) == expected
