import os
import shutil
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from spanwise.errors import ModelError
from spanwise.read.backends import onnx as onnx_backend
from spanwise.read.backends.load import DTYPES, MultiDevice, chosen_compute, load_backend
from spanwise.read.backends.onnx import OnnxBackend
from spanwise.read.backends.torch import TorchBackend
from spanwise.read.reader import SpanReader
from spanwise.read.settings import ReaderSettings
from spanwise.runtime.default_reader import DEFAULT_READER, reader_folder

QUESTION = "Which port does the server use?"
PASSAGES = [
    "The server listens on port 8443 by default. " * repeats + ending
    for repeats, ending in ((1, ""), (4, "Backups are kept for thirty days."), (2, "The dome opens at dusk."), (9, ""))
]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"backend": "jax"}, "expected backend to be one of auto, torch, onnx, found 'jax'"),
        ({"precision": "int4"}, "expected precision to be one of auto, fp32, bf16, fp16, int8, found 'int4'"),
        ({"backend": "onnx", "precision": "bf16"}, "expected backend 'torch' for precision='bf16', found 'onnx'"),
        ({"backend": "onnx", "devices": ("cpu",)}, r"expected backend 'torch' for devices=\('cpu',\), found 'onnx'"),
        ({"backend": "onnx", "torch_compile": True}, "expected backend 'torch' for torch_compile=True, found 'onnx'"),
        ({"backend": "torch", "precision": "int8"}, "with backend 'torch', found 'int8'; choose backend='onnx'"),
        ({"devices": ("cpu",), "precision": "int8"}, r"fp16 for devices=\('cpu',\), found 'int8'"),
    ],
)
def test_settings_that_contradict_one_another(settings, message):
    with pytest.raises(ValueError, match=message):
        ReaderSettings(**settings)


@pytest.mark.parametrize(
    ("settings", "graph"),
    [
        ({}, "graph.int8.onnx"),
        ({"precision": "int8"}, "graph.int8.onnx"),
        ({"precision": "fp32"}, "graph.onnx"),
        ({"backend": "onnx"}, "graph.int8.onnx"),
        ({"backend": "onnx", "precision": "fp32"}, "graph.onnx"),
    ],
)
def test_which_graph_of_the_packaged_reader_runs_on_a_cpu(monkeypatch, settings, graph):
    opened = []
    inputs = [SimpleNamespace(name=name) for name in ("input_ids", "attention_mask", "token_type_ids")]
    monkeypatch.setattr(
        onnx_backend,
        "open_session",
        lambda file, *_, **__: opened.append(file.name) or SimpleNamespace(get_inputs=lambda: inputs),
    )
    assert isinstance(load_backend(ReaderSettings(DEFAULT_READER, device="cpu", **settings)), OnnxBackend)
    assert opened == [graph]


def test_a_folder_without_the_int8_graph_runs_in_float32(tmp_path):
    folder = tmp_path / "reader"
    shutil.copytree(reader_folder(DEFAULT_READER), folder, ignore=shutil.ignore_patterns("*.int8.onnx"))
    exact = load_backend(ReaderSettings(str(folder), device="cpu"))
    rows = np.array([[101, 2073, 102, 2182, 102]]), np.ones((1, 5), dtype=np.int64), np.array([[0, 0, 0, 1, 1]])
    expected = load_backend(ReaderSettings(DEFAULT_READER, device="cpu", precision="fp32")).logits(*rows)
    assert np.array_equal(exact.logits(*rows), expected)
    with pytest.raises(ModelError, match=rf"expected graph.int8.onnx in {folder}, found none; .*export {folder}"):
        load_backend(ReaderSettings(str(folder), device="cpu", precision="int8"))


@pytest.mark.parametrize("has_bfloat16", [False, True])
@pytest.mark.parametrize(
    ("options", "dtype"),
    [
        ({}, None),
        ({"backend": "torch"}, None),
        ({"precision": "fp32"}, "float32"),
        ({"precision": "bf16"}, "bfloat16"),
        ({"precision": "fp16"}, "float16"),
        ({"model_kwargs": {"dtype": "float32"}}, "float32"),
    ],
)
def test_the_precision_of_torch(bert_reader, monkeypatch, has_bfloat16, options, dtype):
    monkeypatch.setattr("spanwise.read.backends.load.has_bfloat16", lambda: has_bfloat16)
    backend = load_backend(ReaderSettings(str(bert_reader), device="cpu", **options))
    assert isinstance(backend, TorchBackend)
    fastest = "bfloat16" if has_bfloat16 else "float32"
    assert str(backend._model.dtype) == f"torch.{fastest if dtype is None else dtype}"


@pytest.mark.parametrize("has_bfloat16", [False, True])
def test_what_is_said_of_a_reader_is_what_is_loaded(bert_reader, monkeypatch, has_bfloat16):
    monkeypatch.setattr("spanwise.read.backends.load.has_bfloat16", lambda: has_bfloat16)
    for model in (str(bert_reader), DEFAULT_READER):
        device, backend, precision = chosen_compute(model, "cpu")
        loaded = load_backend(ReaderSettings(model, device="cpu"))
        if isinstance(loaded, TorchBackend):
            assert (device, backend, f"torch.{DTYPES[precision]}") == ("cpu", "torch", str(loaded._model.dtype))
        else:
            assert (device, backend, precision) == ("cpu", "onnx", "int8")


READING = """
from spanwise.read import ReaderSettings, SpanReader
reader = SpanReader(ReaderSettings({folder!r}, max_seq_length=64, stride=16))
print(reader.read([("Which port?", "Port 8443.")], top_k=1)[0][0].margin)
"""


def test_the_environment_does_not_decide_the_precision(bert_reader, tmp_path):
    """Rounding to bfloat16 moves the margin by a hundredth and more; another order of float32 sums by a millionth."""
    code = READING.format(folder=str(bert_reader))
    variables = {"OMP_NUM_THREADS": "1", "ONEDNN_DEFAULT_FPMATH_MODE": "BF16", "CI": "true"}
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "HOME": str(tmp_path), **variables}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    here = SpanReader(ReaderSettings(str(bert_reader), max_seq_length=64, stride=16))
    margin = here.read([("Which port?", "Port 8443.")], top_k=1)[0][0].margin
    assert float(ran.stdout) == pytest.approx(margin, abs=1e-4)


def test_a_callers_autocast_does_not_change_the_precision(bert_reader):
    import torch

    rows = np.array([[2, 9, 3, 11, 3]]), np.ones((1, 5), dtype=np.int64), np.array([[0, 0, 0, 1, 1]])
    backend = load_backend(ReaderSettings(str(bert_reader), device="cpu", precision="fp32"))
    expected = backend.logits(*rows)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert np.array_equal(backend.logits(*rows), expected)


def test_settings_a_model_cannot_run_with(bert_reader):
    folder = str(bert_reader)
    with pytest.raises(ModelError, match=r"expected no model_kwargs with ONNX Runtime, found \['revision'\]"):
        load_backend(ReaderSettings(folder, device="cpu", model_kwargs={"revision": "x"}, backend="onnx"))
    with pytest.raises(ModelError, match=r"expected graph.int8.onnx or graph.onnx in .* found none; write it"):
        load_backend(ReaderSettings(folder, device="cpu", backend="onnx"))
    with pytest.raises(ModelError, match="expected a precision or a dtype, found 'fp32' and 'float16'"):
        load_backend(ReaderSettings(folder, device="cpu", model_kwargs={"dtype": "float16"}, precision="fp32"))


def test_onnx_runtime_without_cuda(monkeypatch):
    monkeypatch.setattr("spanwise.read.backends.load.resolve_device", lambda device: device)
    with pytest.raises(ModelError, match="expected an ONNX Runtime with CUDA for the device 'cuda:1', found one with"):
        load_backend(ReaderSettings(DEFAULT_READER, device="cuda:1", backend="onnx"))
    with pytest.raises(ModelError, match="expected the device 'cpu' for int8 in ONNX Runtime, found 'cuda:1'"):
        load_backend(ReaderSettings(DEFAULT_READER, device="cuda:1", precision="int8"))


@pytest.mark.parametrize("precision", ["fp32", "int8"])
@pytest.mark.parametrize("settings", [{}, {"max_batch_tokens": 4096}, {"max_batch_size": 3}])
def test_a_passages_scores_do_not_depend_on_its_company(precision, settings):
    reader = SpanReader(ReaderSettings(device="cpu", backend="onnx", precision=precision, **settings))
    alone = [reader.read([(QUESTION, passage)], top_k=3)[0] for passage in PASSAGES]
    assert reader.read([(QUESTION, passage) for passage in PASSAGES], top_k=3) == alone
    first = [passage[spans[0].start : spans[0].end] for passage, spans in zip(PASSAGES, alone, strict=True)]
    assert all("8443" in words for words in first)


def test_int8_gives_nearly_the_scores_of_float32():
    comet = "The comet was discovered by Ana Ruiz in 1987, from the roof of her school in Toledo."
    pairs = [(question, comet) for question in ("Who discovered the comet?", "When was the comet discovered?")]
    pairs.append(("Who discovered the comet?", f"The dome opens at dusk. {comet} Backups are kept for thirty days."))
    exact, fast = (
        SpanReader(ReaderSettings(device="cpu", precision=precision)).read(pairs) for precision in ("fp32", "int8")
    )
    for first, second in zip(exact, fast, strict=True):
        assert (first[0].start, first[0].end) == (second[0].start, second[0].end)
        assert 0 < abs(first[0].margin - second[0].margin) < 1.5


def test_windows_of_sixteen_bit_numbers_do_not_depend_on_their_company(bert_reader):
    sizes = {"max_seq_length": 64, "stride": 16, "device": "cpu"}
    reader = SpanReader(ReaderSettings(str(bert_reader), precision="bf16", **sizes))
    alone = [reader.read([(QUESTION, passage)], top_k=3)[0] for passage in PASSAGES]
    assert reader.read([(QUESTION, passage) for passage in PASSAGES], top_k=3) == alone


def test_several_devices_give_the_answers_of_one(bert_reader):
    sizes = {"max_seq_length": 64, "stride": 16, "device": "cpu", "max_batch_size": 1}
    one = SpanReader(ReaderSettings(str(bert_reader), precision="fp32", **sizes))
    two = SpanReader(ReaderSettings(str(bert_reader), precision="fp32", devices=("cpu", "cpu"), **sizes))
    pairs = [(QUESTION, passage) for passage in PASSAGES]
    assert two.read(pairs) == one.read(pairs)


class Waiting:
    """A backend that answers with its number, and only when all its kind have been asked."""

    inputs, pads, batch_tokens = None, True, 64

    def __init__(self, number, everyone, in_flight=1):
        self.number, self.everyone, self.in_flight = number, everyone, in_flight

    def logits(self, input_ids, attention_mask, token_type_ids):
        self.everyone.wait()
        return np.full(input_ids.shape, self.number), np.full(input_ids.shape, self.number)


def test_every_device_computes_at_once():
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    everyone = Barrier(3, timeout=60)
    devices = MultiDevice([Waiting(number, everyone) for number in range(3)])
    assert devices.in_flight == 3
    rows = [np.ones((1, 4), dtype=np.int64)] * 3
    with ThreadPoolExecutor(3) as pool:
        for _ in range(2):
            answers = [task.result() for task in [pool.submit(devices.logits, *rows) for _ in range(3)]]
            assert sorted(int(starts[0, 0]) for starts, _ in answers) == [0, 1, 2]


def test_each_device_has_a_batch_before_any_has_two():
    class Anybody:
        def wait(self):
            pass

    devices = MultiDevice([Waiting(number, Anybody(), in_flight=2) for number in range(2)])
    taken = [devices._free.get().number for _ in range(devices.in_flight)]
    assert taken == [0, 1, 0, 1]


def test_a_device_that_fails_is_used_again():
    class Broken:
        def wait(self):
            raise MemoryError("too large")

    devices = MultiDevice([Waiting(0, Broken())])
    rows = [np.ones((1, 4), dtype=np.int64)] * 3
    for _ in range(2):
        with pytest.raises(MemoryError, match="too large"):
            devices.logits(*rows)
