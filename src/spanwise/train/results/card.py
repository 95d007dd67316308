"""The model card of a trained reader: what it is, what it was trained on and how, and what it reaches."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from spanwise.evaluate.model_card import CARD, write_model_card

SHOWN_ELSEWHERE = {"model", "train", "eval", "model_fingerprint", "distill", "intermediate", "teacher_fingerprints"}
HEAD = "---\nbase_model: {base}\nlibrary_name: transformers\npipeline_tag: question-answering\ntags:\n- spanwise\n---\n"
LOADING = """```python
from spanwise.read import ExtractiveReader

reader = ExtractiveReader(model="{name}")
```"""


def write_card(folder: Path, name: str, record: Mapping[str, Any]) -> None:
    """
    Write the card.

    :param folder: Of the model.
    :param name: Of the model.
    :param record: What `training.json` says.
    """
    base = _name(record["model"])
    parts = [
        HEAD.format(base=base) + f"\n# {name}",
        _summary(base, record),
        LOADING.format(name=name),
        *(["## Distillation\n\n" + _distillation(record["distillation"])] if "distillation" in record else []),
        "## Training data\n\n" + _data_table(record["data"]),
        "## Hyperparameters\n\n" + _settings_table(record["settings"]),
        "## Hardware and software\n\n" + _made_with(record),
    ]
    file = folder / CARD
    file.write_text("\n\n".join(parts) + "\n", encoding="utf-8", newline="")
    if record["metrics"]:
        rows = [(data, *_numbers(metrics)) for data, metrics in record["metrics"].items()]
        results = _table(("data", "questions", "exact", "F1", "best F1", "at a threshold of"), rows)
        with file.open("a", encoding="utf-8", newline="") as stream:
            stream.write(f"\n## Results\n\nBy SQuAD 2.0's official measures.\n\n{results}\n")
        write_model_card(file, name, [{"data": data, **metrics} for data, metrics in record["metrics"].items()])


def _summary(base: str, record: Mapping[str, Any]) -> str:
    abstains = "It says where a passage holds no answer." if record["null_answer"] else "It always gives an answer."
    early = ", stopped early" if record["stopped_early"] else ""
    return (
        f"A reader that finds the answer to a question in a passage, fine-tuned from {base}. {abstains} "
        f"Trained on {record['date'][:10]} with {record['windows']:,} windows in {record['steps']:,} updates{early}; "
        f"the weights are those after update {record['kept_step']:,}."
    )


def _distillation(distillation: Mapping[str, Any]) -> str:
    """Return sentences about a distillation: of both stages, or of that which matches layers alone."""
    if "temperature" not in distillation:
        return _layers(distillation)
    weight = distillation["distillation_loss_weight"]
    names = " and ".join(_name(teacher) for teacher in distillation["teacher"])
    averaged = ", whose probabilities were averaged," if len(distillation["teacher"]) > 1 else ""
    logits = (
        f"It learned the logits of {names}{averaged} at a temperature of {distillation['temperature']:g}: its loss is "
        f"{weight:g} of the divergence from the teacher and {1 - weight:g} of the cross-entropy of right answers."
    )
    first = distillation["intermediate"]
    return logits if first is None else f"{_layers(first)}\n\n{logits}"


def _layers(matched: Mapping[str, Any]) -> str:
    pairs = ", ".join(f"{own} from {other}" for own, other in enumerate(matched["layers"]))
    scores = f" and attention ({matched['attentions']})" if matched["attentions"] is not None else ""
    projection = ""
    if matched["projection"] is not None:
        before, after = matched["projection"]
        projection = f" Learned matrices made {before} dimensions {after}; they are no part of the model."
    return (
        f"Its hidden states{scores} learned first from those of {_name(matched['teacher'])}, layer by layer, 0 being "
        f"the embeddings: {pairs}.{projection}"
    )


def _name(model: str) -> str:
    """Return a model's name; of a folder's path the last part."""
    return Path(model).name if Path(model).is_absolute() else model


def _data_table(data: Iterable[Mapping[str, Any]]) -> str:
    rows = [
        (
            entry["name"],
            f"{entry['questions']:,}",
            f"{entry['unanswerable']:,}",
            f"{entry['weight']:g}",
            entry["sha256"],
        )
        for entry in data
    ]
    return _table(("data", "questions", "unanswerable", "weight", "SHA-256"), rows)


def _settings_table(settings: Mapping[str, Any]) -> str:
    rows = [
        (f"`{name}`", ", ".join(value) if isinstance(value, list) else value)
        for name, value in settings.items()
        if name not in SHOWN_ELSEWHERE and value is not None and value != []
    ]
    return _table(("setting", "value"), rows)


def _made_with(record: Mapping[str, Any]) -> str:
    hardware, versions = record["hardware"], record["versions"]
    where = f"{hardware['name']} ({hardware['device']}), {hardware['processes']} x {hardware['threads']} threads"
    took = f"{record['seconds'] / 60:.1f} minutes since it was last started"
    return f"{where}; {took}. " + ", ".join(f"{name} {version}" for name, version in versions.items()) + "."


def _numbers(metrics: Mapping[str, Any]) -> tuple[str, ...]:
    best, threshold = metrics.get("best_f1"), metrics.get("best_f1_thresh")
    swept = ("", "") if best is None or threshold is None else (f"{best:.2f}", f"{threshold:.2f}")
    return f"{metrics['total']:,}", f"{metrics['exact']:.2f}", f"{metrics['f1']:.2f}", *swept


def _table(head: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
