"""Many questions at once, in parts, and awaited; nothing depends on the company a passage is read in."""

import asyncio
import weakref
from itertools import pairwise

import pytest
from haystack import Document, Pipeline
from hypothesis import given, settings
from hypothesis import strategies as st

from spanwise.errors import UsageError
from spanwise.read import ExtractiveReader, ReaderSettings, SpanReader
from spanwise.read import batches as batches_module
from spanwise.read import reader as reader_module
from spanwise.read.backends.load import load_backend

QUESTIONS = ["Which port does the server use?", "Who is the mayor?", "When does the dome open?"]
TEXTS = [
    "The server listens on port 8443 by default.",
    "The observatory opens its dome at dusk and closes it before dawn. " * 5,
    "Ana Ruiz has been the mayor of the capital since 2019.",
    "Backups are kept for thirty days; " * 12,
    " \n",
    "",
]
# In float32, which every processor computes alike to seven digits; bfloat16 is taken only where there is hardware.
SETTINGS = {"max_seq_length": 64, "stride": 16, "device": "cpu", "model_kwargs": {"dtype": "float32"}}


@pytest.fixture(scope="module")
def reader(bert_reader):
    return ExtractiveReader(bert_reader, **SETTINGS)


def told(answers):
    return [(answer.query, answer.data, answer.document, answer.document_offset, answer.score) for answer in answers]


def like(answers):
    """What answers tell, with probabilities that may differ by rounding."""
    return [(*told_of[:-1], pytest.approx(told_of[-1], abs=1e-4)) for told_of in told(answers)]


def test_a_batch_answers_as_single_runs_do(reader):
    documents = [[Document(content=text) for text in TEXTS], [], [Document(content=TEXTS[1]), Document(content=None)]]
    together = reader.run_batch(QUESTIONS, documents)["answers"]
    assert len(together) == 3
    for query, found, read in zip(QUESTIONS, together, documents, strict=True):
        assert told(found) == like(reader.run(query, read)["answers"])


@settings(max_examples=15)
@given(company=st.lists(st.sampled_from(TEXTS), max_size=6), top_k=st.integers(1, 30), bound=st.integers(1, 600))
def test_an_answers_score_does_not_depend_on_its_company(bert_reader, reader, company, top_k, bound):
    asked = Document(content=TEXTS[0])
    alone = reader.run(QUESTIONS[0], [asked], top_k=1)["answers"]
    best = next(answer for answer in alone if answer.data is not None)
    other = ExtractiveReader(bert_reader, max_batch_tokens=bound, **SETTINGS)
    documents = [*(Document(content=text, meta={"n": n}) for n, text in enumerate(company)), asked]
    found = other.run(QUESTIONS[0], documents, top_k=top_k + 60)["answers"]
    assert like([best])[0] in told(found)


def test_as_many_lists_of_documents_as_questions(reader):
    with pytest.raises(ValueError, match=r"each of 2 questions, found 1; for the same .* pass \[documents\] \* len"):
        reader.run_batch(QUESTIONS[:2], [[]])


def test_one_question_too_long_refuses_the_batch_before_it_is_read(bert_reader, monkeypatch):
    reader = SpanReader(ReaderSettings(str(bert_reader), **SETTINGS))
    reader.warm_up()
    monkeypatch.setattr(reader._loaded()[1], "run", lambda windows: pytest.fail("it was read"))
    monkeypatch.setattr(batches_module, "PART_CHARACTERS", 1)
    monkeypatch.setattr(batches_module, "CHARACTERS_PER_BATCH_TOKEN", 0)
    with pytest.raises(UsageError, match=r"found 60 \(60 words\)"):
        reader.read([(QUESTIONS[0], TEXTS[0]), ("port " * 60, TEXTS[0])])


class WatchedBackend:
    """Counts how many arrays of logits stand in memory at once."""

    def __init__(self, backend):
        self.backend, self.references, self.most_logits, self.sizes = backend, [], 0, []

    def __getattr__(self, name):
        return getattr(self.backend, name)

    def logits(self, *arrays):
        found = self.backend.logits(*arrays)
        self.sizes.append(arrays[0].size)
        self.references += [weakref.ref(array) for array in found]
        self.most_logits = max(self.most_logits, sum(reference() is not None for reference in self.references))
        return found


@pytest.fixture
def watched(bert_reader, monkeypatch):
    backend = WatchedBackend(
        load_backend(ReaderSettings(str(bert_reader), device="cpu", model_kwargs={"dtype": "float32"}))
    )
    monkeypatch.setattr(reader_module, "load_backend", lambda *_, **__: backend)
    return backend, SpanReader(ReaderSettings(str(bert_reader), max_batch_tokens=256, **SETTINGS))


def test_logits_are_let_go_batch_by_batch(watched):
    backend, reader = watched
    reader.read([(QUESTIONS[0], text) for text in TEXTS * 20])
    assert len(backend.sizes) > 20
    at_once = 2 * backend.in_flight + 2  # those computed ahead, the one at hand and the one before it
    assert backend.most_logits <= 2 * at_once < len(backend.sizes)  # each has its start and its end
    assert max(backend.sizes) <= 256


def test_texts_are_cut_into_windows_part_by_part(watched, monkeypatch):
    reader = watched[1]
    pairs = [(QUESTIONS[0], text) for text in TEXTS * 5]
    expected = reader.read(pairs)
    built = []
    builder = reader._loaded()[0]
    build = builder.build
    monkeypatch.setattr(builder, "build", lambda part: built.append(len(build(part))) or build(part))
    monkeypatch.setattr(batches_module, "PART_CHARACTERS", 500)
    monkeypatch.setattr(batches_module, "CHARACTERS_PER_BATCH_TOKEN", 0)
    found = reader.read(pairs)
    assert len(built) > 10
    assert max(built) < 12
    for spans, right in zip(found, expected, strict=True):
        assert [(span.start, span.end) for span in spans] == [(span.start, span.end) for span in right]


def test_slices_of_one_text_give_each_place_once(reader):
    text = " ".join(f"{word} the server port 8443 dome" for word in ("opens", "mayor", "capital", "dusk", "dawn"))
    whole = reader.run(QUESTIONS[0], [Document(content=text)], top_k=8)["answers"]
    for names in (("file_path", "source_start"), ("source_id", "split_idx_start")):
        slices = [
            Document(content=text[begin : begin + 60], meta={names[0]: "a", names[1]: begin})
            for begin in range(0, len(text), 30)
        ]
        found = [answer for answer in reader.run(QUESTIONS[0], slices, top_k=8)["answers"] if answer.data is not None]
        assert len(found) == len(whole) - 1 == 8
        places = sorted(
            (answer.document.meta[names[1]] + answer.document_offset.start, len(answer.data)) for answer in found
        )
        assert all(begin + length <= after for (begin, length), (after, _) in pairwise(places))
        others = [Document(content=document.content, meta={names[0]: str(n)}) for n, document in enumerate(slices)]
        assert len(reader.run(QUESTIONS[0], others, top_k=100)["answers"]) > 9


def test_the_same_document_twice_is_one(reader):
    document = Document(content=TEXTS[0])
    once, twice = (reader.run(QUESTIONS[0], [document] * times)["answers"] for times in (1, 2))
    assert told(twice) == like(once)


def test_a_page_is_told_where_documents_have_pages(reader):
    text = "dome\fserver\fport"
    found = reader.run(QUESTIONS[0], [Document(content=text, meta={"page_number": 7})], no_answer=False)["answers"]
    for answer in found:
        assert answer.meta["answer_page_number"] == 7 + text[: answer.document_offset.start].count("\f")
    (bare,) = reader.run(QUESTIONS[0], [Document(content="dome", meta={"page_number": None})], no_answer=False)[
        "answers"
    ]
    assert "answer_page_number" not in bare.meta


def test_an_awaited_pipeline(bert_reader):
    pipeline = Pipeline()
    pipeline.add_component("reader", ExtractiveReader(bert_reader, **SETTINGS))
    data = {"reader": {"query": QUESTIONS[0], "documents": [Document(content=TEXTS[0])]}}

    async def both():
        return await asyncio.gather(pipeline.run_async(data), pipeline.run_async(data))

    found = asyncio.run(both())
    expected = pipeline.run(data)
    assert found[0]["reader"]["answers"] == found[1]["reader"]["answers"] == expected["reader"]["answers"]


def test_reading_does_not_hold_up_other_tasks(bert_reader):
    reader = ExtractiveReader(bert_reader, max_batch_tokens=64, **SETTINGS)
    reader.warm_up()
    ticks = []

    async def tick():
        while True:
            ticks.append(1)
            await asyncio.sleep(0.001)

    async def main():
        other = asyncio.create_task(tick())
        await reader.run_async(QUESTIONS[0], [Document(content=TEXTS[1] * 40)])
        other.cancel()

    asyncio.run(main())
    assert len(ticks) > 5
