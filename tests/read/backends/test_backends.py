import shutil
import sys

import numpy as np
import pytest

from spanwise.errors import ModelError, UsageError
from spanwise.read.backends.base import max_positions
from spanwise.read.backends.load import load_backend
from spanwise.read.backends.onnx import OnnxBackend
from spanwise.read.backends.torch import TorchBackend
from spanwise.read.reader import SpanReader
from spanwise.read.settings import ReaderSettings
from spanwise.runtime.default_reader import DEFAULT_READER, reader_folder

PAIRS = [
    ("Which port does it use?", "The server listens on port 8443. " * 30),
    ("Who is the mayor?", "Ana Ruiz has been the mayor of the capital since 2019."),
    ("Wer?", "東京 naïve שלום 😀"),
]


def test_onnx_gives_the_logits_of_torch_on_the_packaged_reader():
    folder = reader_folder(DEFAULT_READER)
    onnx, torch = (
        OnnxBackend(folder),
        load_backend(ReaderSettings(str(folder), device="cpu", backend="torch", precision="fp32")),
    )
    encodings = onnx.inputs.tokenizer.encode_batch(PAIRS)
    shape = len(PAIRS), max(map(len, encodings))
    ids, mask, types = (np.zeros(shape, dtype=np.int64) for _ in range(3))
    for row, encoding in enumerate(encodings):
        for array, values in ((ids, encoding.ids), (mask, encoding.attention_mask), (types, encoding.type_ids)):
            array[row, : len(encoding)] = values
    kept = mask.astype(bool)
    for found, expected in zip(onnx.logits(ids, mask, types), torch.logits(ids, mask, types), strict=True):
        assert found.shape == expected.shape == shape
        assert found.dtype == expected.dtype == np.float32
        assert np.abs(found - expected)[kept].max() < 1e-4
    assert onnx.pads == torch.pads
    for name in ("pad_id", "max_positions", "pair_format", "model_type"):
        assert getattr(onnx.inputs, name) == getattr(torch.inputs, name)


def test_the_packaged_reader_runs_without_torch_on_a_cpu():
    assert isinstance(load_backend(ReaderSettings(DEFAULT_READER, device="cpu")), OnnxBackend)
    backend = load_backend(ReaderSettings(DEFAULT_READER, device="cpu", model_kwargs={"attn_implementation": "eager"}))
    assert isinstance(backend, TorchBackend)


def test_damaged_weights_are_refused(tmp_path):
    folder = tmp_path / "reader"
    shutil.copytree(reader_folder(DEFAULT_READER), folder)
    weights = folder / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1000] ^= 1
    weights.write_bytes(data)
    with pytest.raises(ModelError, match=r"model\.safetensors to have SHA-256 [0-9a-f]{64}, found [0-9a-f]{64}"):
        SpanReader(ReaderSettings(str(folder), device="cpu")).warm_up()


@pytest.mark.parametrize("size", [1_000_000, 130, 0])
def test_weights_cut_short_are_refused(tmp_path, size):
    folder = tmp_path / "reader"
    shutil.copytree(reader_folder(DEFAULT_READER), folder)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:size])
    with pytest.raises(ModelError, match=r"model\.safetensors"):
        SpanReader(ReaderSettings(str(folder), device="cpu")).warm_up()


def test_a_tiny_readers_weights_cut_short_are_refused(bert_reader, tmp_path):
    folder = tmp_path / "reader"
    shutil.copytree(bert_reader, folder)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(ModelError, match="expected a question-answering model named"):
        SpanReader(ReaderSettings(str(folder), max_seq_length=64, stride=16, device="cpu")).warm_up()


def test_torch_computes_in_float32_whatever_the_file_holds():
    import torch

    folder = str(reader_folder(DEFAULT_READER))
    assert (
        load_backend(ReaderSettings(folder, device="cpu", backend="torch", precision="fp32"))._model.dtype
        == torch.float32
    )
    chosen = load_backend(ReaderSettings(folder, device="cpu", model_kwargs={"dtype": torch.bfloat16}))
    assert chosen._model.dtype == torch.bfloat16
    ids = np.array([[101, 2073, 102, 2182, 102]], dtype=np.int64)
    assert chosen.logits(ids, np.ones_like(ids), np.zeros_like(ids))[0].dtype == np.float32


def test_a_quantized_model_stays_where_it_is(bert_reader):
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    model = AutoModelForQuestionAnswering.from_pretrained(bert_reader)
    model.is_quantized = True
    model.to = lambda device: pytest.fail("it was moved")
    backend = TorchBackend(model, AutoTokenizer.from_pretrained(bert_reader), device="cpu")
    assert backend.pads


def test_an_unknown_device(bert_reader):
    with pytest.raises(UsageError, match="expected a device of auto, cpu, cuda, mps or cuda:N, found 'tpu'"):
        SpanReader(ReaderSettings(str(bert_reader), device="tpu")).warm_up()


@pytest.mark.parametrize(
    ("config", "stated", "expected"),
    [
        ({"model_type": "bert", "max_position_embeddings": 512, "pad_token_id": 0}, 512, 512),
        ({"model_type": "roberta", "max_position_embeddings": 514, "pad_token_id": 1}, 1e30, 512),
        ({"model_type": "mpnet", "max_position_embeddings": 514, "pad_token_id": 1}, None, 512),
        ({"model_type": "bert", "max_position_embeddings": 512, "pad_token_id": 0}, 128, 128),
        ({"model_type": "xlnet"}, 1e30, sys.maxsize),
        ({"model_type": "longformer", "max_position_embeddings": 4098, "pad_token_id": 1}, 1e30, 4096),
        ({"model_type": "modernbert", "max_position_embeddings": 8192, "pad_token_id": 50283}, 1e30, 8192),
        ({"model_type": "gpt2", "n_positions": 1024}, 1e30, 1024),
        ({"model_type": "t5", "max_position_embeddings": None}, 1024, 1024),
        ({"model_type": "deberta-v2", "max_position_embeddings": -1}, None, sys.maxsize),
        ({"model_type": "deberta-v2", "max_position_embeddings": 512}, 1e30, 512),
    ],
)
def test_how_many_tokens_a_model_takes(config, stated, expected):
    assert max_positions(config, stated) == expected
