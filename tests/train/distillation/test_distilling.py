import json
import resource
import shutil

import numpy as np
import pytest
import torch

from spanwise.errors import ModelError, UsageError
from spanwise.read.backends.torch import TorchBackend
from spanwise.train import distill
from spanwise.train.distillation import teacher as cache_module
from spanwise.train.distillation.teacher import CacheError
from spanwise.train.inputs.training_set import build_training_set
from spanwise.train.model import load_trainable_model
from spanwise.train.results import TEACHER_LOGITS
from spanwise.train.training_job import load_training_job
from tiny_models import make_model


@pytest.fixture
def batches(monkeypatch):
    """The windows of every batch that any backend is given by a teacher's reading, its probes left out."""
    given, original = [], TorchBackend.logits

    def logits(self, input_ids, attention_mask, token_type_ids):
        if len(input_ids) > 1 or attention_mask.sum() > 8:
            given.append(len(input_ids))
        return original(self, input_ids, attention_mask, token_type_ids)

    monkeypatch.setattr(TorchBackend, "logits", logits)
    return given


def run(recipe, output, **options):
    return distill(recipe, output=output, device="cpu", **options)


def weights(folder):
    return (folder / "model.safetensors").read_bytes()


def unpadded_logits(folder, features):
    """Return start and end logits of each window by itself, float64."""
    from transformers import AutoModelForQuestionAnswering

    model = AutoModelForQuestionAnswering.from_pretrained(folder).eval()
    with torch.no_grad():
        made = [model(torch.tensor(feature.input_ids[None]).long()) for feature in features]
    return [torch.cat([one.start_logits, one.end_logits]).double().numpy() for one in made]


def softmax(logits):
    raised = np.exp(logits - logits.max())
    return raised / raised.sum()


def agreement(folder, teacher, job):
    """Return the share of windows in which two readers find the same best start, and the same best end."""
    features = build_training_set(job.recipe, load_trainable_model(job.recipe, device="cpu"), job.sets).features
    best = [np.array([one.argmax(axis=1) for one in unpadded_logits(name, features)]) for name in (folder, teacher)]
    return np.mean(best[0] == best[1])


def test_a_student_that_sees_only_its_teacher_comes_to_agree_with_it(
    distill_recipe, tmp_path, make_roberta, taught_teacher, make_squad, learning
):
    student, file = make_roberta("pupil", layers=1, seed=8), str(make_squad("train"))
    settings = {"distillation_loss_weight": 1.0, "teacher": str(taught_teacher)}
    recipe = distill_recipe(model=str(student), eval=[file], distill=settings, **learning)
    job = load_training_job(recipe, tmp_path, device="cpu")
    assert agreement(student, taught_teacher, job) < 0.3
    trained = run(recipe, tmp_path / "out")
    assert agreement(trained.folder, taught_teacher, job) > 0.9
    assert trained.metrics["train"]["exact"] > 80  # though it saw no right answer


@pytest.mark.parametrize(("weight", "temperature"), [(0.25, 1.5), pytest.param(0.0, 1.0, marks=pytest.mark.slow)])
def test_the_loss_is_that_of_the_windows_by_themselves(
    distill_recipe, tmp_path, student, teacher, make_roberta, weight, temperature
):
    """The first loss, of all windows in one padded batch, against two teachers."""
    teachers = [teacher, make_roberta("other", layers=1, seed=9, initializer_range=0.5)]
    settings = {
        "distillation_loss_weight": weight,
        "temperature": temperature,
        "teacher": [str(one) for one in teachers],
    }
    recipe = distill_recipe(distill=settings, dropout=0.0, batch_size=12, epochs=1)
    features = build_training_set(
        recipe, load_trainable_model(recipe, device="cpu"), load_training_job(recipe, tmp_path, device="cpu").sets
    ).features
    logits = [unpadded_logits(folder, features) for folder in (student, *teachers)]
    expected = []
    for feature, own, *others in zip(features, *logits, strict=True):
        for side, right in enumerate((feature.start, feature.end)):
            wanted = np.mean([softmax(other[side] / temperature) for other in others], axis=0)
            given = softmax(own[side] / temperature)
            soft = temperature**2 * np.sum(wanted * np.log(wanted / given))
            expected.append(weight * soft - (1 - weight) * np.log(softmax(own[side])[right]))
    history = run(recipe, tmp_path / "out").record["history"]
    assert history[0]["loss"] == pytest.approx(np.mean(expected), rel=1e-4)


def test_a_student_that_is_its_teacher_has_nothing_to_learn(distill_recipe, tmp_path, teacher):
    recipe = distill_recipe(
        model=str(teacher), distill={"distillation_loss_weight": 1.0}, dropout=0.0, max_steps=2, weight_decay=0.0
    )
    history = run(recipe, tmp_path / "out").record["history"]
    assert history[0]["loss"] == pytest.approx(0.0, abs=1e-5)


def test_the_teacher_reads_once_and_not_at_all_with_a_cache(distill_recipe, tmp_path, batches):
    seen = []
    recipe = distill_recipe(epochs=3)
    first = run(recipe, tmp_path / "first", cache=tmp_path / "cache", progress=seen.append)
    assert sum(batches) == first.record["windows"] == 12
    reading = [(state.step, state.steps) for state in seen if state.what == "teacher reads"]
    assert reading[0] == (0, 12)
    assert reading[-1] == (12, 12)
    batches.clear()
    second = run(recipe, tmp_path / "second", cache=tmp_path / "cache")
    assert batches == []
    assert weights(second.folder) == weights(first.folder)
    assert not (tmp_path / "first" / TEACHER_LOGITS).exists()


@pytest.mark.slow
def test_a_cache_of_other_data_or_of_another_teacher_is_not_taken(
    distill_recipe, tmp_path, batches, make_squad, make_roberta
):
    run(distill_recipe(max_steps=1), tmp_path / "first", cache=tmp_path / "cache")
    other_data = distill_recipe(max_steps=1, train=[str(make_squad("other", ["Genoa", "Hull"]))])
    other_teacher = distill_recipe(max_steps=1, distill={"teacher": str(make_roberta("other", layers=4, seed=9))})
    for name, recipe, windows in (("data", other_data, 4), ("teacher", other_teacher, 12)):
        batches.clear()
        with_cache = run(recipe, tmp_path / name, cache=tmp_path / "cache")
        assert sum(batches) == windows, name
    alone = run(other_teacher, tmp_path / "alone")
    assert weights(with_cache.folder) == weights(alone.folder)
    assert len(list((tmp_path / "cache").iterdir())) == 3


@pytest.mark.slow
def test_a_repeated_window_is_read_once(distill_recipe, tmp_path, batches, make_squad):
    recipe = distill_recipe(max_steps=1, train=[{"file": str(make_squad("train")), "weight": 3.0}])
    assert run(recipe, tmp_path / "out").record["windows"] == 36
    assert sum(batches) == 12
    assert not (tmp_path / "out" / TEACHER_LOGITS).exists()


@pytest.mark.slow
def test_several_teachers_are_averaged(distill_recipe, tmp_path, teacher, make_roberta):
    other = make_roberta("second", layers=1, seed=11)
    alone = {"distillation_loss_weight": 1.0}
    recipe = distill_recipe(distill=alone, max_steps=1, dropout=0.0)
    first = {
        names: run(recipe, tmp_path / str(number), teacher=names).record
        for number, names in enumerate([(teacher,), (other,), (teacher, other)])
    }
    losses = [record["history"][0]["loss"] for record in first.values()]
    assert losses[2] < (losses[0] + losses[1]) / 2  # the divergence is convex
    assert first[teacher, other]["distillation"]["teacher"] == [str(teacher), str(other)]
    card = (tmp_path / "2" / "README.md").read_text()
    assert "the logits of teacher and second, whose probabilities were averaged, at a temperature of 1.5" in card


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"temperature": 0}, r"the recipe: expected temperature to be greater than 0, found 0; correct it"),
        ({"temperature": -1.5}, r"expected temperature to be greater than 0, found -1.5"),
        (
            {"distillation_loss_weight": 1.1},
            r"expected distillation_loss_weight to be less than or equal to 1, found 1.1",
        ),
        ({"distillation_loss_weight": -0.1}, r"distillation_loss_weight to be greater than or equal to 0, found -0.1"),
        ({"teacher": []}, r"expected a teacher, found none; name a reader with --teacher"),
        ({"teacher": ["a", "b", "a"]}, r"expected each teacher once, found 'a' twice; leave one out"),
        ({"teacher": ["a", 2]}, r"expected teacher to be a valid string, found 2"),
        ({"teachers": "a"}, r"expected keys of teacher, temperature, .*, found 'teachers'"),
        ({"intermediate": {"layer": [1]}}, r"expected keys of teacher, attentions, changes, found 'layer'"),
        ({"intermediate": {"attentions": 1}}, r"expected attentions to be a valid boolean, found 1"),
    ],
)
def test_settings_that_cannot_be_meant(distill_recipe, settings, message):
    with pytest.raises(UsageError, match=message):
        distill_recipe(distill=settings)


def test_a_recipe_without_a_teacher(tiny_recipe, tmp_path):
    with pytest.raises(UsageError, match=r"expected a teacher for .*, found none; name a reader with --teacher"):
        run(tiny_recipe(), tmp_path / "out")
    with pytest.raises(UsageError, match="expected a teacher, found none"):
        run(tiny_recipe(), tmp_path / "out", teacher=[])


def test_a_student_that_is_none(distill_recipe, tmp_path):
    with pytest.raises(ModelError, match=r"expected a model to train named '/no/such/folder', .* with --student$"):
        run(distill_recipe(model="/no/such/folder"), tmp_path / "out")


def test_a_teacher_that_is_none(distill_recipe, tmp_path, roberta_reader):
    import transformers

    encoder = tmp_path / "encoder"
    transformers.RobertaModel.from_pretrained(roberta_reader).save_pretrained(encoder)
    for file in ("tokenizer.json", "tokenizer_config.json"):
        (encoder / file).write_bytes((roberta_reader / file).read_bytes())
    with pytest.raises(ModelError, match=r"trained question-answering head, found '.*encoder' without qa_outputs.bias"):
        run(distill_recipe(), tmp_path / "out", teacher=encoder)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match=r"expected a question-answering model named '.*empty', found none"):
        run(distill_recipe(), tmp_path / "other", teacher=tmp_path / "empty")


def test_a_teacher_of_other_tokens_is_refused(distill_recipe, tmp_path, bert_reader):
    message = (
        r"expected a teacher with its student's tokens, '<s> .*', found '\[CLS\] which port .*' in '.*bert' for "
        r"question 'train-0'; choose a student or a teacher with the other's vocabulary \(the student is '.*student'\)"
    )
    with pytest.raises(ModelError, match=message):
        run(distill_recipe(), tmp_path / "out", teacher=bert_reader)
    with pytest.raises(ModelError, match="expected a teacher with its student's tokens"):
        run(distill_recipe(), tmp_path / "roberta", teacher=make_model(tmp_path / "other", "roberta"))
    with pytest.raises(ModelError, match="expected a teacher with its student's tokens"):
        run(distill_recipe(distill={"intermediate": {"teacher": str(bert_reader)}}), tmp_path / "layers")


def with_other_tokenizer(teacher, folder):
    """Copy a reader, its tokenizer changed in what makes no difference to tokens."""
    copy = folder / "teacher"
    shutil.copytree(teacher, copy)
    tokenizer = json.loads((copy / "tokenizer.json").read_text())
    tokenizer["post_processor"]["trim_offsets"] = not tokenizer["post_processor"]["trim_offsets"]
    (copy / "tokenizer.json").write_text(json.dumps(tokenizer))
    return copy


@pytest.mark.slow
def test_a_tokenizer_of_other_words_and_the_same_tokens_is_taken(distill_recipe, tmp_path, teacher):
    copy = with_other_tokenizer(teacher, tmp_path)
    assert run(distill_recipe(max_steps=1), tmp_path / "out", teacher=copy).record["steps"] == 1


def test_the_teacher_reads_the_passages_that_are_found_too(distill_recipe, tmp_path, batches, teacher):
    """In both stages, and by a tokenizer of its own, whose windows are compared."""
    copy = with_other_tokenizer(teacher, tmp_path)
    distillation = {"teacher": str(copy), "distillation_loss_weight": 1.0, "intermediate": {}}
    found = {"corpus": "own", "passages": 3, "embedder": None}
    trained = run(distill_recipe(**found, distill=distillation, max_steps=1), tmp_path / "out")
    data = trained.record["data"][0]
    assert (data["questions"], data["found_negative"]) == (12, 12)  # by words alone nothing is found for half
    assert trained.record["windows"] == sum(batches) == 24
    assert json.loads((tmp_path / "out" / "intermediate" / "training.json").read_text())["windows"] == 24
    assert [entry.name for entry in (tmp_path / "out").iterdir() if entry.is_dir()] == ["intermediate"]


def test_a_teacher_of_short_windows_is_refused(distill_recipe, tmp_path, make_roberta):
    short = make_roberta("short", layers=1, max_position_embeddings=42)
    with pytest.raises(ModelError, match=r"expected a max_seq_length of at most 40, which is what '.*short' takes"):
        run(distill_recipe(), tmp_path / "out", teacher=short)


def test_a_teacher_whose_logits_are_no_numbers(distill_recipe, tmp_path, teacher):
    from safetensors.torch import load_file, save_file

    broken = tmp_path / "broken"
    broken.mkdir()
    for file in teacher.iterdir():
        (broken / file.name).write_bytes(file.read_bytes())
    tensors = load_file(broken / "model.safetensors")
    tensors["qa_outputs.bias"][0] = float("nan")
    save_file(tensors, broken / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match="expected finite logits of the teacher, found others for question 'train-"):
        run(distill_recipe(), tmp_path / "out", teacher=broken)


@pytest.mark.slow
def test_a_teacher_with_little_memory_reads_smaller_batches(distill_recipe, tmp_path, batches, monkeypatch):
    enough = TorchBackend.logits

    def logits(self, input_ids, attention_mask, token_type_ids):
        if input_ids.size > 200:
            raise MemoryError("out of memory")
        return enough(self, input_ids, attention_mask, token_type_ids)

    monkeypatch.setattr(TorchBackend, "logits", logits)
    run(distill_recipe(max_steps=1), tmp_path / "out")
    assert sum(batches) == 12
    assert 1 < max(batches) <= 3


@pytest.mark.slow
def test_a_disk_that_is_full_while_the_teacher_reads(distill_recipe, tmp_path, batches):
    recipe, limits = distill_recipe(max_steps=1), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(CacheError, match=r"expected room for a teacher's logits, .* found: File too large; make"):
            run(recipe, tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [file.name for file in (tmp_path / "out").rglob("*.tmp")] == []
    assert run(recipe, tmp_path / "out").record["steps"] == 1
    assert sum(batches) == 24


def test_a_teacher_goes_on_where_it_was_interrupted(distill_recipe, tmp_path, batches, monkeypatch):
    monkeypatch.setattr(cache_module, "SHARD", 5)
    read, original = [], TorchBackend.logits

    def logits(self, input_ids, attention_mask, token_type_ids):
        if sum(batches) >= 5:
            raise KeyboardInterrupt
        return original(self, input_ids, attention_mask, token_type_ids)

    with monkeypatch.context() as interrupted:
        interrupted.setattr(TorchBackend, "logits", logits)
        with pytest.raises(KeyboardInterrupt):
            run(distill_recipe(max_steps=1), tmp_path / "out")
    assert sum(batches) == 5
    batches.clear()
    run(distill_recipe(max_steps=1), tmp_path / "out", progress=read.append)
    assert sum(batches) == 7
    assert next(state.step for state in read if state.what == "teacher reads") == 5
