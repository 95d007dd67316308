"""What a user chooses of how a reader is computed."""

from collections.abc import Sequence
from dataclasses import dataclass, field

BACKENDS = ("auto", "torch", "onnx")
PRECISIONS = ("auto", "fp32", "bf16", "fp16", "int8")


@dataclass(frozen=True)
class Compute:
    """
    What runs a reader.

    :param backend: "torch", "onnx", or "auto": ONNX Runtime for a folder with a graph on a CPU, else PyTorch.
    :param precision: "fp32", which is exact; "int8", of ONNX Runtime on a CPU; "bf16" or "fp16", of PyTorch; or "auto":
        int8 where the model has such a graph, bf16 where the hardware multiplies it, else fp32.
    :param devices: Of PyTorch, each of which reads a share of the windows; none for the one `device`.
    :param torch_compile: Whether PyTorch compiles the model at its first batches, which takes a minute and a compiler.
    :raises ValueError: If a value is unknown, or the values contradict one another.
    """

    backend: str = "auto"
    precision: str = "auto"
    devices: Sequence[str] = field(default=())
    torch_compile: bool = False

    def __post_init__(self) -> None:
        for name, known in (("backend", BACKENDS), ("precision", PRECISIONS)):
            if getattr(self, name) not in known:
                msg = f"expected {name} to be one of {', '.join(known)}, found {getattr(self, name)!r}"
                raise ValueError(msg)
        of_torch = {"devices": bool(self.devices), "torch_compile": self.torch_compile}
        of_torch["precision"] = self.precision in {"bf16", "fp16"}
        for name, given in of_torch.items():
            if given and self.backend == "onnx":
                msg = (
                    f"expected backend 'torch' for {name}={getattr(self, name)!r}, found 'onnx'; leave one of them out"
                )
                raise ValueError(msg)
            if given and self.precision == "int8":
                msg = f"expected precision fp32, bf16 or fp16 for {name}={getattr(self, name)!r}, found 'int8'"
                raise ValueError(msg)
        if self.backend == "torch" and self.precision == "int8":
            msg = "expected precision fp32, bf16 or fp16 with backend 'torch', found 'int8'; choose backend='onnx'"
            raise ValueError(msg)

    @property
    def needs_torch(self) -> bool:
        """Whether only PyTorch can do it."""
        return self.backend == "torch" or bool(self.devices) or self.torch_compile or self.precision in {"bf16", "fp16"}

    @property
    def needs_onnx(self) -> bool:
        """Whether only ONNX Runtime can do it."""
        return self.backend == "onnx" or self.precision == "int8"
