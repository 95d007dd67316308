"""What the confidences of a calibration hold for, and where a question is asked in another way."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from spanwise.runtime.default_reader import reader_folder
from spanwise.runtime.model_folder import folder_fingerprint
from spanwise.text.language import plainly_not_english
from spanwise.types import EmbedderIdentity

ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Conditions:
    """
    How questions are asked: all but the questions and documents themselves.

    A filter by files is no condition: it makes the corpus smaller, and the fit depends on no size.

    :param reader: The SHA-256 (hex) of its weights or its name on the hub; None where it is not known.
    :param embedder: The fingerprint of `EmbedderIdentity`; None where it is not known.
    :param embedder_name: How it is called; two names of the same weights are no difference.
    :param retrieval: How passages are found; None where it is not known.
    :param reranker: As for the reader; None for none.
    :param second_reader: As for the reader; None for none.
    :param passages: How many passages are asked for; None where it is not known.
    :param language: "en" if the questions are English, or None for any.
    """

    reader: str | None = None
    embedder: str | None = None
    embedder_name: str | None = None
    retrieval: str | None = None
    reranker: str | None = None
    second_reader: str | None = None
    passages: int | None = None
    language: str | None = ENGLISH


def conditions_of(
    *,
    reader: str,
    second_reader: str | None,
    reranker: str | None,
    embedder: EmbedderIdentity | None,
    retrieval: str | None,
    passages: int | None,
    with_weights: bool,
) -> Conditions:
    """
    Return how questions are asked with these models.

    :param with_weights: Whether the calibration is the one beside the reader: if that reader is the only one, it need
        not be compared.
    """
    return Conditions(
        reader=None if with_weights and second_reader is None else reader_identity(reader),
        embedder=None if embedder is None else embedder.fingerprint,
        embedder_name=None if embedder is None else embedder.name,
        retrieval=retrieval,
        reranker=None if reranker is None else model_identity(reranker),
        second_reader=None if second_reader is None else reader_identity(second_reader),
        passages=passages,
    )


def reader_identity(model: str) -> str:
    """Return the SHA-256 (hex) of a reader's weights, or its name on the hub."""
    return model_identity(str(reader_folder(model)))


def model_identity(model: str) -> str:
    """Return the SHA-256 (hex) of the weights in a model's folder, or the name of a model that is not in one."""
    folder = Path(os.path.expanduser(model))
    if not folder.is_dir():
        return model
    return _fingerprint(folder, tuple(sorted(file.stat().st_mtime_ns for file in folder.rglob("*.safetensors"))))


@lru_cache(maxsize=16)
def _fingerprint(folder: Path, _times: tuple[int, ...]) -> str:
    """Read weights once, and again when they were written again."""
    return folder_fingerprint(folder)


def read_conditions(entries: Mapping[str, Any] | None) -> Conditions | None:
    """Return the conditions of a calibration file; what is not known of them there is passed over."""
    if entries is None:
        return None
    known = {field.name for field in fields(Conditions)}
    return Conditions(**{name: value for name, value in entries.items() if name in known})


def difference(fitted: Conditions | None, used: Conditions | None, question: str, document: str) -> str | None:
    """
    Say in one sentence where a question is asked under other conditions than those of a fit.

    :param fitted: None if they are not known.
    :param used: None if they are not known; a reader of None is the one that the calibration came with.
    :param document: The text around the best answer, or the best passage read.
    :returns: None where nothing differs.
    """
    if fitted is None:
        return "The calibration does not say what it was fitted with."
    if used is None:
        return "How the passages were found and read is not known, so the calibration may not hold for them."
    differing = _differing(fitted, used)
    if differing:
        return f"The calibration was fitted with {', and '.join(differing)}."
    if fitted.language == ENGLISH:
        for what, text in (("question", question), ("text of the documents", document)):
            if plainly_not_english(text):
                return f"The calibration was fitted on English, and the {what} is plainly not English."
    return None


def _differing(fitted: Conditions, used: Conditions) -> list[str]:
    found = []
    if used.reader not in {None, fitted.reader}:
        found.append("another reader")
    if used.embedder != fitted.embedder:
        same = used.embedder_name == fitted.embedder_name
        other = "these weights of it" if same else _named(used.embedder_name, "an unknown one")
        found.append(f"the embedder {_named(fitted.embedder_name, 'unknown')}, not {other}")
    if used.retrieval != fitted.retrieval:
        found.append(f"passages found by {_named(fitted.retrieval, 'unknown means')}, not otherwise")
    for what, before, now in (
        ("reranker", fitted.reranker, used.reranker),
        ("second reader", fitted.second_reader, used.second_reader),
    ):
        if before != now:
            found.append(f"no {what}" if before is None else f"a {what}" if now is None else f"another {what}")
    if used.passages != fitted.passages:
        found.append(f"{fitted.passages} passages a question, not {_named(used.passages, 'an unknown number')}")
    return found


def _named(name: object, otherwise: str) -> str:
    return otherwise if name is None else str(name)
