"""Broken models, too little memory, and nothing to read."""

import logging
import shutil
import subprocess
import sys

import numpy as np
import pytest
from haystack import Document

from spanwise.errors import ModelError
from spanwise.read import ExtractiveReader, SpanReader
from spanwise.read.backends.load import load_backend
from spanwise.read.batches import BatchRunner
from spanwise.read.settings import ReaderSettings
from spanwise.read.windows import WindowBuilder

QUESTION = "Which port does the server use?"
PASSAGES = ["The server listens on port 8443 by default. " * number for number in range(1, 9)]
PAIRS = [(QUESTION, passage) for passage in PASSAGES]


def with_weights(folder, tmp_path, change):
    """Copy a model and change its weights."""
    from safetensors.torch import load_file, save_file

    copy = tmp_path / "changed"
    shutil.copytree(folder, copy)
    weights = load_file(copy / "model.safetensors")
    change(weights)
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    return str(copy)


@pytest.mark.parametrize(("value", "named"), [(float("nan"), "nan"), (float("inf"), "(inf|nan)")])
def test_a_model_that_gives_no_numbers_gives_no_answer(bert_reader, tmp_path, value, named):
    folder = with_weights(bert_reader, tmp_path, lambda weights: weights["qa_outputs.bias"].fill_(value))
    reader = SpanReader(ReaderSettings(folder, max_seq_length=64, stride=16, device="cpu"))
    with pytest.raises(ModelError, match=rf"expected finite logits from '.*changed', found {named}; its weights are"):
        reader.read(PAIRS[:1])


def test_a_model_that_overflows_in_half_precision_says_what_to_do(bert_reader, tmp_path):
    folder = with_weights(bert_reader, tmp_path, lambda weights: weights["qa_outputs.weight"].mul_(1e5))
    options = {"max_seq_length": 64, "stride": 16, "device": "cpu"}
    with pytest.raises(ModelError, match=r"pass model_kwargs=\{'dtype': 'float32'\}$"):
        SpanReader(ReaderSettings(folder, model_kwargs={"dtype": "float16"}, **options)).read(PAIRS)
    assert SpanReader(ReaderSettings(folder, model_kwargs={"dtype": "float32"}, **options)).read(PAIRS)[0]


class SmallMemory:
    """A backend whose memory holds so many tokens of a padded batch."""

    def __init__(self, backend, tokens):
        self.backend, self.tokens = backend, tokens
        self.tried, self.done = [], []

    def __getattr__(self, name):
        return getattr(self.backend, name)

    def logits(self, input_ids, attention_mask, token_type_ids):
        self.tried.append(input_ids.size)
        if input_ids.size > self.tokens:
            raise MemoryError("out of memory")
        self.done.append(input_ids.size)
        return self.backend.logits(input_ids, attention_mask, token_type_ids)


@pytest.fixture
def windows_and_backend(architecture_folder):

    backend = load_backend(
        ReaderSettings(str(architecture_folder("bert")), device="cpu", backend="torch", precision="fp32")
    )
    builder = WindowBuilder(backend.inputs.tokenizer, backend.inputs.pair_format, max_seq_length=64, stride=16)
    return builder.build(PAIRS * 2), backend


def margins_by_window(runner, windows):
    found = {}
    for batch, (starts, _) in runner.run(windows):
        for window, start in zip(batch, starts, strict=True):
            found[window.pair, window.begin] = start[: len(window.input_ids)]
    return found


def test_too_little_memory_halves_the_batch_and_goes_on(windows_and_backend, caplog):
    windows, backend = windows_and_backend
    expected = margins_by_window(BatchRunner(backend), windows)
    small = SmallMemory(backend, 300)
    runner = BatchRunner(small)
    with caplog.at_level(logging.WARNING):
        found = margins_by_window(runner, windows)
        margins_by_window(runner, windows)
    assert found.keys() == expected.keys()
    assert all(np.abs(found[key] - expected[key]).max() < 1e-4 for key in expected)
    # Said once, and what did not fit is not tried again.
    (record,) = caplog.records
    assert "going on with smaller batches; pass max_batch_tokens=" in record.getMessage()
    failed = [size for size in small.tried if size > 300]
    assert failed == sorted(failed, reverse=True)
    assert len(failed) < 6
    assert max(small.done) <= runner.max_tokens <= 300


def test_too_little_memory_for_one_window(windows_and_backend):
    windows, backend = windows_and_backend
    with pytest.raises(
        ModelError, match=r"memory for one window of 64 tokens, found too little \(out of memory\); pass"
    ):
        list(BatchRunner(SmallMemory(backend, 40)).run(windows))


LIMITED = """
import resource, sys
from spanwise.read import ReaderSettings, SpanReader
pairs = [("Which port?", "The server listens on port 8443 by default. " * 60)] * {count}
same = {{"device": "cpu", "precision": {precision!r}, "model_kwargs": {kwargs}}}
small = SpanReader(ReaderSettings(max_batch_tokens=512, **same))
(expected, *_) = small.read(pairs[:1])
large = SpanReader(ReaderSettings(max_batch_tokens=64 * 384, **same))
large.warm_up()
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (300 << 20),) * 2)
(found, *_) = large.read(pairs)
assert abs(found[0].margin - expected[0].margin) < 1e-3, (found, expected)
"""


@pytest.mark.parametrize(
    ("kwargs", "precision", "count", "warnings"),
    [
        pytest.param(None, "auto", 16, 0, id="onnx"),
        pytest.param({"attn_implementation": "eager"}, "fp32", 32, 1, id="torch", marks=pytest.mark.slow),
    ],
)
def test_a_process_with_little_memory_reads_on(kwargs, precision, count, warnings):
    """The memory of a process is limited for real; ONNX Runtime reads a window at a time, PyTorch runs out of it.

    In float32: a batch's shape moves the logits of bfloat16, which a processor may have.
    """
    command = [sys.executable, "-c", LIMITED.format(kwargs=kwargs, precision=precision, count=count)]
    ran = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert ran.stderr.count("going on with smaller batches") == warnings


@pytest.mark.parametrize("documents", [[], [Document(content=None)], [Document(content=""), Document(content=" \n\t")]])
@pytest.mark.parametrize("model", ["onnx", "torch"])
def test_nothing_to_read(bert_reader, documents, model):
    folder = {"onnx": "default", "torch": bert_reader}[model]
    reader = ExtractiveReader(folder, device="cpu", max_seq_length=64, stride=16)
    (only,) = reader.run(QUESTION, documents)["answers"]
    assert (only.data, only.score) == (None, 1.0)
    assert reader.run(QUESTION, documents, no_answer=False) == {"answers": []}


@pytest.mark.gpu
def test_too_little_memory_on_a_gpu(architecture_folder):
    import torch

    folder = str(architecture_folder("bert"))
    settings = {"max_seq_length": 128, "stride": 16, "device": "cuda"}
    expected = SpanReader(ReaderSettings(folder, max_batch_tokens=256, **settings)).read(PAIRS * 2000)
    torch.cuda.empty_cache()
    free, total = torch.cuda.mem_get_info()
    torch.cuda.set_per_process_memory_fraction((total - free + (256 << 20)) / total)
    try:
        found = SpanReader(ReaderSettings(folder, max_batch_tokens=2**24, **settings)).read(PAIRS * 2000)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert [spans[0].margin for spans in found] == pytest.approx([spans[0].margin for spans in expected], abs=1e-3)
