"""What only a CUDA device can show; run by `make test-gpu`."""

import numpy as np
import pytest

from spanwise.read.backends.load import load_backend
from spanwise.read.reader import SpanReader
from spanwise.read.settings import ReaderSettings

pytestmark = pytest.mark.gpu

QUESTION = "Which port does the server use?"
PASSAGES = ["The server listens on port 8443 by default. " * repeats for repeats in range(1, 40)]
SIZES = {"max_seq_length": 64, "stride": 16}


def read(folder, device, **settings):
    reader = SpanReader(ReaderSettings(str(folder), device=device, **SIZES, **settings))
    return reader.read([(QUESTION, passage) for passage in PASSAGES], top_k=2)


def margins(spans):
    return np.array([found[0].margin for found in spans])


@pytest.mark.parametrize("settings", [{}, {"max_batch_tokens": 64}, {"max_batch_size": 3}])
def test_float32_gives_the_spans_of_the_cpu(tiny_reader, settings):
    expected = read(tiny_reader, "cpu")
    found = read(tiny_reader, "cuda", precision="fp32", **settings)
    assert [(span.start, span.end) for spans in found for span in spans] == [
        (span.start, span.end) for spans in expected for span in spans
    ]
    assert np.abs(margins(found) - margins(expected)).max() < 1e-2


def test_sixteen_bits_are_the_default(bert_reader):
    import torch

    backend = load_backend(ReaderSettings(str(bert_reader), device="cuda"))
    bits = torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    assert backend._model.dtype == bits
    assert backend.in_flight == 2
    assert np.abs(margins(read(bert_reader, "cuda")) - margins(read(bert_reader, "cpu"))).max() < 0.3


def test_logits_arrive_whole_from_many_threads(bert_reader):
    from concurrent.futures import ThreadPoolExecutor

    backend = load_backend(ReaderSettings(str(bert_reader), device="cuda", precision="fp32"))
    random = np.random.default_rng(0)
    batches = [
        (ids, np.ones_like(ids), np.zeros_like(ids)) for ids in (random.integers(5, 60, (64, 60)) for _ in range(30))
    ]
    expected = [backend.logits(*batch) for batch in batches]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda batch: backend.logits(*batch), batches))
    for first, second in zip(found, expected, strict=True):
        assert np.array_equal(first, second)


def test_several_devices(bert_reader):
    import torch

    devices = tuple(f"cuda:{number % torch.cuda.device_count()}" for number in range(2))
    found = read(bert_reader, "cuda", precision="fp32", devices=devices, max_batch_size=2)
    assert np.abs(margins(found) - margins(read(bert_reader, "cpu"))).max() < 1e-2


def test_a_compiled_model(bert_reader):
    found = read(bert_reader, "cuda", precision="fp32", torch_compile=True, max_batch_size=5)
    assert np.abs(margins(found) - margins(read(bert_reader, "cpu"))).max() < 1e-2
