import json
import shutil

import numpy as np
import pytest

from spanwise.runtime.graphs import int8
from spanwise.runtime.graphs.builder import GraphBuilder
from spanwise.runtime.graphs.encoder import build_reader_graph
from spanwise.runtime.graphs.session import open_session
from tiny_models import make_model

KNOWN = ("bert", "electra", "roberta", "xlm-roberta")


@pytest.fixture(scope="module", params=KNOWN)
def folder(request, tmp_path_factory):
    """A one-layer reader of each architecture."""
    return make_model(tmp_path_factory.mktemp("models") / request.param, request.param)


def open_graph(folder, precision):
    file = folder / f"{precision}.onnx"
    file.write_bytes(build_reader_graph(folder, precision))
    return open_session(file, folder, threads=1)


def inputs_of(session, shape, padding=0):
    random = np.random.default_rng(0)
    mask = np.ones(shape, dtype=np.int64)
    mask[0, shape[1] - padding :] = 0
    every = {
        "input_ids": random.integers(5, 60, shape),
        "attention_mask": mask,
        "token_type_ids": random.integers(0, 2, shape),
    }
    return {value.name: every[value.name] for value in session.get_inputs()}, mask.astype(bool)


def torch_logits(folder, inputs):
    import torch
    from transformers import AutoModelForQuestionAnswering

    model = AutoModelForQuestionAnswering.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.inference_mode():
        output = model(**{name: torch.from_numpy(array) for name, array in inputs.items()})
    return output.start_logits.numpy(), output.end_logits.numpy()


@pytest.mark.parametrize("shape", [(1, 5), (3, 40)])
def test_the_float32_graph_gives_the_logits_of_torch(folder, shape):
    session = open_graph(folder, "fp32")
    inputs, kept = inputs_of(session, shape, padding=2)
    assert "attention_mask" in inputs
    for found, expected in zip(session.run(None, inputs), torch_logits(folder, inputs), strict=True):
        assert np.abs(found - expected)[kept].max() < 1e-4


@pytest.mark.parametrize("tokens", [7, 40])
def test_the_int8_graph_gives_nearly_the_logits_of_torch(folder, tokens):
    session = open_graph(folder, "int8")
    inputs, _ = inputs_of(session, (1, tokens))
    assert "attention_mask" not in inputs
    expected = np.stack(torch_logits(folder, inputs))
    found = np.stack(session.run(None, inputs))
    assert found.shape == expected.shape
    assert 0 < np.sqrt(np.mean((found - expected) ** 2)) < 0.09 * expected.std()


def test_an_int8_graph_takes_one_window(folder):
    session = open_graph(folder, "int8")
    inputs, _ = inputs_of(session, (2, 7))
    with pytest.raises(Exception, match=r"Got: 2 Expected: 1"):
        session.run(None, inputs)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_weights_of_sixteen_bits(tmp_path, dtype):
    from transformers import AutoModelForQuestionAnswering

    folder = make_model(tmp_path / "bert", "bert")
    AutoModelForQuestionAnswering.from_pretrained(folder, dtype=dtype).save_pretrained(folder)
    session = open_graph(folder, "fp32")
    inputs, _ = inputs_of(session, (2, 9))
    for found, expected in zip(session.run(None, inputs), torch_logits(folder, inputs), strict=True):
        assert np.abs(found - expected).max() < 1e-4


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_graphs_hold_no_weights(folder, precision):
    from onnx import load

    file = folder / f"{precision}.onnx"
    file.write_bytes(build_reader_graph(folder, precision))
    initializers = load(file, load_external_data=False).graph.initializer
    assert sum(len(tensor.raw_data) for tensor in initializers) < 1000
    assert sum(bool(tensor.external_data) for tensor in initializers) > 15


@pytest.mark.parametrize(
    "changes",
    [
        {"model_type": "distilbert"},
        {"hidden_act": "silu"},
        {"position_embedding_type": "relative_key"},
        {"is_decoder": True},
    ],
)
def test_models_it_does_not_know(tmp_path, changes):
    folder = make_model(tmp_path / "bert", "bert")
    assert build_reader_graph(folder, "fp32") is not None
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **changes}))
    assert build_reader_graph(folder, "fp32") is None


def test_a_model_without_a_reading_head(tmp_path):
    from transformers import AutoModel

    folder = make_model(tmp_path / "bert", "bert")
    headless = tmp_path / "headless"
    AutoModel.from_pretrained(folder).save_pretrained(headless)
    assert build_reader_graph(headless, "fp32") is None


def product(tmp_path, states, weight, make):
    """Run `make` on an input and a layer named "layer" with this weight and no bias."""
    from safetensors.numpy import save_file

    folder = tmp_path / "layer"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    tensors = {"layer.weight": weight, "layer.bias": np.zeros(len(weight), dtype=np.float32), "states": states}
    save_file(tensors, folder / "model.safetensors")
    graph = GraphBuilder(folder / "model.safetensors")
    outputs = {"y": (make(graph, graph.stored("states"), "layer"), [states.shape[0], len(weight)])}
    (folder / "layer.onnx").write_bytes(graph.finish({}, outputs))
    return open_session(folder / "layer.onnx", folder, threads=1).run(None, {})[0]


PRODUCTS = {
    "window": int8.linear_by_window,
    "token": int8.linear_by_token,
}


@pytest.mark.parametrize("make", PRODUCTS.values(), ids=PRODUCTS)
def test_products_of_the_largest_bytes_do_not_overflow(tmp_path, make):
    states, weight = np.full((4, 256), 3, dtype=np.float32), np.full((8, 256), 0.5, dtype=np.float32)
    states[0, 0] = 0
    found = product(tmp_path, states, weight, make)
    assert np.abs(found / (states @ weight.T) - 1).max() < 0.01


def test_a_token_of_large_numbers_leaves_the_others_exact(tmp_path):
    random = np.random.default_rng(1)
    states = random.normal(size=(6, 256)).astype(np.float32)
    states[2] *= 500
    weight = random.normal(size=(8, 256)).astype(np.float32)
    exact = states @ weight.T
    rows = [0, 1, 3, 4, 5]
    by_token, by_window = (
        np.abs(product(tmp_path, states, weight, PRODUCTS[name]) - exact)[rows].max() for name in ("token", "window")
    )
    assert by_token < 2
    assert by_window > 10


@pytest.mark.parametrize("scale", [0.001, 1, 40])
def test_outputs_of_gelu_keep_their_small_negative_numbers(tmp_path, scale):
    from math import erf

    random = np.random.default_rng(2)
    values = scale * random.normal(size=(5, 512))
    states = (values * np.vectorize(lambda x: 0.5 * (1 + erf(x / 2**0.5)))(values)).astype(np.float32)
    weight = random.normal(size=(8, 512)).astype(np.float32)
    found = product(tmp_path, states, weight, lambda *a: int8.linear_by_token(*a, after_gelu=True))
    step = max(states.max() / 223, 0.17 / 32)
    assert np.abs(found - states @ weight.T).max() < 4 * step * np.sqrt(512 / 12) + 0.05 * np.abs(found).max()


def test_an_output_of_zero_weights_is_zero(tmp_path):
    states = np.random.default_rng(3).normal(size=(3, 64)).astype(np.float32)
    weight = np.zeros((8, 64), dtype=np.float32)
    for make in PRODUCTS.values():
        assert np.all(product(tmp_path, states, weight, make) == 0)
