"""What the pipeline can be made from, and the forms of its calls that were not recorded."""

import shutil
from itertools import count
from types import SimpleNamespace

import pytest

from spanwise.compat import pipeline
from spanwise.errors import ModelError, UsageError
from tiny_models import make_model

QUESTION = "Which port does the server use?"
CONTEXT = "The server listens on port 8443 by default. Ana Ruiz has been the mayor since 2019."
PAIR = {"question": QUESTION, "context": CONTEXT}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_model(tmp_path_factory.mktemp("compat") / "electra", "electra")


@pytest.fixture(scope="module")
def nlp(folder):
    return pipeline("question-answering", model=str(folder), device=-1)


def test_without_a_model_it_is_the_packaged_reader():
    nlp = pipeline("question-answering", device="cpu")
    assert nlp(PAIR)["answer"] == "8443"
    assert pipeline(device="cpu")(PAIR) == nlp(PAIR)


def test_the_example_of_the_model_cards(folder):
    model_name = str(folder)
    nlp = pipeline("question-answering", model=model_name, tokenizer=model_name)
    context = "The option to convert models between FARM and transformers gives freedom to the user."
    result = nlp({"question": "Why is model conversion important?", "context": context})
    assert set(result) == {"score", "start", "end", "answer"}
    assert context[result["start"] : result["end"]] == result["answer"] != ""
    assert 0 < result["score"] <= 1


@pytest.mark.parametrize("device", [-1, "cpu", None])
def test_loaded_objects(folder, nlp, device):
    import torch
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    model = AutoModelForQuestionAnswering.from_pretrained(folder, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer("a", truncation=True, max_length=7, padding="max_length")
    before = tokenizer.backend_tokenizer.to_str()
    made = pipeline("question-answering", model=model, tokenizer=tokenizer, device=device)
    context = CONTEXT * 5
    assert made(question=QUESTION, context=context, top_k=4) == nlp(question=QUESTION, context=context, top_k=4)
    assert tokenizer.backend_tokenizer.to_str() == before
    assert not model.training


def test_a_device_of_pytorch(folder, nlp):
    import torch

    assert pipeline("question-answering", model=str(folder), device=torch.device("cpu"))(PAIR) == nlp(PAIR)


def test_a_gpu_that_is_not_there(folder, monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UsageError, match="expected the device 'cuda:0', but PyTorch finds none here"):
        pipeline("question-answering", model=str(folder), device=0)


def test_a_tokenizer_of_another_name(folder, nlp, tmp_path):
    from transformers import AutoTokenizer

    bare = tmp_path / "bare"
    shutil.copytree(folder, bare)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (bare / name).unlink()
    with pytest.raises(ModelError, match=r"expected a tokenizer of about \d+ tokens, found 5"):
        pipeline("question-answering", model=str(bare))
    for tokenizer in (str(folder), AutoTokenizer.from_pretrained(folder)):
        assert pipeline("question-answering", model=str(bare), tokenizer=tokenizer, device=-1)(PAIR) == nlp(PAIR)


def test_a_revision_and_the_files_it_comes_from(folder, nlp, tmp_path):
    repository = tmp_path / "models--someone--reader"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "v2").write_text("2" * 40)
    shutil.copytree(folder, repository / "snapshots" / ("2" * 40))
    options = {"model": "someone/reader", "device": -1, "model_kwargs": {"cache_dir": str(tmp_path)}}
    assert pipeline("question-answering", revision="v2", **options)(PAIR) == nlp(PAIR)
    with pytest.raises(ModelError, match="named 'someone/reader', found none"):
        pipeline("question-answering", **options)


def test_the_precision_that_was_asked_for(folder, nlp):
    half = pipeline("question-answering", model=str(folder), device=-1, dtype="bfloat16")
    by_its_old_name = pipeline("question-answering", model=str(folder), device=-1, torch_dtype="bfloat16")
    assert half(PAIR)["score"] == by_its_old_name(PAIR)["score"] != nlp(PAIR)["score"]
    assert half(PAIR)["score"] == pytest.approx(nlp(PAIR)["score"], rel=0.5)


@pytest.mark.parametrize("task", ["text-classification", "qa", ""])
def test_another_task(task):
    with pytest.raises(KeyError, match=f"expected the task 'question-answering', found '{task}'; transformers itself"):
        pipeline(task)


def test_a_loaded_model_without_its_tokenizer(folder):
    from transformers import AutoModelForQuestionAnswering

    model = AutoModelForQuestionAnswering.from_pretrained(folder)
    with pytest.raises(TypeError, match="expected a loaded tokenizer beside a loaded model, found None"):
        pipeline("question-answering", model=model)


def test_a_loaded_model_with_another_head(folder):
    from transformers import AutoModel, AutoTokenizer

    model, tokenizer = AutoModel.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    with pytest.raises(ModelError, match="a model that gives start_logits and end_logits, found ElectraModel"):
        pipeline("question-answering", model=model, tokenizer=tokenizer)


def test_options_given_when_it_is_made_hold_until_a_call_gives_others(folder, nlp):
    made = pipeline("question-answering", model=str(folder), device=-1, top_k=3, max_answer_len=2)
    assert made(PAIR) == nlp(PAIR, top_k=3, max_answer_len=2)
    assert made(PAIR, top_k=1) == nlp(PAIR, max_answer_len=2)
    assert made(PAIR, top_k=None) == made(PAIR)


def test_an_option_that_does_not_exist(nlp, folder):
    with pytest.raises(TypeError, match=r"expected arguments among .*top_k, found tok_k$"):
        nlp(PAIR, tok_k=3)
    with pytest.raises(TypeError, match=r"expected arguments among .*, found framework$"):
        pipeline("question-answering", model=str(folder), framework="pt")


def test_examples_as_transformers_had_them(nlp):
    example = SimpleNamespace(question_text=QUESTION, context_text=CONTEXT, qas_id=None)
    assert nlp(example) == nlp([example]) == nlp(PAIR)
    assert nlp([example, PAIR]) == [nlp(PAIR)] * 2


def test_a_generator_is_asked_as_answers_are_taken(nlp):
    asked = []

    def questions():
        for number in count():
            asked.append(number)
            yield {"question": QUESTION, "context": f"{number} {CONTEXT}"}

    answers = nlp(questions())
    assert asked == []
    assert next(answers) == nlp(question=QUESTION, context=f"0 {CONTEXT}")
    assert asked == [0]
    next(nlp(questions(), batch_size=4))
    assert asked == [0, 0, 1, 2, 3]
    assert list(nlp(iter([PAIR, PAIR]), top_k=2)) == [nlp(PAIR, top_k=2)] * 2
    assert list(nlp(iter([{"id": "1", "title": "Ports", **PAIR}]))) == [nlp(PAIR)]


def test_a_dataset_of_pytorch_is_asked_as_a_generator_is(nlp):
    from torch.utils.data import Dataset

    class Questions(Dataset):
        def __len__(self):
            return 2

        def __getitem__(self, at):
            return {"id": str(at), **PAIR}

    assert list(nlp(Questions())) == [nlp(PAIR)] * 2


@pytest.mark.parametrize("batch_size", [1, 3])
def test_answers_do_not_depend_on_batches(nlp, batch_size):
    pairs = [{"question": QUESTION, "context": CONTEXT * times} for times in (1, 9, 2, 5)]
    expected = [nlp(pair, max_seq_len=64) for pair in pairs]
    found = nlp(pairs, max_seq_len=64, batch_size=batch_size)
    for answer, right in zip(found, expected, strict=True):
        assert answer == {**right, "score": pytest.approx(right["score"], abs=1e-5)}


def test_a_long_question_is_no_trouble_where_one_window_does(nlp):
    question = "port " * 100
    assert nlp(question=question, context="Port 8443.")["answer"] in "Port 8443."
    with pytest.raises(ValueError, match=r"expected a question of at most 60 tokens, found 100 \(100 words\)"):
        nlp(question=question, context=CONTEXT * 5)


def test_a_broken_model_gives_no_answer(folder, tmp_path):
    from safetensors.torch import load_file, save_file

    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    weights = load_file(broken / "model.safetensors")
    weights["qa_outputs.bias"].fill_(float("nan"))
    save_file(weights, broken / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"expected finite logits from '.*broken', found nan"):
        pipeline("question-answering", model=str(broken))(PAIR)


def test_xlnet_answers_from_the_context_alone(tmp_path):
    """transformers' own offered words of the question too where padding is on the left."""
    nlp = pipeline("question-answering", model=str(make_model(tmp_path / "xlnet", "xlnet")), device=-1)
    answers = nlp(question="Which port does the server use?", context="dome hill", top_k=20)
    assert {answer["answer"].strip() for answer in answers} == {"dome", "hill", "dome hill"}
    total = sum(answer["score"] for answer in nlp(PAIR, top_k=200, handle_impossible_answer=True))
    assert 0 < total < 1 + 1e-6
