"""Models by hub name, revision and folder; and those that are refused."""

import importlib.util
import json
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from haystack import Document
from haystack.utils import ComponentDevice, DeviceMap, Secret
from haystack.utils.device import Device

from spanwise.errors import ModelError
from spanwise.read import ExtractiveReader, ReaderSettings, SpanReader
from spanwise.read.backends.load import load_backend
from spanwise.read.backends.onnx import OnnxBackend

QUESTION = "Which port does the server use?"
DOCUMENT = Document(content="The server listens on port 8443 by default.")
SETTINGS = {"max_seq_length": 64, "stride": 16, "precision": "fp32"}


def scores(reader):
    return [answer.score for answer in reader.run(QUESTION, [DOCUMENT])["answers"]]


@pytest.fixture(scope="module")
def hub_cache(tmp_path_factory, bert_reader, electra_reader):
    """A hub cache with two revisions of a model: BERT on main, ELECTRA as v2."""
    cache = tmp_path_factory.mktemp("hub")
    repository = cache / "models--someone--reader"
    (repository / "refs").mkdir(parents=True)
    for reference, number, folder in (("main", "1", bert_reader), ("v2", "2", electra_reader)):
        commit = number * 40
        (repository / "refs" / reference).write_text(commit)
        shutil.copytree(folder, repository / "snapshots" / commit)
    return cache


def test_a_hub_name_and_its_revision(hub_cache, bert_reader, electra_reader):
    options = {"cache_dir": str(hub_cache)}
    main = ExtractiveReader("someone/reader", device="cpu", model_kwargs=options, **SETTINGS)
    other = ExtractiveReader("someone/reader", device="cpu", model_kwargs={**options, "revision": "v2"}, **SETTINGS)
    assert scores(main) == scores(ExtractiveReader(bert_reader, device="cpu", **SETTINGS))
    assert scores(other) == scores(ExtractiveReader(electra_reader, device="cpu", **SETTINGS))
    assert scores(main) != scores(other)


def test_a_revision_holds_for_the_tokenizer_too(hub_cache, tmp_path):
    cache = tmp_path / "hub"
    shutil.copytree(hub_cache, cache)
    tokenizer_config = next(cache.glob("*/snapshots/2*/tokenizer_config.json"))
    tokenizer_config.write_text(json.dumps({**json.loads(tokenizer_config.read_text()), "model_max_length": 60}))
    options = {"cache_dir": str(cache), "revision": "v2"}
    with pytest.raises(
        ModelError, match="max_seq_length of at most 60, which is what 'someone/reader' takes, found 64"
    ):
        ExtractiveReader("someone/reader", device="cpu", model_kwargs=options, **SETTINGS).warm_up()


def test_a_name_that_is_nowhere(hub_cache):
    reader = ExtractiveReader("someone/else", model_kwargs={"cache_dir": str(hub_cache)})
    with pytest.raises(
        ModelError, match=r"named 'someone/else', found none \(.*; check the name; a private model needs"
    ):
        reader.warm_up()


class PrivateHub(BaseHTTPRequestHandler):
    """Serves the files of one folder as someone/private to those who have the token."""

    folder: Path

    def do_GET(self):
        name = self.path.partition("/resolve/main/")[2]
        file = self.folder / name
        if self.headers.get("Authorization") != "Bearer hf_secret":
            self.answer(401, b"", {"X-Error-Code": "GatedRepo"})
        elif not name or not file.is_file():
            self.answer(404, b"", {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": "1" * 40})
        else:
            self.answer(200, file.read_bytes(), {"ETag": f'"{name}"', "X-Repo-Commit": "1" * 40})

    do_HEAD = do_GET  # noqa: N815

    def answer(self, status, body, headers):
        self.send_response(status)
        for key, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def private_hub(bert_reader):
    handler = type("Handler", (PrivateHub,), {"folder": bert_reader})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


PRIVATE = """
from haystack import Document
from haystack.utils import Secret
from spanwise.errors import ModelError
from spanwise.read import ExtractiveReader
for token in ("hf_wrong", "hf_secret"):
    reader = ExtractiveReader("someone/private", device="cpu", token=Secret.from_token(token), **{settings!r})
    try:
        print(reader.run("Which port?", [Document(content="Port 8443.")])["answers"][0].score)
    except ModelError as error:
        print(error)
"""


def test_a_private_model_needs_its_token(private_hub, bert_reader, tmp_path):
    environment = {
        "HF_ENDPOINT": private_hub,
        "HF_HOME": str(tmp_path),
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_XET": "1",
        "DISABLE_SAFETENSORS_CONVERSION": "1",
        "PATH": "",
        "PYTHONPATH": ":".join(sys.path),
    }
    command = [sys.executable, "-c", PRIVATE.format(settings=SETTINGS)]
    printed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    refused, score = printed.splitlines()
    assert "expected a question-answering model named 'someone/private', found none" in refused
    local = ExtractiveReader(bert_reader, device="cpu", **SETTINGS)
    expected = local.run("Which port?", [Document(content="Port 8443.")])["answers"][0].score
    assert float(score) == pytest.approx(expected, abs=1e-5)  # float32 on another number of threads


def test_a_token_that_is_not_set_is_no_error(bert_reader):
    reader = ExtractiveReader(bert_reader, device="cpu", token=Secret.from_env_var("NO_SUCH", strict=False), **SETTINGS)
    assert scores(reader)


@pytest.fixture
def pickled_reader(bert_reader, tmp_path):
    """A folder whose weights are a pickle only."""
    import torch
    from safetensors.torch import load_file

    folder = tmp_path / "pickled"
    shutil.copytree(bert_reader, folder)
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    return folder


@pytest.mark.parametrize("options", [None, {}, {"use_safetensors": None}, {"use_safetensors": True}])
def test_pickled_weights_are_not_opened(pickled_reader, options):
    reader = ExtractiveReader(pickled_reader, device="cpu", model_kwargs=options, **SETTINGS)
    with pytest.raises(
        ModelError, match=r"found none \(.*safetensors.*\); convert it to .*=\{'use_safetensors': False\}$"
    ):
        reader.warm_up()


def test_pickled_weights_are_opened_for_who_insists(pickled_reader, bert_reader):
    insisting = ExtractiveReader(pickled_reader, device="cpu", model_kwargs={"use_safetensors": False}, **SETTINGS)
    assert scores(insisting) == scores(ExtractiveReader(bert_reader, device="cpu", **SETTINGS))


@pytest.mark.parametrize("size", [0, 7, 500, 20_000])
def test_weights_cut_short(bert_reader, tmp_path, size):
    folder = tmp_path / "short"
    shutil.copytree(bert_reader, folder)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:size])
    with pytest.raises(ModelError, match=r"expected a question-answering model named '.*short', found none \(.+\);"):
        ExtractiveReader(folder, device="cpu", **SETTINGS).warm_up()


def test_pickled_weights_cut_short(pickled_reader):
    weights = pickled_reader / "pytorch_model.bin"
    weights.write_bytes(weights.read_bytes()[:20_000])
    reader = ExtractiveReader(pickled_reader, device="cpu", model_kwargs={"use_safetensors": False}, **SETTINGS)
    with pytest.raises(ModelError, match=r"expected a question-answering model named '.*pickled', found none \(.+\);"):
        reader.warm_up()


def test_weights_of_another_size(bert_reader, tmp_path):
    folder = tmp_path / "larger"
    shutil.copytree(bert_reader, folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "hidden_size": 64}))
    with pytest.raises(ModelError, match=r"expected a question-answering model named '.*larger', found none"):
        ExtractiveReader(folder, device="cpu", **SETTINGS).warm_up()
    options = {"ignore_mismatched_sizes": True}
    with pytest.raises(
        ModelError, match=r"with a trained question-answering head, found '.*larger' without .*qa_outputs"
    ):
        ExtractiveReader(folder, device="cpu", model_kwargs=options, **SETTINGS).warm_up()


@pytest.mark.parametrize("head", ["AutoModel", "AutoModelForSequenceClassification", "AutoModelForMaskedLM"])
def test_a_model_with_another_head(bert_reader, tmp_path, head, capfd):
    import transformers

    folder = tmp_path / "other"
    shutil.copytree(bert_reader, folder)
    getattr(transformers, head).from_pretrained(bert_reader).save_pretrained(folder)
    capfd.readouterr()
    with pytest.raises(ModelError, match=r"head, found '.*other' without qa_outputs\.bias, qa_outputs\.weight; name a"):
        ExtractiveReader(folder, device="cpu", **SETTINGS).warm_up()
    assert "MISSING" not in capfd.readouterr().err


def test_a_model_that_transformers_does_not_know(bert_reader, tmp_path):
    folder = tmp_path / "new"
    shutil.copytree(bert_reader, folder)
    (folder / "config.json").write_text(json.dumps({"model_type": "from_the_future"}))
    with pytest.raises(ModelError, match=r"named '.*new', found none \(.*from_the_future.*\); check"):
        ExtractiveReader(folder, device="cpu", **SETTINGS).warm_up()


def test_weights_that_are_cut_short(bert_reader, tmp_path, capfd):
    folder = tmp_path / "cut"
    shutil.copytree(bert_reader, folder)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-5000])
    with pytest.raises(ModelError, match=r"named '.*cut', found none \(.*\); its weights are damaged or cut short"):
        ExtractiveReader(folder, device="cpu", **SETTINGS).warm_up()
    assert capfd.readouterr().err == ""


def test_a_model_without_a_tokenizer(bert_reader, tmp_path):
    folder = tmp_path / "mute"
    shutil.copytree(bert_reader, folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()
    with pytest.raises(ModelError, match=r"expected a tokenizer of about \d\d\d tokens, found 5 in '.*mute'; save"):
        ExtractiveReader(folder, device="cpu", **SETTINGS).warm_up()


def test_a_slow_tokenizer(architecture_folder):
    import transformers

    from spanwise.read.backends.torch import TorchBackend

    folder = architecture_folder("bert")
    slow = transformers.CanineTokenizer()
    model = transformers.AutoModelForQuestionAnswering.from_pretrained(folder)
    with pytest.raises(ModelError, match=r"expected a fast tokenizer, found CanineTokenizer in .*has a tokenizer.json"):
        TorchBackend(model, slow)


@pytest.mark.parametrize("place", ["cpu", {"": "cpu"}])
def test_a_device_map_with_one_device_is_that_device(bert_reader, place):
    mapped = ExtractiveReader(bert_reader, model_kwargs={"device_map": place}, **SETTINGS)
    assert scores(mapped) == scores(ExtractiveReader(bert_reader, device="cpu", **SETTINGS))
    assert isinstance(load_backend(ReaderSettings("default", model_kwargs={"device_map": place})), OnnxBackend)


def test_devices_as_haystack_names_them(bert_reader):
    expected = scores(ExtractiveReader(bert_reader, device="cpu", **SETTINGS))
    one = DeviceMap({"": Device.cpu()})
    for device in (*map(ComponentDevice.from_str, ("cpu", "cpu:0")), ComponentDevice.from_multiple(one)):
        reader = ExtractiveReader(bert_reader, device=device, **SETTINGS)
        again = ExtractiveReader.from_dict(reader.to_dict())
        assert scores(reader) == scores(again) == expected


def test_a_device_map_that_spreads_a_model(bert_reader):
    reader = ExtractiveReader(bert_reader, model_kwargs={"device_map": "auto"}, **SETTINGS)
    if importlib.util.find_spec("accelerate") is None:
        with pytest.raises(ModelError, match=r"found none .*accelerate"):
            reader.warm_up()
    else:
        assert scores(reader) == pytest.approx(scores(ExtractiveReader(bert_reader, **SETTINGS)), abs=1e-3)


def test_many_threads_load_a_model_once(bert_reader, monkeypatch):
    from concurrent.futures import ThreadPoolExecutor

    from spanwise.read import reader as reader_module

    loads = []

    def counted(settings):
        loads.append(1)
        return load_backend(settings)

    monkeypatch.setattr(reader_module, "load_backend", counted)
    reader = SpanReader(ReaderSettings(str(bert_reader), device="cpu", max_seq_length=64, stride=16))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: reader.read([(QUESTION, DOCUMENT.content)]), range(16)))
    assert len(loads) == 1
    assert all(spans == found[0] for spans in found)
