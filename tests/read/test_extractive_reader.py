import pytest
from haystack import Document, Pipeline
from haystack.core.serialization import component_from_dict, component_to_dict
from haystack.utils import ComponentDevice, Secret

from spanwise.read import ExtractiveReader

QUERY = "Which port does the server use?"
RIGHT = Document(content="The server listens on port 8443 by default.")
OTHERS = [
    Document(content="The observatory opens its dome at dusk and closes it before dawn."),
    Document(content="Backups are kept for thirty days."),
    Document(content="Ana Ruiz has been the mayor of the capital since 2019."),
]


@pytest.fixture(scope="module")
def reader():
    made = ExtractiveReader(device="cpu")
    made.warm_up()
    return made


@pytest.fixture(scope="module")
def tiny(bert_reader):
    return ExtractiveReader(bert_reader, device="cpu", max_seq_length=64, stride=16)


def no_answer(result):
    (found,) = (answer for answer in result["answers"] if answer.data is None)
    return found


def answers(result):
    return [answer for answer in result["answers"] if answer.data is not None]


def test_an_answer_with_its_evidence(reader):
    best = reader.run(QUERY, [*OTHERS, RIGHT])["answers"][0]
    assert (best.query, best.data, best.document) == (QUERY, "8443", RIGHT)
    offset = best.document_offset
    assert RIGHT.content[offset.start : offset.end] == "8443"
    assert 0.5 < best.score <= 1
    assert set(best.meta) == {"margin", "start_logit", "end_logit", "null_logit"}
    expected = best.meta["start_logit"] + best.meta["end_logit"] - best.meta["null_logit"]
    assert best.meta["margin"] == pytest.approx(expected)


def test_answers_come_by_descending_score(reader):
    result = reader.run(QUERY, [*OTHERS, RIGHT])["answers"]
    scores = [answer.score for answer in result]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_no_answer_wins_where_nothing_answers(reader):
    best = reader.run("How tall is the lighthouse of Alexandria?", OTHERS)["answers"][0]
    assert best.data is None
    assert best.score > 0.5
    assert best.document is None


@pytest.mark.parametrize("copies", [1, 7])
def test_no_answers_score_does_not_depend_on_irrelevant_documents(reader, copies):
    alone = no_answer(reader.run(QUERY, [RIGHT])).score
    among = no_answer(reader.run(QUERY, [*OTHERS * copies, RIGHT])).score
    assert among == pytest.approx(alone, abs=1e-5)


def test_documents_without_words_are_passed_over(reader):
    empty = [Document(content=None), Document(content=""), Document(content=" \n\t")]
    expected = reader.run(QUERY, [RIGHT])["answers"]
    found = reader.run(QUERY, [empty[0], RIGHT, *empty])["answers"]
    assert [(answer.data, answer.document) for answer in found] == [(a.data, a.document) for a in expected]
    for documents in (empty, empty[:1], []):
        (only,) = reader.run(QUERY, documents)["answers"]
        assert (only.data, only.score) == (None, 1.0)
        assert reader.run(QUERY, documents, no_answer=False)["answers"] == []


def test_equal_texts_keep_their_own_documents(tiny):
    documents = [Document(content="the dome", meta={"file": name}) for name in "ab"]
    found = answers(tiny.run(QUERY, documents))
    assert {answer.document.meta["file"] for answer in found} == {"a", "b"}


def test_run_overrides_what_was_set(bert_reader, reader):
    strict = ExtractiveReader(
        bert_reader, device="cpu", score_threshold=1.0, no_answer=False, max_seq_length=64, stride=16, top_k=2
    )
    documents = [RIGHT, *OTHERS]
    assert strict.run(QUERY, documents)["answers"] == []
    assert len(answers(strict.run(QUERY, documents, score_threshold=0.0))) == 2
    assert len(answers(strict.run(QUERY, documents, score_threshold=0.0, top_k=5))) == 5
    assert no_answer(strict.run(QUERY, documents, no_answer=True)).data is None
    assert all(answer.data is not None for answer in reader.run(QUERY, documents, no_answer=False)["answers"])


def test_a_threshold_keeps_what_reaches_it(reader):
    every = answers(reader.run(QUERY, [*OTHERS, RIGHT]))
    kept = answers(reader.run(QUERY, [*OTHERS, RIGHT], score_threshold=every[1].score))
    assert [answer.data for answer in kept] == [answer.data for answer in every[:2]]


def test_no_answers_score_does_not_depend_on_the_threshold(reader):
    expected = no_answer(reader.run(QUERY, [RIGHT])).score
    assert no_answer(reader.run(QUERY, [RIGHT], score_threshold=1.0)).score == pytest.approx(expected)


def test_a_top_k_below_one(reader):
    with pytest.raises(ValueError, match="expected top_k to be at least 1, found 0"):
        ExtractiveReader(top_k=0)
    with pytest.raises(ValueError, match="expected top_k to be at least 1, found -3"):
        reader.run(QUERY, [RIGHT], top_k=-3)


def test_documents_are_not_changed(reader):
    document = Document(content="The server listens on port 8443.", meta={"a": 1}, score=0.3)
    before = document.to_dict()
    reader.run(QUERY, [document])
    assert document.to_dict() == before


DEFAULTS = {
    "model": "default",
    "device": None,
    "token": {"type": "env_var", "env_vars": ["HF_API_TOKEN", "HF_TOKEN"], "strict": False},
    "top_k": 20,
    "score_threshold": None,
    "max_seq_length": 384,
    "stride": 128,
    "max_batch_size": None,
    "no_answer": True,
    "model_kwargs": None,
    "max_answer_length": 30,
    "max_batch_tokens": None,
    "null_answer": None,
    "backend": "auto",
    "precision": "auto",
    "devices": None,
    "torch_compile": False,
}


def test_to_dict():
    assert ExtractiveReader().to_dict() == {
        "type": "spanwise.read.extractive_reader.ExtractiveReader",
        "init_parameters": DEFAULTS,
    }


def test_round_trip_of_other_settings(monkeypatch):
    monkeypatch.setenv("READER_TOKEN", "secret")
    settings = {
        "model": "some/model",
        "device": ComponentDevice.from_str("cpu"),
        "token": Secret.from_env_var("READER_TOKEN"),
        "top_k": 3,
        "score_threshold": 0.0,
        "max_seq_length": 200,
        "stride": 0,
        "max_batch_size": 8,
        "no_answer": False,
        "model_kwargs": {"attn_implementation": "eager"},
        "max_answer_length": 12,
        "max_batch_tokens": 512,
        "null_answer": False,
        "backend": "torch",
        "precision": "fp32",
        "devices": ["cpu", "cpu"],
        "torch_compile": True,
    }
    made = ExtractiveReader(**settings)
    data = component_to_dict(made, "reader")
    assert "secret" not in str(data)
    again = component_from_dict(ExtractiveReader, data, "reader")
    assert component_to_dict(again, "reader") == data
    assert {name: getattr(again, name) for name in settings} == settings


def test_a_pipeline_of_yaml(bert_reader):
    pipeline = Pipeline()
    pipeline.add_component("reader", ExtractiveReader(bert_reader, device="cpu", max_seq_length=64, stride=16))
    loaded = Pipeline.loads(pipeline.dumps(), allowed_modules=["spanwise", "torch"])
    data = {"reader": {"query": QUERY, "documents": [RIGHT]}}
    found, expected = (made.run(data)["reader"] for made in (loaded, pipeline))
    assert [answer.data for answer in found["answers"]] == [answer.data for answer in expected["answers"]]


def test_the_published_components_dtype_survives_yaml(bert_reader):
    import torch

    pipeline = Pipeline()
    pipeline.add_component("reader", ExtractiveReader(bert_reader, model_kwargs={"dtype": torch.float32}))
    loaded = Pipeline.loads(pipeline.dumps(), allowed_modules=["spanwise", "torch"])
    assert loaded.get_component("reader").model_kwargs == {"dtype": torch.float32}
