import json

import pytest

from spanwise.train import train

SIZES = {
    "max_position_embeddings": 130,
    "type_vocab_size": 1,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "initializer_range": 0.1,
}
LEARNING = {
    "max_seq_length": 64,
    "dropout": 0.0,
    "learning_rate": 3e-3,
    "batch_size": 12,
    "epochs": 50,
    "evaluate_every": None,
    "checkpoint_every": 1000,
}


@pytest.fixture(scope="session")
def make_roberta(roberta_reader, tmp_path_factory):
    """Make a RoBERTa reader with the tokenizer of the one-layer reader."""
    import torch
    import transformers

    def make(name, *, layers, width=32, seed=1, **sizes):
        folder = tmp_path_factory.mktemp("roberta") / name
        torch.manual_seed(seed)
        vocabulary = json.loads((roberta_reader / "config.json").read_text())["vocab_size"]
        config = transformers.RobertaConfig(
            vocab_size=vocabulary, num_hidden_layers=layers, hidden_size=width, **{**SIZES, **sizes}
        )
        transformers.RobertaForQuestionAnswering(config).save_pretrained(folder)
        for file in ("tokenizer.json", "tokenizer_config.json"):
            (folder / file).write_bytes((roberta_reader / file).read_bytes())
        return folder

    return make


@pytest.fixture(scope="session")
def student(make_roberta):
    """A reader of two layers."""
    return make_roberta("student", layers=2, seed=2)


@pytest.fixture(scope="session")
def teacher(make_roberta):
    """A reader of four layers."""
    return make_roberta("teacher", layers=4, seed=3)


@pytest.fixture(scope="session")
def learning():
    """Settings with which a tiny model learns."""
    return LEARNING


@pytest.fixture(scope="session")
def taught_teacher(make_roberta, tiny_recipe, make_squad, tmp_path_factory):
    """A reader of two layers that has learned the answers."""
    model, file = make_roberta("taught", layers=2, seed=5), str(make_squad("train"))
    recipe = tiny_recipe(model=str(model), eval=[file], **LEARNING)
    trained = train(recipe, output=tmp_path_factory.mktemp("taught") / "reader", device="cpu")
    assert trained.metrics["train"]["exact"] > 80
    return trained.folder


@pytest.fixture(scope="session")
def distill_recipe(tiny_recipe, student, teacher):
    """Make a recipe of a distillation of a second or two."""

    def make(**changes):
        distill = {"teacher": str(teacher), **changes.pop("distill", {})}
        values = {"model": str(student), "eval": [], "max_seq_length": 64, "distill": distill, **changes}
        return tiny_recipe(**values)

    return make
