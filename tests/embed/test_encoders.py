import shutil
from dataclasses import replace

import numpy as np
import pytest

from spanwise.embed import load_encoder, minilm
from spanwise.embed.sentence_transformer import SentenceTransformerEncoder
from spanwise.errors import ModelError
from spanwise.files.digest import file_sha256
from spanwise.runtime.default_embedder import DEFAULT_EMBEDDER, PACKAGED_EMBEDDERS, packaged_embedder
from spanwise.runtime.graphs.encoder import build_embedder_graph
from spanwise.runtime.graphs.session import open_session, run_graph
from spanwise.runtime.model_folder import folder_fingerprint

TEXTS = [
    "The server listens on port 8443.",
    "",
    "   \n",
    "naïve façades, 東京タワー, שלום עולם, 😀",
    "The observatory opens its dome at dusk. " * 80,
    "x",
    "a" * 500,
    "Backups are kept for thirty days.",
]


@pytest.fixture(scope="module")
def encoder():
    return load_encoder(device="cpu")


@pytest.fixture(scope="module", params=PACKAGED_EMBEDDERS)
def packaged(request):
    """Each packaged embedder in turn."""
    return PACKAGED_EMBEDDERS[request.param]


@pytest.fixture(scope="module")
def tiny(tiny_embedder):
    return load_encoder(str(tiny_embedder), device="cpu")


def test_packaged_embedders_give_the_vectors_of_sentence_transformers(packaged):
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(packaged.folder), device="cpu")
    encoder = load_encoder(packaged.name, device="cpu")
    assert isinstance(encoder, minilm.MiniLMEncoder)
    expected = model.encode(TEXTS)
    assert np.abs(encoder.encode_queries(TEXTS) - expected).max() < 1e-5
    assert (encoder.encode(TEXTS) * expected).sum(axis=1).min() > 0.97
    assert encoder.identity.max_tokens == model.max_seq_length
    assert SentenceTransformerEncoder(packaged.name).identity == encoder.identity


def test_what_embeds_passages_is_unloaded_until_it_is_needed(encoder):
    before = encoder.encode(TEXTS)
    questions = vars(encoder).get("_of_questions")
    encoder.unload()
    encoder.unload()
    assert "_of_passages" not in vars(encoder)
    assert vars(encoder).get("_of_questions") is questions
    assert np.array_equal(encoder.encode(TEXTS), before)


@pytest.mark.parametrize(("graph", "precision"), [("graph.onnx", "fp32"), ("graph.int8.onnx", "int8")])
def test_the_packaged_graphs_are_those_of_the_weights(packaged, graph, precision, tmp_path):
    written = tmp_path / "graph.onnx"
    written.write_bytes(build_embedder_graph(packaged.folder, precision))
    ids = np.arange(1000, 1040)[None]
    inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
    states = []
    for file in (packaged.graphs / graph, written):
        session = open_session(file, packaged.folder)
        states += run_graph(session, {each.name: inputs[each.name] for each in session.get_inputs()})
    assert states[0].shape == (1, 40, 384)
    assert np.array_equal(*states)


@pytest.mark.parametrize("name", ["encoder", "tiny"])
def test_vectors_come_in_order_and_have_unit_length(request, name):
    encoder = request.getfixturevalue(name)
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), encoder.identity.dimension)
    assert vectors.dtype == np.float32
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-5
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    assert np.abs(vectors - alone).max() < 1e-5
    assert np.abs(encoder.encode(TEXTS[::-1])[::-1] - vectors).max() < 1e-5


@pytest.mark.parametrize("name", ["encoder", "tiny"])
def test_no_texts(request, name):
    encoder = request.getfixturevalue(name)
    assert encoder.encode([]).shape == (0, encoder.identity.dimension)
    assert encoder.encode_queries([]).shape == (0, encoder.identity.dimension)


@pytest.mark.parametrize("name", ["encoder", "tiny"])
def test_progress_counts_every_text(request, name):
    seen = []
    request.getfixturevalue(name).encode(TEXTS * 3, progress=seen.append)
    assert sum(seen) == len(TEXTS) * 3


@pytest.mark.parametrize("name", ["encoder", "tiny"])
def test_what_lies_beyond_max_tokens_is_not_seen(request, name):
    encoder = request.getfixturevalue(name)
    within = "dome " * (encoder.identity.max_tokens - 2)
    vectors = encoder.encode([within, within + "server", within[5:] + "server"])
    assert len(encoder.tokenizer.encode(within)) == encoder.identity.max_tokens
    assert np.abs(vectors[0] - vectors[1]).max() < 1e-5
    assert np.abs(vectors[0] - vectors[2]).max() > 1e-4


def test_an_index_records_the_packaged_weights(packaged):
    identity = load_encoder(packaged.name, device="cpu").identity
    assert file_sha256(packaged.folder / "model.safetensors") == identity.fingerprint
    assert (identity.name, identity.dimension) == (packaged.name, 384)


def test_default_is_the_packaged_embedder_for_documents(encoder):
    assert load_encoder("default", device="cpu").identity == encoder.identity
    assert encoder.identity.name == DEFAULT_EMBEDDER


def test_the_earlier_embedder_has_its_official_weights():
    earlier = packaged_embedder("sentence-transformers/all-MiniLM-L6-v2")
    assert earlier.weights_sha256 == "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "to have SHA-256 [0-9a-f]{64}, found [0-9a-f]"),
        (lambda data: data[:100_000], r"model\.safetensors"),
    ],
    ids=["one bit", "cut short"],
)
def test_damaged_weights_are_refused(tmp_path, change, found):
    folder = tmp_path / "model"
    packaged = PACKAGED_EMBEDDERS[DEFAULT_EMBEDDER]
    shutil.copytree(packaged.folder, folder)
    weights = folder / "model.safetensors"
    weights.write_bytes(change(weights.read_bytes()))
    with pytest.raises(ModelError, match=found):
        minilm.MiniLMEncoder(packaged=replace(packaged, graphs=folder)).encode(["text"])


def test_another_models_identity(tiny, tiny_embedder):
    identity = tiny.identity
    (weights,) = tiny_embedder.rglob("model.safetensors")
    assert identity.name == str(tiny_embedder)
    assert identity.fingerprint == file_sha256(weights)
    assert (identity.dimension, identity.normalized, identity.max_tokens) == (32, True, 64)


def test_another_models_vectors_are_brought_to_unit_length(tiny_embedder, tiny, tmp_path):
    from sentence_transformers import SentenceTransformer

    plain = SentenceTransformer(str(tiny_embedder), device="cpu")
    SentenceTransformer(modules=[plain[0], plain[1]], device="cpu").save(str(tmp_path / "plain"))
    encoder = SentenceTransformerEncoder(str(tmp_path / "plain"))
    assert np.abs(encoder.encode(TEXTS) - tiny.encode(TEXTS)).max() < 1e-5
    assert np.abs(encoder.encode_queries(TEXTS[:1]) - tiny.encode_queries(TEXTS[:1])).max() < 1e-5


def test_prompts_for_questions_and_passages_are_used(tiny_embedder, tmp_path):
    from sentence_transformers import SentenceTransformer

    prompts = {"query": "who? ", "document": "text. "}
    model = SentenceTransformer(str(tiny_embedder), device="cpu", prompts=prompts)
    model.save(str(tmp_path / "prompted"))
    encoder = SentenceTransformerEncoder(str(tmp_path / "prompted"))
    plain = SentenceTransformerEncoder(str(tiny_embedder))
    assert np.abs(encoder.encode_queries(["dome"]) - plain.encode(["who? dome"])).max() < 1e-5
    assert np.abs(encoder.encode(["dome"]) - plain.encode(["text. dome"])).max() < 1e-5


def test_a_fingerprint_over_several_files(tmp_path):
    with pytest.raises(ModelError, match=rf"expected safetensors weights in {tmp_path}, found none"):
        folder_fingerprint(tmp_path)
    (tmp_path / "a.safetensors").write_bytes(b"a")
    one = folder_fingerprint(tmp_path)
    (tmp_path / "b.safetensors").write_bytes(b"b")
    two = folder_fingerprint(tmp_path)
    (tmp_path / "b.safetensors").write_bytes(b"c")
    assert len({one, two, folder_fingerprint(tmp_path)}) == 3


def test_a_hub_name_without_a_network():
    with pytest.raises(ModelError, match="expected a sentence-transformers model named 'spanwise/no-such', found none"):
        load_encoder("spanwise/no-such", device="cpu")


def test_a_folder_that_does_not_exist(tmp_path):
    with pytest.raises(ModelError, match=r"expected a model folder at .*gone, found none"):
        load_encoder(str(tmp_path / "gone"), device="cpu")
