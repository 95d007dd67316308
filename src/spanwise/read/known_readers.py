"""Readers that are known by name: what they are, and whether they are at hand without the network."""

from dataclasses import dataclass
from typing import Literal

from spanwise.runtime.default_reader import DEFAULT_READER, reader_folder

Availability = Literal["packaged", "cached", "hub"]
WEIGHTS = "model.safetensors"


@dataclass(frozen=True, slots=True)
class KnownReader:
    """
    A reader that is known by name.

    :param data: What it was trained on.
    :param exact: Exact match published for the development set of `data`, in percent; None where there is none.
    :param f1: F1 published for it, in percent.
    :param recipe: The packaged recipe that makes one like it, or None.
    :param abstains: Whether it was trained to say "no answer".
    """

    name: str
    architecture: str
    data: str
    exact: float | None = None
    f1: float | None = None
    recipe: str | None = None
    abstains: bool = True


KNOWN = (
    KnownReader(DEFAULT_READER, "BERT, 6 layers (MiniLM)", "see its model card", recipe="default"),
    KnownReader("deepset/electra-base-squad2", "ELECTRA base", "SQuAD 2.0", 77.30, 81.35, "electra-base-squad2"),
    KnownReader(
        "mrm8488/electra-small-finetuned-squadv2", "ELECTRA small", "SQuAD 2.0", 69.71, 73.44, "electra-small-squad2"
    ),
    KnownReader(
        "deepset/tinyroberta-squad2", "RoBERTa, 6 layers, distilled", "SQuAD 2.0", 78.19, 81.42, "tinyroberta-squad2"
    ),
    KnownReader(
        "valhalla/electra-base-discriminator-finetuned_squadv1",
        "ELECTRA base",
        "SQuAD 1.1",
        85.05,
        91.61,
        "electra-base-squad1",
        abstains=False,
    ),
    KnownReader(
        "deepset/roberta-base-squad2-distilled",
        "RoBERTa base, distilled",
        "SQuAD 2.0",
        79.84,
        83.92,
        "roberta-base-squad2-distilled",
    ),
)

# Fine-tuned on SQuAD 1.1, whose questions all have an answer; by their names on the hub.
WITHOUT_NULL_ANSWER = frozenset(
    {
        "valhalla/electra-base-discriminator-finetuned_squadv1",
        "valhalla/bart-large-finetuned-squadv1",
        "valhalla/longformer-base-4096-finetuned-squadv1",
        "distilbert/distilbert-base-cased-distilled-squad",
        "distilbert/distilbert-base-uncased-distilled-squad",
        "distilbert-base-cased-distilled-squad",
        "distilbert-base-uncased-distilled-squad",
        "google-bert/bert-large-cased-whole-word-masking-finetuned-squad",
        "google-bert/bert-large-uncased-whole-word-masking-finetuned-squad",
        "bert-large-cased-whole-word-masking-finetuned-squad",
        "bert-large-uncased-whole-word-masking-finetuned-squad",
        "csarron/bert-base-uncased-squad-v1",
        "csarron/mobilebert-uncased-squad-v1",
        "csarron/roberta-base-squad-v1",
    }
)


def availability(name: str) -> Availability:
    """Tell where a reader is: in the package, in the hub's cache on this machine, or only on the hub."""
    if name == DEFAULT_READER:
        return "packaged" if (reader_folder(name) / WEIGHTS).is_file() else "hub"
    from huggingface_hub import try_to_load_from_cache

    found = [isinstance(try_to_load_from_cache(name, file), str) for file in ("config.json", WEIGHTS)]
    return "cached" if all(found) else "hub"
