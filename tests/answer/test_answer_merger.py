import json
from dataclasses import replace

import pytest
from haystack import Document, ExtractedAnswer, Pipeline
from haystack.core.serialization import component_to_dict

from spanwise.answer import AnswerMerger
from spanwise.calibration import load_calibration
from spanwise.documents import passage_to_document
from spanwise.index import FaissDocumentStore
from spanwise.read import ExtractiveReader
from spanwise.runtime.default_reader import DEFAULT_READER, reader_folder
from spanwise.types import Passage, SourceText

TEXT = "The dome opens at dusk. The server listens on port 8443 by default."
SOURCE = Document(content=TEXT, meta={"file_path": "a.txt", "sha256": "0" * 64, "title": None})


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    made = FaissDocumentStore(str(tmp_path_factory.mktemp("store") / "an.index"))
    passage = passage_to_document(Passage("a.txt", 24, len(TEXT), TEXT[24:]))
    made.write_corpus([SOURCE], [replace(passage, embedding=[0.6, 0.8])])
    return made


def test_a_readers_answers_become_a_result(store):
    documents = store.embedding_retrieval([0.6, 0.8])
    reader = ExtractiveReader(device="cpu")
    answers = reader.run("Which port does the server use?", documents)["answers"]
    result = AnswerMerger(store).run("Which port does the server use?", documents, answers, top_k=1)["result"]
    (answer,) = result.answers
    assert TEXT[answer.start : answer.end] == answer.answer == "8443"
    assert answer.retrieval_score == pytest.approx(documents[0].score)
    assert answer.confidence == load_calibration(reader_folder(DEFAULT_READER)).answer.probability(answer.signals)
    assert [hit.passage.text for hit in result.passages] == [TEXT[24:]]
    assert result.abstained is False
    assert AnswerMerger(store, threshold=1.0).run("Which?", documents, answers)["result"].abstained is True


def test_the_readers_own_calibration_is_used(store, tmp_path):
    fields = {"null_threshold": 5.0, "slope": 1.0, "threshold": 0.25, "calibrated": True}
    (tmp_path / "calibration.json").write_text(json.dumps(fields))
    (document,) = store.embedding_retrieval([0.6, 0.8])
    logits = {"start_logit": 4.0, "end_logit": 3.0, "null_logit": 2.0}
    answer = ExtractedAnswer("Which?", 0.9, "The", document, document_offset=ExtractedAnswer.Span(4, 10), meta=logits)
    result = AnswerMerger(store, str(tmp_path)).run("Which?", [document], [answer])["result"]
    assert (result.answers[0].answer, result.answers[0].confidence) == (TEXT[28:34], 0.5)
    assert (result.threshold, result.calibrated) == (0.25, False)
    assert result.calibration_note == "The calibration does not say what it was fitted with."


def test_no_answer_is_an_abstention(store):
    none = ExtractedAnswer("Which?", 0.9, None, meta={})
    result = AnswerMerger(store).run("Which?", [], [none])["result"]
    assert (result.answers, result.abstained) == ((), True)


def test_an_answer_without_its_document(store):
    with pytest.raises(ValueError, match="expected an answer with its document and offset, found '8443' without"):
        AnswerMerger(store).run("Which?", [], [ExtractedAnswer("Which?", 0.9, "8443", meta={})])


def test_round_trip(store):
    data = component_to_dict(AnswerMerger(store, "some/model", top_k=2, threshold=0.0, calibration="a.json"), "merger")
    assert data["type"] == "spanwise.answer.answer_merger.AnswerMerger"
    parameters = {name: value for name, value in data["init_parameters"].items() if name != "document_store"}
    asked = {"retrieval": None, "reranker": None, "passages": None, "second_reader": None}
    assert parameters == {"reader": "some/model", "top_k": 2, "threshold": 0.0, "calibration": "a.json", **asked}
    pipeline = Pipeline()
    pipeline.add_component("merger", AnswerMerger(store, "some/model", top_k=2, threshold=0.0, calibration="a.json"))
    again = Pipeline.loads(pipeline.dumps(), allowed_modules=["spanwise"]).get_component("merger")
    assert component_to_dict(again, "merger") == data


def test_a_top_k_below_one(store):
    with pytest.raises(ValueError, match="expected top_k to be at least 1, found 0"):
        AnswerMerger(store, top_k=0)
    with pytest.raises(ValueError, match=r"expected a threshold in \[0, 1\], found 1.5"):
        AnswerMerger(store, threshold=1.5)


def test_the_source_text_is_the_stored_one(store):
    assert store.index.source("a.txt") == SourceText("a.txt", TEXT, "0" * 64)
