"""The model card of a trained reader: what it is, what it was trained on and how, and what it reaches."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spanwise.evaluate.model_card import CARD, write_model_card

TEMPLATE = "card.md.j2"
SHOWN_ELSEWHERE = {"model", "train", "eval", "model_fingerprint", "distill", "intermediate", "teacher_fingerprints"}


def write_card(folder: Path, name: str, record: Mapping[str, Any]) -> None:
    """
    Write the card.

    :param folder: Of the model.
    :param name: Of the model.
    :param record: What `training.json` says.
    """
    from jinja2 import Environment, FileSystemLoader

    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(loader=loader, trim_blocks=True, keep_trailing_newline=True)
    environment.filters.update(model_name=_model_name, count="{:,}".format)
    settings = {
        setting: ", ".join(value) if isinstance(value, list) else value
        for setting, value in record["settings"].items()
        if setting not in SHOWN_ELSEWHERE and value is not None and value != []
    }
    text = environment.get_template(TEMPLATE).render(name=name, record=record, settings=settings)
    file = folder / CARD
    file.write_text(text, encoding="utf-8", newline="")
    if record["metrics"]:
        write_model_card(file, name, [{"data": data, **metrics} for data, metrics in record["metrics"].items()])


def _model_name(model: str) -> str:
    """Return a model's name; of a folder's path the last part."""
    return Path(model).name if Path(model).is_absolute() else model
