import shutil

import numpy as np
import pytest

from spanwise.errors import ModelError
from spanwise.files.digest import file_sha256
from spanwise.runtime.graphs.export import export_graph
from spanwise.runtime.graphs.session import open_session
from spanwise.runtime.tokenizer import load_tokenizer


def torch_logits(folder, inputs):
    import torch
    from transformers import AutoModelForQuestionAnswering

    model = AutoModelForQuestionAnswering.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.inference_mode():
        output = model(**{name: torch.from_numpy(array) for name, array in inputs.items()})
    return output.start_logits.numpy(), output.end_logits.numpy()


@pytest.fixture(scope="module")
def exported(bert_reader, tmp_path_factory):
    """The tiny BERT with float16 weights, and its graph."""
    import torch
    from transformers import AutoModelForQuestionAnswering

    folder = tmp_path_factory.mktemp("exported") / "model"
    shutil.copytree(bert_reader, folder)
    AutoModelForQuestionAnswering.from_pretrained(bert_reader, dtype=torch.float16).save_pretrained(folder)
    export_graph(folder, folder / "graph.onnx")
    return folder


@pytest.mark.parametrize("shape", [(1, 5), (3, 40)])
def test_the_graph_gives_the_logits_of_torch(exported, shape):
    random = np.random.default_rng(0)
    mask = np.ones(shape, dtype=np.int64)
    mask[0, shape[1] - 2 :] = 0
    inputs = {
        "input_ids": random.integers(5, 90, shape),
        "attention_mask": mask,
        "token_type_ids": random.integers(0, 2, shape),
    }
    session = open_session(exported / "graph.onnx", exported)
    assert {value.name for value in session.get_inputs()} == set(inputs)
    assert [value.name for value in session.get_outputs()] == ["start_logits", "end_logits"]
    kept = mask.astype(bool)
    for found, expected in zip(session.run(None, inputs), torch_logits(exported, inputs), strict=True):
        assert np.abs(found - expected)[kept].max() < 1e-4


def test_an_exported_reader_folder_is_read_the_same(exported, bert_reader):
    from spanwise.read.backends.load import load_backend
    from spanwise.read.backends.onnx import OnnxBackend
    from spanwise.read.reader import SpanReader
    from spanwise.read.settings import ReaderSettings

    assert isinstance(load_backend(ReaderSettings(str(exported), device="cpu")), OnnxBackend)
    settings = {"max_seq_length": 64, "stride": 16, "device": "cpu"}
    pair = ("Which port?", "The server listens on port 8443 by default. " * 8)
    onnx, torch = (
        SpanReader(ReaderSettings(str(exported), backend=backend, precision="fp32", **settings)).read([pair])[0]
        for backend in ("onnx", "torch")
    )
    assert [(span.start, span.end) for span in onnx] == [(span.start, span.end) for span in torch]
    assert [span.margin for span in onnx] == pytest.approx([span.margin for span in torch], abs=1e-4)


def test_the_graph_holds_no_weights(exported):
    from onnx import load

    graph = load(exported / "graph.onnx", load_external_data=False).graph
    inside = sum(len(tensor.raw_data) for tensor in graph.initializer)
    outside = [tensor for tensor in graph.initializer if tensor.external_data]
    assert inside < 2000 < (exported / "model.safetensors").stat().st_size
    assert len(outside) > 15


def changed(exported, tmp_path, change):
    folder = tmp_path / "model"
    shutil.copytree(exported, folder)
    weights = folder / "model.safetensors"
    weights.write_bytes(change(weights.read_bytes()))
    return folder


def test_changed_weights_are_refused(exported, tmp_path):
    folder = changed(exported, tmp_path, lambda data: data[:-1] + bytes([data[-1] ^ 1]))
    expected, found = (file_sha256(place / "model.safetensors") for place in (exported, folder))
    with pytest.raises(ModelError, match=rf"to have SHA-256 {expected}, found {found}; reinstall"):
        open_session(folder / "graph.onnx", folder)


@pytest.mark.parametrize("size", [0, 100, 5000])
def test_weights_cut_short_are_refused(exported, tmp_path, size):
    folder = changed(exported, tmp_path, lambda data: data[:size])
    with pytest.raises(ModelError, match=r"model\.safetensors"):
        open_session(folder / "graph.onnx", folder)


def test_missing_weights_are_refused(exported, tmp_path):
    with pytest.raises(ModelError, match=rf"expected the model's weights at {tmp_path}/model\.safetensors, found no"):
        open_session(exported / "graph.onnx", tmp_path)


def test_file_sha256(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert file_sha256(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_tokenizer_neither_cuts_nor_pads(bert_reader, tmp_path):
    shutil.copy(bert_reader / "tokenizer.json", tmp_path)
    stored = load_tokenizer(bert_reader)
    stored.enable_truncation(4)
    stored.enable_padding(length=9)
    stored.save(str(tmp_path / "tokenizer.json"))
    assert len(load_tokenizer(tmp_path).encode("the server")) == 4
    assert len(load_tokenizer(tmp_path).encode("the server " * 50)) == 102


def test_a_tokenizer_without_its_file_comes_from_transformers(bert_reader, tmp_path):
    from transformers import AutoTokenizer

    folder = tmp_path / "old"
    AutoTokenizer.from_pretrained(bert_reader).save_pretrained(folder)
    vocabulary = load_tokenizer(bert_reader).get_vocab()
    (folder / "vocab.txt").write_text("\n".join(sorted(vocabulary, key=vocabulary.get)) + "\n")
    (folder / "tokenizer.json").unlink()
    text = "The server, on port 8443"
    assert load_tokenizer(folder).encode(text, "x").ids == load_tokenizer(bert_reader).encode(text, "x").ids


def test_no_tokenizer(tmp_path):
    with pytest.raises(ModelError, match=r"expected a tokenizer for '.*', found none"):
        load_tokenizer(tmp_path)
