import json

import pytest

from spanwise.train.recipe_file import make_recipe

PLACES = ["Arden", "Belmont", "Corin", "Dover", "Elsinore", "Florence"]


@pytest.fixture(scope="session")
def make_squad(tmp_path_factory):
    """Write a SQuAD file: of each place an answerable and an unanswerable question."""

    def make(name="some", places=PLACES, unanswerable=True, shift=0):
        paragraphs = []
        for number, place in enumerate(places):
            context = (
                f"The mayor of {place} opens the dome at dusk. The server of {place} listens on port {8443 + number}."
            )
            port = str(8443 + number)
            qas = [
                {
                    "id": f"{name}-{number}",
                    "question": f"Which port does the server of {place} use?",
                    "answers": [{"text": port, "answer_start": context.index(port) + shift}],
                }
            ]
            if unanswerable:
                asked = f"How long are backups of {place} kept?"
                qas.append({"id": f"{name}-{number}-no", "question": asked, "answers": [], "is_impossible": True})
            paragraphs.append({"context": context, "qas": qas})
        file = tmp_path_factory.mktemp("squad") / f"{name}.json"
        file.write_text(json.dumps({"version": "v2.0", "data": [{"title": "Towns", "paragraphs": paragraphs}]}))
        return file

    return make


@pytest.fixture(scope="session")
def tiny_recipe(bert_reader, make_squad):
    """Make a recipe of a second or two."""
    files = [str(make_squad("train"))], [str(make_squad("dev", PLACES[:2]))]

    def make(**changes):
        values = {
            "model": str(bert_reader),
            "train": files[0],
            "eval": files[1],
            "seed": 7,
            "batch_size": 4,
            "epochs": 2,
            "max_seq_length": 48,
            "stride": 8,
            "max_query_length": 16,
            "learning_rate": 1e-3,
            "dropout": 0.1,
            "checkpoint_every": 2,
            **changes,
        }
        return make_recipe(values)

    return make


@pytest.fixture(autouse=True)
def _fast():
    """Threads of models as small as these wait for one another."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
