"""Write a reader's results into its Hugging Face model card."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spanwise.errors import UsageError

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

CARD = "README.md"
MEASURES = {
    "exact": ("exact_match", "Exact match"),
    "f1": ("f1", "F1"),
    "HasAns_exact": ("exact_match", "Exact match, answerable"),
    "HasAns_f1": ("f1", "F1, answerable"),
    "NoAns_exact": ("exact_match", "Exact match, unanswerable"),
}
TASK = "question-answering"
HEAD = f"---\npipeline_tag: {TASK}\n---\n"


def card_file(place: Path) -> Path:
    """
    Return the file of a model card.

    :param place: The file, or the model's folder.
    :raises UsageError: If it cannot be written there.
    """
    file = place / CARD if place.is_dir() else place
    if not file.parent.is_dir():
        msg = f"expected a model folder or a file in an existing one for the model card, found {place}; make the folder"
        raise UsageError(msg)
    return file


def write_model_card(file: Path, model: str, results: Sequence[Mapping[str, Any]]) -> None:
    """
    Add results to a card's model index, and keep whatever else the card says.

    What the card says of the same measure on the same data set is replaced.

    :param file: The card; made if there is none.
    :param model: The model's name in a new index.
    :param results: What `spanwise evaluate reader` prints of each data set; "data" names it.
    :raises UsageError: If the card cannot be understood, or not be written.
    """
    from huggingface_hub import ModelCard, ModelCardData

    try:
        text = file.read_bytes().decode() if file.exists() else f"\n# {model}\n"  # line ends stay as they are
        card = ModelCard(text if text.startswith("---") else HEAD + text)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        msg = f"expected a model card with readable metadata in {file}, found {error!r}; correct its head"
        raise UsageError(msg) from error
    new = [entry for result in results for entry in _entries(result)]
    names = {(entry.dataset_name, entry.metric_name) for entry in new}
    fields = dict(vars(card.data))
    old = fields.pop("eval_results", None) or []
    kept = [entry for entry in old if (entry.dataset_name, entry.metric_name) not in names]
    name = fields.pop("model_name", None) or model
    card.data = ModelCardData(**fields, model_name=name, eval_results=[*kept, *new])
    try:
        file.write_text(str(card), encoding="utf-8", newline="")
    except OSError as error:
        msg = f"expected to write the model card to {file}: {error.strerror}"
        raise UsageError(msg) from error


def _entries(result: Mapping[str, Any]) -> "list[EvalResult]":
    from huggingface_hub import EvalResult

    data = str(result["data"])
    arguments = {"null_threshold": result["null_threshold"], "questions": result["total"]}
    return [
        EvalResult(
            task_type=TASK,
            task_name="Extractive question answering",
            dataset_type=data,
            dataset_name=data,
            metric_type=kind,
            metric_name=name,
            metric_value=round(float(result[key]), 4),
            metric_args=arguments,
        )
        for key, (kind, name) in MEASURES.items()
        if key in result
    ]
