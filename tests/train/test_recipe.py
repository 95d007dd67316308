import pytest

from spanwise.errors import UsageError
from spanwise.train.recipe import DataEntry, Recipe, current_keys
from spanwise.train.recipe_file import load_recipe, make_recipe, packaged_recipes, read_values

PUBLISHED = ["electra-base-squad1", "electra-base-squad2", "electra-small-squad2"]
PUBLISHED += ["roberta-base-squad2-distilled", "tinyroberta-squad2"]
# What the cards, and the scripts that they name, call our keys.
NAMES = {
    "batch_size": "batch_size",
    "per_gpu_train_batch_size": "batch_size",
    "n_epochs": "epochs",
    "num_train_epochs": "epochs",
    "max_seq_len": "max_seq_length",
    "max_seq_length": "max_seq_length",
    "max_query_length": "max_query_length",
    "learning_rate": "learning_rate",
    "warmup_proportion": "warmup_ratio",
    "embeds_dropout_prob": "head_dropout",
    "seed": "seed",
}
DISTILLED = ("temperature", "distillation_loss_weight", "teacher")
TOLD_OTHERWISE = {"base_LM_model", "model", "model_name_or_path", "lr_schedule", "doc_stride"}
TOLD_OTHERWISE |= {"do_lower_case", "version_2_with_negative"}
MEDIAN_QUESTION = 12  # tokens of a SQuAD question
LEAST = {"model": "some/encoder", "train": ["squad.json"]}


def test_all_packaged_recipes_are_known_and_can_be_read():
    assert packaged_recipes() == sorted(["default", "documents", *PUBLISHED])
    for name in packaged_recipes():
        assert load_recipe(name).description


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_recipe_is_what_its_card_says(name):
    recipe = load_recipe(name)
    card = dict(recipe.card["published"])
    for told, ours in NAMES.items():
        if told in card:
            assert getattr(recipe, ours) == card.pop(told), told
    for told in DISTILLED:
        if told in card:
            assert recipe.distill.model_dump(mode="json")[told] in (card[told], [card[told]]), told
            del card[told]
    special = 4 if "roberta" in recipe.model else 3
    room = recipe.max_seq_length - special - MEDIAN_QUESTION
    assert room - recipe.stride == 128  # the step that cards call doc_stride
    assert card.get("doc_stride", 128) == 128
    base = next(card[key] for key in ("base_LM_model", "model_name_or_path", "model") if key in card)
    two_stages = recipe.distill is not None and recipe.distill.intermediate is not None
    assert recipe.model.endswith(base) != two_stages  # the first of two makes what the card calls the base
    assert set(card) <= TOLD_OTHERWISE


@pytest.mark.parametrize("name", PUBLISHED)
def test_what_a_card_does_not_give_is_marked_as_ours(name):
    recipe = load_recipe(name)
    published = {NAMES.get(told, told) for told in recipe.card["published"]}
    published |= {"stride"} if "doc_stride" in published else set()
    ours = set(recipe.card["ours"])
    decisive = {"seed", "batch_size", "epochs", "max_seq_length", "stride", "max_query_length", "learning_rate"}
    decisive |= {"warmup_ratio", "weight_decay", "max_grad_norm", "dropout"}
    assert decisive <= published | ours
    assert not ours & published


def test_numbers_as_they_are_published():
    base = load_recipe("electra-base-squad2")
    assert (base.seed, base.batch_size, base.epochs, base.learning_rate, base.warmup_ratio) == (42, 32, 5, 1e-4, 0.1)
    small = load_recipe("electra-small-squad2")
    assert (small.batch_size, small.learning_rate, small.epochs) == (16, 3e-5, 10)
    tiny = load_recipe("tinyroberta-squad2")
    assert (tiny.batch_size, tiny.epochs, tiny.learning_rate, tiny.warmup_ratio) == (96, 4, 3e-5, 0.2)
    assert (tiny.model, tiny.distill.intermediate.teacher) == (
        "deepset/tinyroberta-6l-768d",
        "deepset/roberta-base-squad2",
    )
    other = load_recipe("roberta-base-squad2-distilled")
    assert (other.batch_size, other.epochs, other.head_dropout) == (80, 4, 0.1)
    for recipe in (tiny, other):
        assert recipe.distill.teacher == ("deepset/roberta-large-squad2",)
        assert (recipe.distill.temperature, recipe.distill.distillation_loss_weight) == (1.5, 0.75)


def test_a_recipe_of_ones_own_with_changes(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(
        "model: some/encoder\ntrain:\n  - {file: a.json, weight: 2}\n  - b.json\nepochs: 3\nfreeze: [embed]\n"
    )
    recipe = load_recipe(file, epochs=1, eval=["c.json"])
    assert recipe.train == (DataEntry(file="a.json", weight=2.0), DataEntry(file="b.json"))
    assert (recipe.epochs, recipe.eval, recipe.freeze) == (1.0, (DataEntry(file="c.json"),), ("embed",))
    assert read_values(file)["epochs"] == 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"learning_rat": 1e-4}, r"mine: expected keys of model, train, .*, found 'learning_rat'; correct it"),
        ({"learning_rate": "1e-4"}, r"mine: expected learning_rate to be a valid number, found '1e-4' \(YAML reads"),
        ({"learning_rate": 2}, r"mine: expected learning_rate to be less than 1, found 2; correct it"),
        ({"epochs": True}, r"expected epochs to be a valid number, found True"),
        ({"epochs": float("inf")}, r"expected epochs to be a finite number, found inf"),
        ({"batch_size": 8.5}, r"expected batch_size to be a valid integer, found 8.5"),
        ({"max_steps": "ten"}, r"expected max_steps to be a valid integer, found 'ten'"),
        ({"batch_size": 0}, r"expected batch_size to be greater than or equal to 1, found 0"),
        ({"batch_size": 9, "gradient_accumulation": 2}, r"mine: expected batch_size to be a multiple of 2, .* found 9"),
        ({"warmup_ratio": 1.0}, r"expected warmup_ratio to be less than 1, found 1.0"),
        ({"stride": 384}, r"mine: expected stride to be in \[0, 384\), found 384"),
        ({"dtype": "int8"}, r"expected dtype to be 'float32', 'bfloat16' or 'float16', found 'int8'"),
        ({"dropout": 1.5}, r"expected dropout to be less than 1, found 1.5"),
        ({"keep_negatives": 0.5}, r"mine: expected keys of model, .*, found 'keep_negatives'; correct it"),
        ({"group_by_length": 1}, r"expected group_by_length to be a valid boolean, found 1"),
        ({"freeze": ["a", 3]}, r"expected freeze to be a valid string, found 3"),
        ({"train": []}, r"expected something to train 'some/encoder' on, found no data"),
        ({"train": "a.json"}, r"expected train to be a list, found 'a.json'"),
        ({"train": [3]}, r"mine: expected keys of file, hub, .*, corpus, found 3; correct it"),
        ({"train": [{"file": "a", "wheight": 2}]}, r"expected keys of file, hub, .*, corpus, found 'wheight'"),
        (
            {"train": [{"file": "a", "hub": "b"}]},
            r"expected either a file or a hub data set, found file='a' and hub='b'",
        ),
        ({"train": [{"file": "a", "weight": 0}]}, r"mine: expected weight to be greater than 0, found 0"),
    ],
)
def test_what_cannot_be_meant(changes, message):
    with pytest.raises(UsageError, match=message) as caught:
        make_recipe({**LEAST, **changes}, "mine")
    assert "\n" not in str(caught.value)


def test_what_is_made_of_names_is_checked_too():
    with pytest.raises(UsageError, match=r"^expected batch_size to be greater than or equal to 1, found 0; correct it"):
        Recipe(model="some/encoder", train=["squad.json"], batch_size=0)
    with pytest.raises(UsageError, match=r"^expected either a file or a hub data set"):
        DataEntry()


def test_a_key_of_an_older_recipe_is_taken_with_a_notice(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("model: some/encoder\ntrain: [a.json]\nwarmup: 0.25\n")
    with pytest.warns(FutureWarning, match=r"the key 'warmup' in .*mine.yaml is called 'warmup_ratio' today; it was"):
        assert load_recipe(file).warmup_ratio == 0.25
    with pytest.warns(FutureWarning, match="the key 'warmup' in the changes"):
        assert load_recipe("electra-base-squad2", warmup=0.5).warmup_ratio == 0.5
    with pytest.warns(FutureWarning, match="the key 'keep_negatives' in mine is gone; it was ignored"):
        assert make_recipe({**LEAST, "keep_negatives": 1}, "mine") == make_recipe(LEAST)


def test_the_settings_that_an_older_version_wrote_are_those_of_today():
    stage = {"teacher": None, "attentions": True, "changes": {}}
    distill = {"teacher": ["a"], "intermediate": {**stage, "layers": None}}
    older = {"warmup": 0.1, "judge": None, "keep_negatives": 1.0, "distill": distill, "seed": 3}
    today = {"warmup_ratio": 0.1, "distill": {"teacher": ["a"], "intermediate": stage}, "seed": 3}
    assert current_keys(older) == today
    chosen = {"distill": {"intermediate": {**stage, "layers": [1, 4]}}}
    assert current_keys(chosen) == chosen


def test_a_recipe_without_a_model():
    with pytest.raises(UsageError, match=r"mine: expected model, found none; add it"):
        make_recipe({"train": ["a.json"]}, "mine")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"expected a recipe of default, .*, or a YAML file, found '.*mine.yaml' \(No such file"),
        ("a: [", r"expected YAML in .*mine.yaml, found something else"),
        ("- a", r"expected a recipe's keys and values in .*mine.yaml, found a list"),
    ],
)
def test_files_that_hold_no_recipe(tmp_path, content, message):
    file = tmp_path / "mine.yaml"
    if content is not None:
        file.write_text(content)
    with pytest.raises(UsageError, match=message) as caught:
        load_recipe(file)
    assert "\n" not in str(caught.value)
