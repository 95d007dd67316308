import json

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from spanwise.errors import ModelError, UsageError
from spanwise.train import distill
from spanwise.train.distillation.intermediate import IntermediateTrainer, layer_mapping, returning_attention_scores
from spanwise.train.inputs.training_set import build_training_set
from spanwise.train.model import load_trainable_model
from spanwise.train.training_job import load_training_job
from tiny_models import make_model

STAGE = "intermediate"


def run(recipe, output, **options):
    return distill(recipe, output=output, device="cpu", **options)


def weights(folder):
    return (folder / "model.safetensors").read_bytes()


def losses(folder):
    return [entry["loss"] for entry in json.loads((folder / "training.json").read_text())["history"]]


def load(folder, **options):
    from transformers import AutoModelForQuestionAnswering

    return AutoModelForQuestionAnswering.from_pretrained(folder, **options).eval()


@given(st.integers(1, 48), st.integers(1, 48))
def test_layers_are_spread_evenly(first, second):
    student, teacher = sorted((first, second))
    mapping = layer_mapping(student, teacher)
    assert len(mapping) == student
    assert mapping[-1] == teacher
    assert all(1 <= layer <= teacher for layer in mapping)
    steps = [after - before for before, after in zip((0, *mapping), mapping, strict=False)]
    assert min(steps) >= 1
    assert max(steps) - min(steps) <= 1


@pytest.mark.parametrize("architecture", ["bert", "electra", "roberta"])
def test_scores_are_what_the_softmax_makes_attention_of(architecture, request):
    """Held to transformers' own attention, with padding."""
    folder = request.getfixturevalue(f"{architecture}_reader")
    model, plain = load(folder), load(folder, attn_implementation="eager")
    tokens = {
        "input_ids": torch.arange(5, 17).reshape(2, 6),
        "attention_mask": torch.tensor([[1] * 6, [1] * 4 + [0] * 2]),
    }
    before = model.config._attn_implementation
    with torch.no_grad():
        wanted = plain(**tokens, output_attentions=True)
        with returning_attention_scores(model, "a model"):
            given = model(**tokens, output_attentions=True)
    assert model.config._attn_implementation == before
    torch.testing.assert_close(given.start_logits[0], wanted.start_logits[0], atol=1e-5, rtol=1e-4)
    hidden = tokens["attention_mask"][:, None, None, :] == 0
    for scores, attention in zip(given.attentions, wanted.attentions, strict=True):
        softened = scores.masked_fill(hidden, -torch.inf).softmax(dim=-1)
        torch.testing.assert_close(softened[0], attention[0], atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(softened[1, :, :4], attention[1, :, :4], atol=1e-5, rtol=1e-4)


def test_a_model_with_attention_of_its_own_is_refused(tmp_path):
    model = load(make_model(tmp_path / "model", "deberta-v2"))
    message = r"expected a model whose attention scores can be had, found 'mine' \(DebertaV2.*attentions: false"
    with pytest.raises(ModelError, match=message), returning_attention_scores(model, "mine"):
        pass


def outputs_of(folder, features):
    """Return embeddings and hidden states, and attention scores, of each window by itself, without padding."""
    model = load(folder)
    with torch.no_grad(), returning_attention_scores(model, "a model"):
        tokens = [torch.tensor(feature.input_ids[None]).long() for feature in features]
        made = [model(row, output_hidden_states=True, output_attentions=True) for row in tokens]
    return [(some.hidden_states, some.attentions) for some in made]


def test_the_loss_is_that_of_the_windows_by_themselves(distill_recipe, tmp_path, student, teacher):
    """The first loss, of all windows in one padded batch, layer by layer as the mapping says."""
    recipe = distill_recipe(distill={STAGE: {}}, dropout=0.0, batch_size=12, epochs=1)
    features = build_training_set(
        recipe, load_trainable_model(recipe, device="cpu"), load_training_job(recipe, tmp_path, device="cpu").sets
    ).features
    assert len({len(feature.input_ids) for feature in features}) > 1
    expected, pairs = 0.0, list(zip(outputs_of(student, features), outputs_of(teacher, features), strict=True))
    for own, other in ((0, 0), (1, 2), (2, 4)):
        squares = [(mine[0][own] - theirs[0][other]).square().flatten() for mine, theirs in pairs]
        expected += torch.cat(squares).mean().item()
        if own > 0:
            squares = [(mine[1][own - 1] - theirs[1][other - 1]).square().flatten() for mine, theirs in pairs]
            expected += torch.cat(squares).mean().item()
    run(recipe, tmp_path / "out")
    assert losses(tmp_path / "out" / STAGE) == [pytest.approx(expected, rel=1e-4)]


@pytest.mark.slow
def test_layers_come_to_be_like_those_of_the_teacher(distill_recipe, tmp_path, student, teacher):
    recipe = distill_recipe(
        distill={STAGE: {"changes": {"epochs": 30, "batch_size": 12, "learning_rate": 3e-3}}},
        dropout=0.0,
        epochs=1,
        batch_size=12,
        checkpoint_every=100,
    )
    trained = run(recipe, tmp_path / "out")
    found = losses(tmp_path / "out" / STAGE)
    assert len(found) == 30
    assert trained.record["steps"] == 1
    assert found[-1] < 0.5 * found[0]
    tokens = torch.arange(5, 29)[None]
    with torch.no_grad():
        before, after, wanted = (
            load(folder)(tokens, output_hidden_states=True).hidden_states
            for folder in (student, tmp_path / "out" / STAGE, teacher)
        )
    for own, other in ((0, 0), (1, 2), (2, 4)):
        distances = [(states[own] - wanted[other]).square().mean().item() for states in (before, after)]
        assert distances[1] < distances[0], own


def test_the_second_stage_begins_where_the_first_ended(distill_recipe, tmp_path):
    both = run(distill_recipe(distill={STAGE: {}}, max_steps=2), tmp_path / "both")
    second = run(distill_recipe(model=str(both.folder / STAGE), max_steps=2), tmp_path / "second")
    assert weights(second.folder) == weights(both.folder)


@pytest.mark.slow
def test_only_the_student_learns(distill_recipe, tmp_path, monkeypatch, teacher):
    gradients, original = [], IntermediateTrainer.batch_loss

    def batch_loss(self, model, inputs):
        assert not self._teacher.training
        loss, outputs = original(self, model, inputs)
        loss.backward(retain_graph=True)
        gradients.append([parameter.grad for parameter in self._teacher.parameters()])
        assert sum(parameter.grad is not None for parameter in model.parameters()) > 30
        return loss, outputs

    monkeypatch.setattr(IntermediateTrainer, "batch_loss", batch_loss)
    before = weights(teacher)
    run(distill_recipe(distill={STAGE: {}}, max_steps=2), tmp_path / "out")
    assert [set(found) for found in gradients] == [{None}, {None}]
    assert weights(teacher) == before


@pytest.mark.slow
def test_a_narrower_student_learns_through_a_projection(distill_recipe, tmp_path, make_roberta):
    narrow = make_roberta("narrow", layers=2, width=16)
    trained = run(distill_recipe(model=str(narrow), distill={STAGE: {}}, max_steps=4), tmp_path / "out")
    matched = trained.record["distillation"][STAGE]
    assert matched["projection"] == [16, 32]
    made = load(tmp_path / "out" / STAGE)
    assert made.config.hidden_size == 16
    assert {name for name, _ in made.named_parameters()} == {name for name, _ in load(narrow).named_parameters()}
    assert "Learned matrices made 16 dimensions 32; they are no part of the model." in (
        tmp_path / "out" / "README.md"
    ).read_text(encoding="utf-8")


@pytest.mark.slow
def test_record_and_card_say_what_was_matched(distill_recipe, tmp_path, teacher):
    stage = {"attentions": False}
    settings = {STAGE: stage, "temperature": 2.0, "distillation_loss_weight": 0.25}
    trained = run(distill_recipe(distill=settings, max_steps=1), tmp_path / "out")
    matched = {"teacher": str(teacher), "layers": [0, 2, 4], "attentions": None, "projection": None}
    assert trained.record["distillation"] == {
        "teacher": [str(teacher)],
        "temperature": 2.0,
        "distillation_loss_weight": 0.25,
        STAGE: matched,
    }
    first = json.loads((tmp_path / "out" / STAGE / "training.json").read_text())
    assert first["distillation"] == matched
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "Its hidden states learned first from those of teacher, layer by layer, 0 being the embeddings: " in card
    assert "0 from 0, 1 from 2, 2 from 4." in card
    assert "It learned the logits of teacher at a temperature of 2: its loss is 0.25 of the divergence" in card
    assert "and 0.75 of the cross-entropy of right answers." in card


@pytest.mark.slow
def test_a_finished_stage_is_not_done_again(distill_recipe, tmp_path, monkeypatch):
    recipe = distill_recipe(distill={STAGE: {}}, max_steps=2)
    whole = run(recipe, tmp_path / "whole")

    def interrupted(self, model, inputs):
        raise KeyboardInterrupt

    path = "spanwise.train.distillation.prediction.PredictionTrainer.batch_loss"
    with monkeypatch.context() as patch:
        patch.setattr(path, interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(recipe, tmp_path / "out")
    told = []
    monkeypatch.setattr(IntermediateTrainer, "batch_loss", interrupted)
    again = run(recipe, tmp_path / "out", notify=told.append)
    assert told[0].endswith(f"out/{STAGE} holds this training, finished; nothing is left to do")
    assert weights(again.folder) == weights(whole.folder)
    assert run(recipe, tmp_path / "out").already


@pytest.mark.parametrize(
    ("stage", "sizes", "error", "message"),
    [
        ({}, {"layers": 5}, UsageError, "expected a student of at most 4 layers, which its teacher has, found 5; name"),
        (
            {},
            {"layers": 2, "num_attention_heads": 2},
            ModelError,
            "expected a student with its teacher's 4 attention heads, found 2; do without attention: attentions: false",
        ),
        (
            {"changes": {"epoch": 3}},
            {"layers": 2},
            UsageError,
            "the intermediate stage: expected keys of .* found 'epoch'",
        ),
    ],
)
def test_what_does_not_fit(distill_recipe, tmp_path, make_roberta, stage, sizes, error, message):
    student = make_roberta("unfit", seed=4, **sizes)
    with pytest.raises(error, match=message):
        run(distill_recipe(model=str(student), distill={STAGE: stage}), tmp_path / "out")


@pytest.mark.slow
def test_a_student_of_other_heads_learns_without_attention(distill_recipe, tmp_path, make_roberta):
    student = make_roberta("heads", layers=1, seed=4, num_attention_heads=2)
    recipe = distill_recipe(model=str(student), distill={STAGE: {"attentions": False}}, max_steps=1)
    assert run(recipe, tmp_path / "out").record["distillation"][STAGE]["layers"] == [0, 4]


def test_a_model_of_two_stacks_is_refused(distill_recipe, tmp_path):
    model = str(make_model(tmp_path / "bart", "bart"))
    recipe = distill_recipe(model=model, distill={"teacher": model, STAGE: {"attentions": False}}, max_steps=1)
    message = "expected a model with one stack of layers, found BartForQuestionAnswering; name an encoder"
    with pytest.raises(ModelError, match=message):
        run(recipe, tmp_path / "out")


@pytest.mark.slow
def test_models_with_token_types(distill_recipe, tmp_path, electra_reader):
    distillation = {"teacher": str(electra_reader), "distillation_loss_weight": 1.0, STAGE: {}}
    recipe = distill_recipe(model=str(electra_reader), distill=distillation, max_steps=1, dropout=0.0)
    trained = run(recipe, tmp_path / "out")
    assert losses(tmp_path / "out" / STAGE) == [pytest.approx(0.0, abs=1e-6)]
    assert trained.record["history"][0]["loss"] == pytest.approx(0.0, abs=1e-5)
