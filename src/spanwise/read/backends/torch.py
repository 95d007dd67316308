"""Any AutoModelForQuestionAnswering in PyTorch; what would answer wrongly is refused."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from spanwise.errors import ModelError
from spanwise.read.backends.base import Logits, ModelInputs, TokenArray
from spanwise.runtime.hub import hub_options, quiet_loading, reason
from spanwise.runtime.model_folder import require_sound

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def load_model(model: str, *, token: str | bool | None, options: dict[str, Any]) -> "PreTrainedModel":
    """
    Load a question-answering model.

    :param model: A hub name or a local folder.
    :param token: Hub token for private models, or None.
    :param options: Passed to `from_pretrained`; "dtype" is float32 unless it is given, and only safetensors are read
        unless "use_safetensors" is False.
    :raises ModelError: If there is no such model, the hub cannot be reached, files are damaged, or no head is trained.
    """
    import torch
    from transformers import AutoModelForQuestionAnswering

    # transformers keeps a file's dtype otherwise, and float16 products on a CPU are fifteen times slower.
    options = {"dtype": torch.float32, "token": token, **hub_options(model, options), **options}
    require_sound(Path(model))
    if (Path(model) / "adapter_config.json").is_file():
        msg = f"expected a whole model in {model}, found an adapter, which names another model: merge the two first"
        raise ModelError(msg)
    options["use_safetensors"] = options.get("use_safetensors") is not False
    try:
        with quiet_loading():
            loaded, info = AutoModelForQuestionAnswering.from_pretrained(model, output_loading_info=True, **options)
    except Exception as error:  # of any kind: what libraries raise for unknown files has no common base class
        raise _no_model(model, error, safetensors=options["use_safetensors"]) from error
    untrained = [*info["missing_keys"], *(entry[0] for entry in info["mismatched_keys"])]
    if untrained:
        msg = (
            f"expected a model with a trained question-answering head, found {model!r} "
            f"without {', '.join(sorted(untrained))}; name a model fine-tuned on SQuAD"
        )
        raise ModelError(msg)
    result: PreTrainedModel = loaded
    return result


def _no_model(model: str, error: Exception, *, safetensors: bool) -> ModelError:
    from safetensors import SafetensorError

    remedy = "check the name; a private model needs a token"
    if isinstance(error, SafetensorError):
        remedy = "its weights are damaged or cut short: copy or download them again"
    if safetensors and "safetensors" in str(error):
        remedy = "convert it to safetensors, or, if you trust its files, pass model_kwargs={'use_safetensors': False}"
    return ModelError(f"expected a question-answering model named {model!r}, found none ({reason(error)}); {remedy}")


class TorchBackend:
    """
    Runs a model in PyTorch.

    :param model: A question-answering model of transformers.
    :param tokenizer: Its tokenizer, which is copied.
    :param device: "cpu", "cuda", "cuda:N" or "mps"; None leaves the model where it is.
    :param torch_compile: Whether to compile the model at its first batches.
    :raises ModelError: If the tokenizer is a slow one or of another model, or the model does not fit on the device.
    """

    def __init__(
        self,
        model: "PreTrainedModel",
        tokenizer: "PreTrainedTokenizerBase",
        *,
        device: str | None = None,
        torch_compile: bool = False,
    ) -> None:
        self.inputs = ModelInputs.of_model(model, tokenizer)
        if getattr(model, "is_quantized", False):  # such a model cannot be moved
            device = None
        try:
            # transformers wraps `to` in a way that hides its first parameter from type checkers
            self._model: PreTrainedModel = (model if device is None else cast("Any", model).to(device)).eval()
        except RuntimeError as error:
            if not _is_out_of_memory(error):
                raise
            msg = f"expected memory for the model on {device!r}, found too little; pass device='cpu'"
            raise ModelError(msg) from error
        self._device = self._model.device
        if torch_compile:
            self._model.compile(dynamic=True)
        self.batch_tokens = _batch_tokens(self._device.type, self._model.dtype.itemsize)
        # A second batch is copied to a device while it computes the first.
        self.in_flight = 1 if self._device.type == "cpu" else 2
        try:
            self.pads = self._ignores_padding()
        except AttributeError as error:
            msg = f"expected a model that gives start_logits and end_logits, found {type(model).__name__}"
            raise ModelError(msg) from error

    def _ignores_padding(self) -> bool:
        """
        Try whether padding leaves the logits as they are.

        It does not in MobileBERT, whose tokens see the embeddings of their neighbors, nor in models that mix tokens by
        pooling, convolutions or Fourier transforms.
        """
        probe = self.inputs.tokenizer.encode("a", "a")
        rows = np.array([probe.ids, [1] * len(probe), probe.type_ids], dtype=np.int64)[:, None]
        padding = np.zeros((3, 1, 3), dtype=np.int64)
        padding[0] = self.inputs.pad_id
        alone = np.stack(self.logits(*rows))
        padded = np.stack(self.logits(*np.append(rows, padding, axis=2)))[..., : len(probe)]
        tolerance = 1e-3 if self._model.dtype.itemsize >= 4 else 0.03
        with np.errstate(invalid="ignore"):  # a broken model is found out when it reads
            return bool(np.abs(padded - alone).max() <= tolerance * (1 + np.abs(alone).max()))

    def logits(self, input_ids: TokenArray, attention_mask: TokenArray, token_type_ids: TokenArray) -> Logits:
        """See `spanwise.read.backends.base.Backend.logits`."""
        import torch

        arrays = {"input_ids": input_ids, "attention_mask": attention_mask}
        if self.inputs.takes_types:
            arrays["token_type_ids"] = token_type_ids
        try:
            # A caller's autocast is not to change the precision that the reader was loaded with.
            with torch.inference_mode(), torch.autocast(self._device.type, enabled=False):
                output = self._model(**{name: self._moved(array) for name, array in arrays.items()})
                start, end = self._fetched(torch.stack((output.start_logits, output.end_logits)).float())
                return start, end
        except RuntimeError as error:
            if not _is_out_of_memory(error):
                raise
            reason = str(error).partition("\n")[0]
        # Outside of the handler, where the exception no longer holds on to the tensors of the failed batch.
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        raise MemoryError(reason)

    def _moved(self, array: TokenArray) -> "torch.Tensor":
        """Copy to the device; from pinned memory the copy runs beside what the device computes."""
        import torch

        tensor = torch.from_numpy(array)
        if self._device.type != "cuda":
            return tensor.to(self._device)
        return tensor.pin_memory().to(self._device, non_blocking=True)

    def _fetched(self, logits: "torch.Tensor") -> NDArray[np.float32]:
        """Copy from the device, waiting for these logits alone and not for batches that were queued after them."""
        import torch

        if self._device.type != "cuda":
            return logits.cpu().numpy()
        with torch.cuda.device(self._device):
            host = torch.empty(logits.shape, dtype=logits.dtype, pin_memory=True)
            host.copy_(logits, non_blocking=True)
            copied = torch.cuda.Event()  # type: ignore[no-untyped-call]
            copied.record()
            copied.synchronize()
        return host.numpy()


def _batch_tokens(device: str, bytes_per_number: int) -> int:
    """Return the tokens of a padded batch with which a device runs best."""
    if device != "cpu":
        return 65_536
    # Rounding to 16 bits tells batches of different shapes apart: on a CPU, a window by itself is no slower.
    return 1 if bytes_per_number < 4 else 2048


def _is_out_of_memory(error: RuntimeError) -> bool:
    """Tell whether memory ran out; CUDA has an error of its own, MPS and the CPU only say so."""
    import torch

    words = ("out of memory", "can't allocate memory")
    return isinstance(error, torch.OutOfMemoryError) or any(word in str(error).lower() for word in words)
