import shutil
from dataclasses import replace

import pytest
from haystack import Document, ExtractedAnswer, Pipeline
from haystack.core.serialization import component_to_dict
from safetensors.torch import load_file, save_file

import spanwise
from spanwise.calibration import Calibration, Logistic, write_calibration
from spanwise.errors import ModelError
from spanwise.pipeline import query_pipeline
from spanwise.read import SecondReader
from spanwise.read.again import READ_AGAIN, hits_to_read_again, worth_reading_again
from spanwise.runtime.default_reader import DEFAULT_READER, reader_folder
from spanwise.types import Candidate, Hit, Passage, Span

QUESTION = "How tall is the mast?"


@pytest.fixture(scope="module")
def poor_reader(tmp_path_factory):
    """The packaged reader with its logits the other way round, and no calibration."""
    folder = tmp_path_factory.mktemp("readers") / "poor"
    shutil.copytree(
        reader_folder(DEFAULT_READER), folder, ignore=shutil.ignore_patterns("*.onnx", "calibration.json", "training*")
    )
    (weights,) = folder.glob("*.safetensors")
    tensors = load_file(weights)
    tensors["qa_outputs.weight"] = -tensors["qa_outputs.weight"]
    save_file(tensors, weights, metadata={"format": "pt"})
    return str(folder)


def test_both_ranks_count():
    places = [str(place) for place in range(30)]
    assert worth_reading_again(places[:4], [("0", 1.0), ("1", -1.0), ("1", 5.0), ("3", 3.0)], 1) == [1]
    assert worth_reading_again(places[:4], [("3", 3.0)], 2) == [0, 3]
    assert worth_reading_again(places, [], 3) == [0, 1, 2]
    assert worth_reading_again(places, [(place, float(place)) for place in places], 2) == [0, 29]
    assert worth_reading_again([], [], 3) == []


def test_a_passage_counts_by_its_best_span():
    hits = [Hit(Passage("a.txt", start, start + 9, f"passage {start}"), 1 - start / 100) for start in range(0, 200, 10)]
    spans = [Span(0, 2, margin, 0.0, 0.0) for margin in (9.0, -5.0)]
    found = [Candidate(hits[18], span) for span in spans] + [Candidate(hits[12], spans[1])]
    again = hits_to_read_again(hits, found)
    assert len(again) == READ_AGAIN
    assert hits[18] in again
    assert again == [hit for hit in hits if hit in again]


def test_the_second_reader_decides(sample_index, poor_reader):
    with spanwise.Corpus(sample_index, device="cpu") as corpus:
        alone = corpus.ask(QUESTION, passages=READ_AGAIN)
    with spanwise.Corpus(sample_index, reader=poor_reader, device="cpu") as corpus:
        poor = corpus.ask(QUESTION, passages=READ_AGAIN)
    with spanwise.Corpus(sample_index, reader=poor_reader, second_reader=DEFAULT_READER, device="cpu") as corpus:
        both = corpus.ask(QUESTION, passages=READ_AGAIN)
    assert both.answers == alone.answers != poor.answers
    assert both.threshold == alone.threshold
    assert (both.calibrated, "no second reader" in both.calibration_note) == (False, True)


def test_it_reads_the_best_passages_alone(sample_index):
    with spanwise.Corpus(sample_index, device="cpu") as corpus:
        once = corpus.ask(QUESTION, top_k=50)
    with spanwise.Corpus(sample_index, second_reader=DEFAULT_READER, device="cpu") as corpus:
        again = corpus.ask(QUESTION, top_k=50)
    assert again.passages == once.passages
    assert len(read_in(once)) > READ_AGAIN
    assert len(read_in(again)) < len(read_in(once))
    assert again.answers[0].answer == once.answers[0].answer
    assert again.answers[0].score == pytest.approx(once.answers[0].score, abs=0.01)  # batches differ


def read_in(result):
    """The passages that hold an answer."""
    return {
        hit.passage.id
        for hit in result.passages
        for answer in result.answers
        if hit.passage.file == answer.file and hit.passage.start <= answer.start < hit.passage.end
    }


def test_the_pipeline_answers_as_the_corpus(sample_index, poor_reader):
    with spanwise.Corpus(sample_index, second_reader=poor_reader, device="cpu") as corpus:
        result = corpus.ask(QUESTION)
    pipeline = query_pipeline(sample_index, second_reader=poor_reader, device="cpu")
    piped = pipeline.run({"question_embedder": {"query": QUESTION}, "query": QUESTION})["answers"]["result"]
    assert (piped.answers, piped.passages) == (result.answers, result.passages)
    assert (piped.calibrated, piped.calibration_note) == (result.calibrated, result.calibration_note)


def test_a_fit_for_both_holds_for_both(sample_index, poor_reader, tmp_path):
    both = {"reader": poor_reader, "second_reader": DEFAULT_READER, "device": "cpu"}
    with spanwise.Corpus(sample_index, **both) as corpus:
        conditions = corpus.conditions(20)
    fitted = Calibration(calibrated=True, answer=Logistic(-1.0, {"margin": 0.5}), fitted_with=conditions)
    write_calibration(fitted, tmp_path / "both.json")
    with spanwise.Corpus(sample_index, calibration=tmp_path / "both.json", **both) as corpus:
        assert corpus.ask(QUESTION).calibration_note is None
    other = {**both, "reader": DEFAULT_READER}
    with spanwise.Corpus(sample_index, calibration=tmp_path / "both.json", **other) as corpus:
        assert "another reader" in corpus.ask(QUESTION).calibration_note
    write_calibration(replace(fitted, fitted_with=replace(conditions, second_reader="x")), tmp_path / "other.json")
    with spanwise.Corpus(sample_index, calibration=tmp_path / "other.json", **both) as corpus:
        assert "another second reader" in corpus.ask(QUESTION).calibration_note


def test_the_component(poor_reader):
    documents = [Document(content=text) for text in ("The mast is 12 m tall.", "It rains.", "The mast is 9 m tall.")]
    answers = [
        ExtractedAnswer(QUESTION, 0.9, "12 m", documents[0], meta={"margin": 1.0}),
        ExtractedAnswer(QUESTION, 0.9, "9 m", documents[2], meta={"margin": 7.0}),
        ExtractedAnswer(QUESTION, 0.1, None, meta={}),
    ]
    component = SecondReader(DEFAULT_READER, "cpu", top_k=1, passages=2)
    component.warm_up()
    (found,) = component.run(QUESTION, documents, answers)["answers"]
    assert found.document in (documents[0], documents[2])
    assert SecondReader(DEFAULT_READER, "cpu", passages=1).run(QUESTION, [], [])["answers"] == []
    pipeline = Pipeline()
    pipeline.add_component("second", component)
    again = Pipeline.loads(pipeline.dumps(), allowed_modules=["spanwise"]).get_component("second")
    parameters = {"model": "default", "device": "cpu", "top_k": 1, "passages": 2}
    assert component_to_dict(again, "second")["init_parameters"] == parameters


@pytest.mark.parametrize("number", ["top_k", "passages"])
def test_a_number_below_one(number):
    with pytest.raises(ValueError, match=f"expected {number} to be at least 1, found 0"):
        SecondReader("default", **{number: 0})


def test_a_second_reader_that_is_not_there():
    with pytest.raises(ModelError, match="expected a model folder"):
        SecondReader("/no/such/folder").warm_up()
