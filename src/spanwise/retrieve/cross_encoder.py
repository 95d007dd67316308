"""A cross-encoder, which reads question and passage together and says how well they fit."""

from collections.abc import Sequence
from threading import RLock
from typing import TYPE_CHECKING, Any

from spanwise.device import resolve_device
from spanwise.errors import ModelError
from spanwise.runtime.hub import hub_options
from spanwise.runtime.quiet import quiet_loading

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

TRAINED = ("ForSequenceClassification", "ForCausalLM")  # architectures whose head gives the scores
BATCH_SIZE = 16


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
        :raises ModelError: If the model cannot be loaded.
        """
        import torch

        self.warm_up()
        if self._loaded is None or not pairs:
            return []
        with self._guard:  # its tokenizer is not thread-safe: padding is a setting of it
            scores: Any = self._loaded.predict(
                list(pairs), batch_size=BATCH_SIZE, activation_fn=torch.nn.Sigmoid(), show_progress_bar=False
            )
        found: list[float] = scores.tolist()
        return found


def _load(model: str, device: str) -> "CrossEncoder":
    import torch
    from sentence_transformers import CrossEncoder

    options: dict[str, Any] = {"use_safetensors": True, "dtype": torch.float32}
    local = hub_options(model)
    try:
        with quiet_loading():
            loaded: CrossEncoder = CrossEncoder(model, device=device, model_kwargs=options, **local)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        reason = str(error).strip().partition("\n")[0]
        msg = f"expected a cross-encoder named {model!r}, found none ({reason}); check the name, or give a folder"
        raise ModelError(msg) from error
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
