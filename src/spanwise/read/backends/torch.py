"""Any AutoModelForQuestionAnswering, by name or folder, in PyTorch."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spanwise.errors import ModelError
from spanwise.read.backends.base import Logits
from spanwise.read.backends.limits import max_positions
from spanwise.runtime.quiet import quiet_loading
from spanwise.runtime.tokenizer import load_tokenizer


class TorchBackend:
    """
    Runs a model in PyTorch.

    :param model: A hub name or a local folder.
    :param device: "cpu", "cuda", "cuda:N" or "mps".
    :param token: Hub token for private models, or None.
    :param model_kwargs: Passed to `from_pretrained`; "dtype" is float32 unless it is given.
    :raises ModelError: If there is no such model, it has no question-answering head, or no fast tokenizer.
    """

    def __init__(
        self, model: str, *, device: str, token: str | None = None, model_kwargs: dict[str, Any] | None = None
    ) -> None:
        import torch
        from safetensors import SafetensorError
        from transformers import AutoModelForQuestionAnswering, AutoTokenizer

        # transformers keeps a file's dtype otherwise, and float16 products on a CPU are fifteen times slower.
        options = {"dtype": torch.float32, "use_safetensors": True, **(model_kwargs or {})}
        try:
            tokenizer = AutoTokenizer.from_pretrained(model, token=token)
            with quiet_loading():
                loaded, info = AutoModelForQuestionAnswering.from_pretrained(
                    model, token=token, output_loading_info=True, **options
                )
        except (OSError, ValueError, SafetensorError) as error:
            reason = str(error).partition("\n")[0]
            msg = f"expected a question-answering model named {model!r}, found none ({reason})"
            raise ModelError(msg) from error
        if info["missing_keys"]:
            msg = (
                f"expected a model with a trained question-answering head, found {model!r} "
                f"without {', '.join(sorted(info['missing_keys']))}; name a model fine-tuned on SQuAD"
            )
            raise ModelError(msg)
        self.tokenizer = load_tokenizer(model, token=token)
        self.pad_id = int(tokenizer.pad_token_id or 0)
        self.max_positions = max_positions(loaded.config.to_dict(), tokenizer.model_max_length)
        self._has_types = (
            getattr(loaded.config, "type_vocab_size", 0) > 1 and "token_type_ids" in tokenizer.model_input_names
        )
        self.batch_tokens = 2048 if device == "cpu" else 65_536
        self._device = device
        self._model = loaded.to(device).eval()

    def logits(
        self, input_ids: NDArray[np.int64], attention_mask: NDArray[np.int64], token_type_ids: NDArray[np.int64]
    ) -> Logits:
        """See `spanwise.read.backends.base.Backend.logits`."""
        import torch

        arrays = {"input_ids": input_ids, "attention_mask": attention_mask}
        if self._has_types:
            arrays["token_type_ids"] = token_type_ids
        with torch.inference_mode():
            output = self._model(**{name: torch.from_numpy(array).to(self._device) for name, array in arrays.items()})
        return output.start_logits.float().cpu().numpy(), output.end_logits.float().cpu().numpy()
