"""Write the ONNX graphs of a reader, and check them against PyTorch."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spanwise.errors import ModelError, UsageError
from spanwise.read.backends.base import Backend, Logits
from spanwise.read.backends.load import load_backend
from spanwise.read.backends.onnx import GRAPHS
from spanwise.read.backends.torch import load_model
from spanwise.read.settings import ReaderSettings
from spanwise.read.windows import Window, WindowBuilder
from spanwise.runtime.default_reader import reader_folder
from spanwise.runtime.graphs.encoder import MODEL_TYPES, Precision, build_reader_graph
from spanwise.runtime.graphs.export import export_graph
from spanwise.runtime.graphs.session import WEIGHTS_FILE
from spanwise.runtime.model_folder import read_settings
from spanwise.runtime.tokenizer import load_fast_tokenizer
from spanwise.squad.squad_file import read_squad

LARGEST_DIFFERENCE = 0.01  # of a logit in float32; products summed in another order differ by a hundredth of that
LEAST_SAME = 0.75  # share of windows whose best span int8 leaves as it is
CHECKED = 200  # questions at most
MAX_SEQ_LENGTH, STRIDE, MAX_ANSWER_LENGTH = 384, 128, 30
PACKAGED_CHECK = Path(__file__).with_name("check_passages.json")


@dataclass(frozen=True, slots=True)
class Agreement:
    """
    What a comparison found.

    :param windows: How many were compared.
    :param largest_difference: Between the logits of a token.
    :param mean_difference: Mean of the absolute differences.
    :param same_best: Windows whose best span is the same.
    """

    windows: int
    largest_difference: float
    mean_difference: float
    same_best: int


@dataclass(frozen=True, slots=True)
class Exported:
    """
    A graph that was written.

    :param kept: Whether it agreed well enough to be kept.
    """

    precision: str
    file: Path
    agreement: Agreement
    kept: bool


def export_reader(
    model: str, out: Path | None = None, *, precision: Precision | None = None, check: Path | None = None
) -> list[Exported]:
    """
    Write the graphs of a reader beside its weights, from where it then runs in ONNX Runtime, and check them.

    :param model: "default", a hub name or a local folder.
    :param out: A folder for a copy of the model with its graphs; None writes into the model's own folder.
    :param precision: None writes both, int8 only for architectures that have it. An int8 graph that changes too many
        best spans is kept only where it was asked for.
    :param check: Questions and passages in SQuAD format to check with; None takes a few packaged ones.
    :returns: What was written, fp32 first.
    :raises UsageError: If a hub model is given no folder, or `check` cannot be read.
    :raises ModelError: If the `onnx` extra is missing, the model cannot be loaded or has no int8 graph, or the float32
        graph does not give PyTorch's logits.
    """
    _require_onnx()
    pairs = check_pairs(PACKAGED_CHECK if check is None else check)
    folder = _prepare(model, out)
    settings = ReaderSettings(str(folder), device="cpu", backend="torch", precision="fp32")
    reference = load_backend(settings)
    exported = []
    for wanted in ("fp32", "int8") if precision is None else (precision,):
        if not _write(folder, wanted, required=precision is not None):
            continue
        graph = load_backend(replace(settings, backend="onnx", precision=wanted))
        found = compare_backends(graph, reference, pairs)
        exported.append(_judged(folder / GRAPHS[wanted], wanted, found, asked=precision is not None))
    return exported


def compare_backends(backend: Backend, reference: Backend, pairs: Sequence[tuple[str, str]]) -> Agreement:
    """
    Run the windows of some passages through both, one at a time.

    :param pairs: (question, passage) each.
    """
    inputs = reference.inputs
    length = min(MAX_SEQ_LENGTH, backend.inputs.max_positions)
    stride = length * STRIDE // MAX_SEQ_LENGTH
    builder = WindowBuilder(inputs.tokenizer, inputs.pair_format, max_seq_length=length, stride=stride)
    differences: list[NDArray[np.float32]] = []
    same = 0
    for window in builder.build(pairs):
        found, expected = (_logits(model, window) for model in (backend, reference))
        differences.append(np.abs(np.stack(found) - np.stack(expected)).ravel())
        same += _best_span(window, found) == _best_span(window, expected)
    every = np.concatenate(differences)
    return Agreement(len(differences), float(every.max()), float(every.mean()), same)


def _logits(backend: Backend, window: Window) -> Logits:
    rows = window.input_ids, [1] * len(window.input_ids), window.type_ids
    starts, ends = backend.logits(*(np.array([row], dtype=np.int64) for row in rows))
    return starts[0], ends[0]


def _best_span(window: Window, logits: Logits) -> tuple[int, int]:
    inside = slice(window.first, window.first + window.end - window.begin)
    start, end = (values[inside] for values in logits)
    reach = np.subtract.outer(np.arange(len(start)), np.arange(len(start)))
    scores = np.where((reach <= 0) & (reach > -MAX_ANSWER_LENGTH), start[:, None] + end, -np.inf)
    first, last = divmod(int(scores.argmax()), len(start))
    return first, last


def check_pairs(file: Path, most: int = CHECKED) -> list[tuple[str, str]]:
    """
    Return the questions of a SQuAD file with their passages, evenly from the whole file.

    :param most: How many to return.
    :raises UsageError: If it cannot be read, or has no questions.
    """
    pairs = [(entry.question, paragraph.context) for paragraph, entry in read_squad(file).questions()]
    return pairs[:: -(-len(pairs) // most)]


def _require_onnx() -> None:
    missing = [name for name in ("onnx", "onnxscript") if find_spec(name) is None]
    if missing:
        msg = f"expected the packages of the onnx extra, found no {' or '.join(missing)}; pip install 'spanwise[onnx]'"
        raise ModelError(msg)


def _prepare(model: str, out: Path | None) -> Path:
    """Return a folder with `model.safetensors` to write into: the model's own, or a copy."""
    folder = reader_folder(model)
    if out is None:
        if not folder.is_dir():
            msg = f"expected a model folder, found {model!r}; to export a model of the hub name a folder with --out"
            raise UsageError(msg)
        if not (folder / WEIGHTS_FILE).is_file():
            msg = f"expected the weights in {folder / WEIGHTS_FILE}, found no such file; write a copy with --out"
            raise ModelError(msg)
        return folder
    if out.exists() and any(out.iterdir()):
        msg = f"expected {out} to be empty or not to exist, found files in it; name another folder"
        raise UsageError(msg)
    if (folder / WEIGHTS_FILE).is_file():
        shutil.copytree(folder, out, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.onnx", "*.bin", "*.h5"))
    else:
        source = str(folder) if folder.is_dir() else model
        loaded = load_model(source, token=None, options={"dtype": "auto"})
        tokenizer = load_fast_tokenizer(source, token=None, options={})
        loaded.save_pretrained(out, max_shard_size="100GB")
        tokenizer.save_pretrained(out)
    return out


def _write(folder: Path, precision: Precision, *, required: bool) -> bool:
    """Write a graph; returns False where the architecture has none of this precision, and none is required."""
    file = folder / GRAPHS[precision]
    content = build_reader_graph(folder, precision)
    if content is not None:
        file.write_bytes(content)
    elif precision == "fp32":
        export_graph(folder, file)
    elif required:
        kind = read_settings(folder / "config.json").get("model_type")
        msg = f"expected a model of {', '.join(MODEL_TYPES)} for int8, found {kind!r}; choose --precision fp32"
        raise ModelError(msg)
    return content is not None or precision == "fp32"


def _judged(file: Path, precision: str, found: Agreement, *, asked: bool) -> Exported:
    if precision == "fp32" and not found.largest_difference <= LARGEST_DIFFERENCE:
        file.unlink()
        msg = (
            f"expected the graph to give PyTorch's logits within {LARGEST_DIFFERENCE}, found a difference of "
            f"{found.largest_difference:.3g}; this model runs in PyTorch only"
        )
        raise ModelError(msg)
    kept = asked or precision == "fp32" or found.same_best >= LEAST_SAME * found.windows
    if not kept:
        file.unlink()
    return Exported(precision, file, found, kept)
