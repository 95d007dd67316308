"""What a user chooses of how a reader reads and is computed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spanwise.checks import check_positive
from spanwise.runtime.default_reader import DEFAULT_READER

BACKENDS = ("auto", "torch", "onnx")
PRECISIONS = ("auto", "fp32", "bf16", "fp16", "int8")


@dataclass(frozen=True)
class ReaderSettings:
    """
    The settings of a reader; all that loads or runs one takes them from here.

    :param model: "default" for the packaged reader, a hub name or a local folder.
    :param device: "auto", "cpu", "cuda", "cuda:N" or "mps"; a "device_map" in `model_kwargs` counts instead.
    :param token: Hub token for private models, or None.
    :param max_seq_length: Most tokens in a window, question and special tokens included.
    :param stride: Passage tokens that neighboring windows share.
    :param max_answer_length: Most tokens in an answer.
    :param max_batch_size: Most windows in a batch, or None for no such bound.
    :param max_batch_tokens: Most tokens in a padded batch, or None for what suits the device.
    :param model_kwargs: Passed to transformers' `from_pretrained`; given any, the model runs in PyTorch. "revision",
        "cache_dir" and the like hold for the tokenizer too.
    :param null_answer: Whether the model was trained to say "no answer", as SQuAD 2.0 asks for and SQuAD 1.1 does not;
        None takes what its calibration file says, or what is known of it by name, and else True.
    :param backend: "torch", "onnx", or "auto": ONNX Runtime for a folder with a graph on a CPU, else PyTorch.
    :param precision: "fp32", which is exact; "int8", of ONNX Runtime on a CPU; "bf16" or "fp16", of PyTorch; or "auto":
        int8 where the model has such a graph, bf16 where the hardware multiplies it, else fp32.
    :param devices: Of PyTorch, each of which reads a share of the windows; none for the one `device`.
    :param torch_compile: Whether PyTorch compiles the model at its first batches, which takes a minute and a compiler.
    :raises ValueError: If a number is out of its range, a value unknown, or the last four contradict one another.
    """

    model: str = DEFAULT_READER
    device: str = "auto"
    token: str | bool | None = None
    max_seq_length: int = 384
    stride: int = 128
    max_answer_length: int = 30
    max_batch_size: int | None = None
    max_batch_tokens: int | None = None
    model_kwargs: Mapping[str, Any] | None = None
    null_answer: bool | None = None
    backend: str = "auto"
    precision: str = "auto"
    devices: Sequence[str] = ()
    torch_compile: bool = False

    def __post_init__(self) -> None:
        counts = ("max_seq_length", "max_answer_length", "max_batch_size", "max_batch_tokens")
        check_positive(**{name: getattr(self, name) for name in counts})
        if not 0 <= self.stride < self.max_seq_length:
            msg = f"expected 0 <= stride < max_seq_length ({self.max_seq_length}), found stride={self.stride}"
            raise ValueError(msg)
        for name, known in (("backend", BACKENDS), ("precision", PRECISIONS)):
            if getattr(self, name) not in known:
                msg = f"expected {name} to be one of {', '.join(known)}, found {getattr(self, name)!r}"
                raise ValueError(msg)
        given = self._of_torch
        if self.backend == "torch" and self.precision == "int8":
            msg = "expected precision fp32, bf16 or fp16 with backend 'torch', found 'int8'; choose backend='onnx'"
        elif given is not None and self.backend == "onnx":
            msg = f"expected backend 'torch' for {given}, found 'onnx'; leave one of them out"
        elif given is not None and self.precision == "int8":
            msg = f"expected precision fp32, bf16 or fp16 for {given}, found 'int8'"
        else:
            return
        raise ValueError(msg)

    @property
    def _of_torch(self) -> str | None:
        """A setting that only PyTorch can follow, with its value."""
        half = self.precision in {"bf16", "fp16"}
        stated = {"devices": bool(self.devices), "torch_compile": self.torch_compile, "precision": half}
        return next((f"{name}={getattr(self, name)!r}" for name, given in stated.items() if given), None)

    @property
    def needs_torch(self) -> bool:
        """Whether only PyTorch can do it."""
        return self.backend == "torch" or self._of_torch is not None

    @property
    def needs_onnx(self) -> bool:
        """Whether only ONNX Runtime can do it."""
        return self.backend == "onnx" or self.precision == "int8"
