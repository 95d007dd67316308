"""A cross-encoder, which reads question and passage together and says how well they fit."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

import numpy as np

from spanwise.errors import ModelError
from spanwise.runtime.device import resolve_device
from spanwise.runtime.hub import hub_options, quiet_loading
from spanwise.runtime.model_folder import require_sound
from spanwise.types import Hit

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

TRAINED = ("ForSequenceClassification", "ForCausalLM")  # architectures whose head gives the scores
BATCH_SIZE = 16
RERANKED = 50
"""Fewest passages that a reranker is given of a question, however few are wanted of it."""


class PairScorer:
    """
    A sentence-transformers cross-encoder that is loaded when it is first needed.

    :param model: A hub name or a local folder; only safetensors are loaded.
    :param device: "auto", "cpu", "cuda", "cuda:N" or "mps".
    """

    def __init__(self, model: str, *, device: str = "auto") -> None:
        self.model = model
        self.device = device
        self._loaded: CrossEncoder | None = None
        self._guard = RLock()

    def warm_up(self) -> None:
        """
        Load the model; later calls do nothing.

        :raises ModelError: If there is no such model, or it does not give one score for a pair.
        """
        with self._guard:
            if self._loaded is None:
                self._loaded = _load(self.model, resolve_device(self.device))

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """
        Score pairs of a question and a passage.

        :returns: For each pair a number in [0, 1], the logistic function of the model's logit; higher is better.
        :raises ModelError: If the model cannot be loaded, or gives no numbers.
        """
        import torch

        self.warm_up()
        if self._loaded is None or not pairs:
            return []
        with self._guard:  # its tokenizer is not thread-safe: padding is a setting of it
            scores: Any = self._loaded.predict(
                list(pairs), batch_size=BATCH_SIZE, activation_fn=torch.nn.Sigmoid(), show_progress_bar=False
            )
        if scores.shape != (len(pairs),) or not np.isfinite(scores).all():
            msg = f"expected a finite score for each of {len(pairs)} pairs from {self.model!r}, found others"
            raise ModelError(msg)
        found: list[float] = scores.tolist()
        return found


def rerank(scorer: PairScorer, questions: Sequence[str], hits: Sequence[Sequence[Hit]], top_k: int) -> list[list[Hit]]:
    """
    Sort each question's hits by a scorer.

    :param hits: For each question what was found for it.
    :param top_k: Most hits to keep of a question.
    :returns: For each question its hits with the scorer's scores, best first; equal ones in the order given.
    """
    pairs = [(question, hit.passage.text) for question, found in zip(questions, hits, strict=True) for hit in found]
    scores = iter(scorer.score(pairs))
    scored = [[replace(hit, score=next(scores)) for hit in found] for found in hits]
    return [sorted(found, key=lambda hit: -hit.score)[:top_k] for found in scored]


def _load(model: str, device: str) -> "CrossEncoder":
    import torch
    from sentence_transformers import CrossEncoder

    options: dict[str, Any] = {"use_safetensors": True, "dtype": torch.float32}
    require_sound(Path(model))
    local = hub_options(model)
    with quiet_loading(f"a cross-encoder named {model!r}", "; check the name, or give a folder"):
        loaded: CrossEncoder = CrossEncoder(model, device=device, model_kwargs=options, **local)
    architectures = getattr(loaded.config, "architectures", None) or []
    is_trained = any(name.endswith(TRAINED) for name in architectures)
    if not is_trained or loaded.num_labels != 1:
        found = f"{loaded.num_labels} scores" if is_trained else f"{architectures}"
        msg = (
            f"expected a cross-encoder trained to give one score for a pair, found {found} in {model!r}; "
            "name a model made to rerank passages"
        )
        raise ModelError(msg)
    return loaded
