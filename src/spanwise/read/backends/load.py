"""Choose the code that runs a reader, the numbers it computes with, and the devices."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from spanwise.errors import ModelError
from spanwise.read.backends.base import Backend, Logits, TokenArray
from spanwise.read.backends.onnx import GRAPHS, OnnxBackend
from spanwise.read.backends.torch import TorchBackend, load_model
from spanwise.read.settings import ReaderSettings
from spanwise.runtime.default_reader import reader_folder
from spanwise.runtime.device import resolve_device
from spanwise.runtime.hub import require_folder
from spanwise.runtime.model_folder import require_sound
from spanwise.runtime.processor import has_bfloat16
from spanwise.runtime.tokenizer import load_fast_tokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

DTYPES = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}
FLOAT32_ONLY = frozenset({"xlnet"})
"""Architectures whose code in transformers mixes float32 into lower precisions, and fails with them."""
SPREADING = ("auto", "balanced", "balanced_low_0", "sequential")


class MultiDevice:
    """
    Gives each batch to a device that is free.

    :param backends: The same model on each device, at least one.
    """

    def __init__(self, backends: Sequence[Backend]) -> None:
        first = backends[0]
        self.inputs, self.pads = first.inputs, first.pads
        self.batch_tokens = min(backend.batch_tokens for backend in backends)
        self.in_flight = sum(backend.in_flight for backend in backends)
        self._free: SimpleQueue[Backend] = SimpleQueue()
        # Each as often as it takes batches at once, so that all have one before any has two.
        for turn in range(max(backend.in_flight for backend in backends)):
            for backend in backends:
                if turn < backend.in_flight:
                    self._free.put(backend)

    def logits(self, input_ids: TokenArray, attention_mask: TokenArray, token_type_ids: TokenArray) -> Logits:
        """See `spanwise.read.backends.base.Backend.logits`."""
        backend = self._free.get()
        try:
            return backend.logits(input_ids, attention_mask, token_type_ids)
        finally:
            self._free.put(backend)


def load_backend(settings: ReaderSettings, *, tokenizer: "str | PreTrainedTokenizerBase | None" = None) -> Backend:
    """
    Load a reader.

    :param tokenizer: A hub name, a local folder, or a loaded one; None for the model's own. With any but the model's
        own it runs in PyTorch.
    :raises ModelError: If the model cannot be loaded, or not as the settings say.
    """
    options = {} if settings.model_kwargs is None else dict(settings.model_kwargs)
    mapped = options.pop("device_map", None)
    device = settings.device if mapped is None else _only_device(mapped)
    if device is None:
        options["device_map"] = mapped
    else:
        device = resolve_device(device)
    folder = reader_folder(settings.model)
    require_sound(folder)
    if settings.needs_onnx or (device == "cpu" and not options and tokenizer is None and not settings.needs_torch):
        graphs = _graphs(folder, _wanted(device, settings.precision))
        if settings.needs_onnx:
            _check_onnx(settings, folder, device, options, graphs)
        if graphs and device is not None:
            return OnnxBackend(folder, precision=graphs[0], device=device)
    return _load_torch(settings, folder, device, options, tokenizer)


def chosen_compute(model: str, device: str = "auto") -> tuple[str, str, str]:
    """
    Return where and how `load_backend` runs a reader of which nothing else is said; nothing is loaded.

    :param model: "default", a hub name or a local folder.
    :returns: The device, the backend ("torch" or "onnx") and the precision ("fp32", "bf16", "fp16" or "int8").
    :raises UsageError: If the device is unknown, or is not available on this machine.
    """
    place = resolve_device(device)
    graphs = _graphs(reader_folder(model), _wanted(place)) if place == "cpu" else []
    return (place, "onnx", graphs[0]) if graphs else (place, "torch", _fastest(place, model))


def _wanted(device: str | None, precision: str = "auto") -> list[str]:
    """Return the precisions of graphs that would do, best first."""
    by_itself = ["int8", "fp32"] if device == "cpu" else ["fp32"]
    return by_itself if precision == "auto" else [precision]


def _graphs(folder: Path, wanted: list[str]) -> list[str]:
    return [name for name in wanted if (folder / GRAPHS[name]).is_file()]


def _check_onnx(
    settings: ReaderSettings, folder: Path, device: str | None, options: Mapping[str, Any], graphs: list[str]
) -> None:
    """Refuse what ONNX Runtime cannot do, where nothing else will do."""
    if settings.precision == "int8" and device != "cpu":
        msg = f"expected the device 'cpu' for int8 in ONNX Runtime, found {device!r}; choose precision='bf16'"
    elif options:
        msg = f"expected no model_kwargs with ONNX Runtime, found {sorted(options)}; choose backend='torch'"
    elif not graphs:
        names = " or ".join(GRAPHS[name] for name in _wanted(device, settings.precision))
        msg = f"expected {names} in {folder}, found none; write it: spanwise export {settings.model}"
    else:
        return
    raise ModelError(msg)


def _load_torch(
    settings: ReaderSettings,
    folder: Path,
    device: str | None,
    options: dict[str, Any],
    tokenizer: "str | PreTrainedTokenizerBase | None",
) -> Backend:
    """Load a model into PyTorch, once for each device."""
    model = settings.model
    require_folder(str(folder))
    source, token = str(folder) if folder.is_dir() else model, settings.token
    loaded: list[Backend] = []
    places: list[str | None] = [resolve_device(name) for name in settings.devices]
    for place in places or [device]:
        arguments = _with_dtype(options, settings.precision, place, source)
        weights = load_model(source, token=token, options=arguments)
        if tokenizer is None or isinstance(tokenizer, str):
            named = source if tokenizer is None else tokenizer
            tokenizer = load_fast_tokenizer(named, token=token, options=arguments)
        loaded.append(TorchBackend(weights, tokenizer, device=place, torch_compile=settings.torch_compile))
    return loaded[0] if len(loaded) == 1 else MultiDevice(loaded)


def _with_dtype(options: dict[str, Any], precision: str, device: str | None, model: str) -> dict[str, Any]:
    import torch

    if "dtype" in options:
        if precision != "auto":
            msg = (
                f"expected a precision or a dtype, found {precision!r} and {options['dtype']!r}; leave one of them out"
            )
            raise ModelError(msg)
        return options
    return {**options, "dtype": getattr(torch, DTYPES[_fastest(device, model) if precision == "auto" else precision])}


def _fastest(device: str | None, model: str) -> str:
    """Return the fastest precision of PyTorch on a device, by its hardware and what the model can take."""
    if _model_type(model) in FLOAT32_ONLY:
        return "fp32"
    if device is not None and device.startswith("cuda"):
        import torch

        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    return "bf16" if device == "cpu" and has_bfloat16() else "fp32"


def _model_type(model: str) -> str | None:
    """Return the architecture that a model's configuration names, in its folder or the hub's cache, or None."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    file: Any = reader_folder(model) / "config.json"
    with suppress(OSError, ValueError, TypeError, AttributeError, HFValidationError):
        if not file.is_file():
            file = try_to_load_from_cache(model, "config.json")
        return str(json.loads(Path(file).read_text(encoding="utf-8")).get("model_type"))
    return None


def _only_device(device_map: Any) -> str | None:
    """Return the device that a map puts the whole model on; None for a map that spreads it, which takes accelerate."""
    place = device_map[""] if isinstance(device_map, dict) and set(device_map) == {""} else device_map
    if isinstance(place, dict) or place in SPREADING:
        return None
    return f"cuda:{place}" if isinstance(place, int) else str(place)
