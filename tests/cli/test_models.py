import json

import pytest

from spanwise.cli.readers import BACKENDS, PRECISIONS
from spanwise.read.backends.load import chosen_compute
from spanwise.read.known_readers import KNOWN
from spanwise.train.recipe_file import load_recipe


@pytest.fixture
def hub_cache(tmp_path, monkeypatch):
    """An empty cache of the hub, with a function that puts a model there."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.file_download.constants.HF_HUB_CACHE", str(tmp_path))

    def put(name, *files):
        folder = tmp_path / f"models--{name.replace('/', '--')}"
        (folder / "refs").mkdir(parents=True)
        (folder / "refs" / "main").write_text("abc")
        (folder / "snapshots" / "abc").mkdir(parents=True)
        for file in files:
            (folder / "snapshots" / "abc" / file).touch()

    return put


def test_models_are_listed_with_what_is_published(spanwise, hub_cache):
    hub_cache("deepset/electra-base-squad2", "config.json", "model.safetensors")
    hub_cache("deepset/tinyroberta-squad2", "config.json")
    ran = spanwise("models", "--json")
    assert ran.code == 0
    models = {model["name"]: model for model in json.loads(ran.out)["models"]}
    assert len(models) == 6
    assert {name: model["place"] for name, model in models.items() if model["place"] != "hub"} == {
        "default": "packaged",
        "deepset/electra-base-squad2": "cached",
    }
    roberta = models["deepset/roberta-base-squad2-distilled"]
    assert (roberta["exact"], roberta["f1"], roberta["data"]) == (79.84, 83.92, "SQuAD 2.0")
    assert [name for name, model in models.items() if not model["abstains"]] == [
        "valhalla/electra-base-discriminator-finetuned_squadv1"
    ]
    for name, model in models.items():
        assert (model["device"], model["backend"], model["precision"]) == chosen_compute(name)
    table = spanwise("models").out
    assert "deepset/electra-base-squad2\n  ELECTRA base; SQuAD 2.0; exact 77.30, F1 81.35 published\n" in table
    where, backend, precision = chosen_compute("default")
    said = f"{BACKENDS[backend]}, {PRECISIONS[precision]}, on {where}"
    assert f'in this package; here in {said}\n  spanwise ask --reader default "QUESTION"' in table


@pytest.mark.parametrize(
    "reader", [reader for reader in KNOWN if reader.f1 is not None], ids=lambda reader: reader.name
)
def test_the_recipe_of_a_model_names_the_same_results(reader):
    card = load_recipe(reader.recipe).card
    assert card["source"].endswith(reader.name)
    assert card["results"] == {"exact": reader.exact, "f1": reader.f1}
