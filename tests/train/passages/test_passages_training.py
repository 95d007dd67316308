import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest

from spanwise.embed import minilm
from spanwise.errors import IndexStateError, UsageError
from spanwise.index import Change, Index
from spanwise.read.reader import SpanReader
from spanwise.read.settings import ReaderSettings
from spanwise.squad.questions import read_questions
from spanwise.train.passages.gather import gather_passages
from spanwise.train.training import train
from spanwise.train.training_job import load_training_job
from spanwise.types import Passage, SourceText


@pytest.fixture
def recipe_of(tiny_recipe, towns):
    """Make a recipe that reads the passages found for each question."""

    def make(**changes):
        train_entry = {"file": str(towns), "corpus": str(towns.with_name("{title}.jsonl"))}
        values = {
            "train": [train_entry],
            "eval": [str(towns)],
            "passages": 4,
            "batch_size": 3,
            **changes,
        }
        return tiny_recipe(**values)

    return make


@pytest.fixture
def job_of(recipe_of, tmp_path):
    """Make a job whose passages are kept in a folder."""

    def make(**changes):
        return load_training_job(recipe_of(**changes), tmp_path / "out", device="cpu", cache=tmp_path / "cache")

    return make


def weights(folder):
    return hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()


def test_each_question_has_its_own_passage_the_neighbor_that_answers_and_others(job_of, towns):
    (found,) = gather_passages(job_of(passages=6))
    for question in read_questions(towns).questions:
        own, *others = found[question.id]
        assert (own.text, own.kind) == (question.context, "own")
        assert question.context not in [passage.text for passage in others]
        assert len(others) == 6
        positive = [passage for passage in others if passage.kind == "positive"]
        if not question.answerable:
            assert {passage.kind for passage in others} == {"negative"}
            continue
        assert [passage.text for passage in positive] == [
            f"The server of {question.id} listens on port {question.golds[0]} by default. It stands on a hill."
        ]
        answer = positive[0].answer
        assert positive[0].text[answer.start : answer.start + len(answer.text)] == question.golds[0]
        doubtful = [passage.text for passage in others if passage.kind == "left out"]
        assert doubtful == [f"Backups of {question.id}? Ask for ticket {question.golds[0]} of the server."]


def test_passages_are_found_by_words_alone_where_there_is_no_embedder(job_of, monkeypatch):
    for name in ("encode", "encode_queries"):
        monkeypatch.setattr(minilm.MiniLMEncoder, name, lambda *_, **__: pytest.fail("embedded"))
    (found,) = gather_passages(job_of(embedder=None))
    assert [passage.kind for passage in found["hill"]].count("positive") == 1
    assert "hill" in found["hill-no"][1].text


def test_nothing_is_found_twice(job_of, monkeypatch):
    first = gather_passages(job_of())
    for name in ("encode", "encode_queries"):
        monkeypatch.setattr(minilm.MiniLMEncoder, name, lambda *_, **__: pytest.fail("embedded again"))
    assert gather_passages(job_of()) == first
    with pytest.raises(pytest.fail.Exception, match="embedded again"):
        gather_passages(job_of(passages=3))


def test_an_index_that_another_embedder_made_is_refused(job_of, towns, tmp_path):
    identity = replace(minilm.MiniLMEncoder().identity, name="another", fingerprint="0" * 64)
    passage = Passage("a.txt", 0, 8, "A port. ")
    with Index.create(tmp_path / "index", embedder=identity) as index:
        index.apply(Change([(SourceText("a.txt", "A port. ", "0" * 64), 8, 1)], [passage], unit_vectors(identity)))
    corpus = str(tmp_path / "index")
    with pytest.raises(
        IndexStateError, match=r"expected another .*, which made the index in .*: use that embedder, or"
    ):
        gather_passages(job_of(train=[str(towns)], corpus=corpus))
    (found,) = gather_passages(job_of(train=[str(towns)], corpus=corpus, embedder=None))
    assert [passage.text for passage in found["hill"]][1:] == ["A port. "]


def unit_vectors(identity):
    return np.eye(1, identity.dimension, dtype=np.float32)


@pytest.mark.parametrize("shared", [0.5, pytest.param(1.0, marks=pytest.mark.slow)])
def test_passages_that_answer_come_first_once_it_is_trained(recipe_of, tmp_path, towns, bert_reader, shared):
    recipe = recipe_of(
        epochs=40, batch_size=8, learning_rate=1e-2, dropout=0.0, evaluate_every=None, shared_normalization=shared
    )
    trained = train(recipe, output=tmp_path / "out", device="cpu")
    record = trained.record["data"][0]
    assert (record["questions"], record["unanswerable"]) == (8, 4)
    assert (record["corpora"], record["corpora_passages"]) == (1, 16)
    assert record["found_positive"] == 4
    asked = [question for question in read_questions(towns).questions if question.answerable]
    before, after = (right_first(model, asked, towns) for model in (bert_reader, trained.folder))
    assert after > before
    assert after >= len(asked) - 1


def right_first(model, questions, towns):
    """Count the questions for which the best span of all passages about their town is in one that answers."""
    texts = [json.loads(line)["text"] for line in towns.with_name("Towns.jsonl").read_text().splitlines()]
    reader = SpanReader(ReaderSettings(str(model), device="cpu", backend="torch", max_seq_length=48, stride=8))
    count = 0
    for question in questions:
        about = [text for text in texts if question.id in text and "ticket" not in text]
        spans = reader.read([(question.question, text) for text in about], top_k=1)
        margins = [found[0].margin for found in spans]
        count += question.golds[0] in about[margins.index(max(margins))]
    return count


def test_an_interrupted_training_comes_to_the_same_weights(recipe_of, tmp_path, monkeypatch):
    monkeypatch.setattr("spanwise.train.loop.qa_trainer.LEAST_S", 0.0)  # every update is reported, however fast
    recipe = recipe_of(dropout=0.2, epochs=2, checkpoint_every=2, shared_normalization=0.5)
    whole = train(recipe, output=tmp_path / "whole", device="cpu")
    assert whole.record["steps"] == 6

    class StoppedError(Exception):
        pass

    def stop_at(step):
        def report(state):
            if state.what == "training" and state.step == step:
                raise StoppedError

        return report

    for step in (1, 3):
        with pytest.raises(StoppedError):
            train(recipe, output=tmp_path / "stopped", device="cpu", progress=stop_at(step))
    again = train(recipe, output=tmp_path / "stopped", device="cpu")
    assert weights(again.folder) == weights(whole.folder)
    assert again.record["history"] == whole.record["history"]
    assert not (again.folder / "passages").exists()


@pytest.mark.slow
def test_another_corpus_is_another_training(recipe_of, tmp_path, towns):
    recipe = recipe_of(max_steps=1)
    train(recipe, output=tmp_path / "out", device="cpu")
    other = recipe_of(max_steps=1, train=[str(towns)], corpus="own")
    with pytest.raises(UsageError, match=r"found a finished one with another train: "):
        train(other, output=tmp_path / "out", device="cpu")


@pytest.mark.slow
def test_data_without_a_corpus_trains_beside_it(recipe_of, tmp_path, make_squad, towns):
    entries = [
        {"file": str(towns), "corpus": "own"},
        {"file": str(make_squad("train")), "weight": 0.5},
    ]
    trained = train(recipe_of(train=entries, max_steps=2), output=tmp_path / "out", device="cpu")
    first, second = trained.record["data"]
    assert first["corpora_passages"] == 4
    assert first["windows"] > first["questions"] == 8
    assert "corpora" not in second
