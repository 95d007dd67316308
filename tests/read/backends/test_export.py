import json
import shutil
from importlib.util import find_spec

import pytest

from spanwise.errors import ModelError, UsageError
from spanwise.read.backends import export as export_module
from spanwise.read.backends.export import PACKAGED_CHECK, check_pairs, compare_backends, export_reader
from spanwise.read.backends.load import load_backend
from spanwise.read.backends.onnx import OnnxBackend
from spanwise.read.settings import ReaderSettings
from spanwise.runtime.graphs import encoder


@pytest.fixture
def folder(bert_reader, tmp_path):
    """A folder of its own with the tiny BERT."""
    return shutil.copytree(bert_reader, tmp_path / "bert")


def test_a_reader_is_exported_into_its_own_folder(folder):
    exact, fast = export_reader(str(folder))
    assert (exact.precision, exact.file, exact.kept) == ("fp32", folder / "graph.onnx", True)
    assert (fast.precision, fast.file, fast.kept) == ("int8", folder / "graph.int8.onnx", True)
    assert exact.agreement.windows == fast.agreement.windows > 31
    assert exact.agreement.same_best == exact.agreement.windows
    assert 0 < exact.agreement.mean_difference < exact.agreement.largest_difference < 1e-4
    assert exact.agreement.largest_difference < fast.agreement.largest_difference < 1
    assert isinstance(load_backend(ReaderSettings(str(folder), device="cpu")), OnnxBackend)


def test_a_copy_is_exported(bert_reader, tmp_path):
    out = tmp_path / "made" / "here"
    (only,) = export_reader(str(bert_reader), out, precision="fp32")
    assert only.file == out / "graph.onnx"
    assert not (out / "graph.int8.onnx").exists()
    assert not (bert_reader / "graph.onnx").exists()
    assert isinstance(load_backend(ReaderSettings(str(out), device="cpu")), OnnxBackend)


def test_weights_in_several_files_are_joined_in_the_copy(bert_reader, tmp_path):
    from transformers import AutoModelForQuestionAnswering

    folder = shutil.copytree(bert_reader, tmp_path / "sharded", ignore=shutil.ignore_patterns("*.safetensors"))
    AutoModelForQuestionAnswering.from_pretrained(bert_reader).save_pretrained(folder, max_shard_size="10KB")
    assert len(list(folder.glob("*.safetensors"))) > 1
    with pytest.raises(ModelError, match=r"expected the weights in .*model.safetensors, found no such file; .* --out"):
        export_reader(str(folder))
    assert [entry.kept for entry in export_reader(str(folder), tmp_path / "out")] == [True, True]


def test_an_architecture_that_is_traced(architecture_folder, tmp_path):
    source = str(architecture_folder("distilbert"))
    (only,) = export_reader(source, tmp_path / "out")
    assert only.precision == "fp32"
    assert only.agreement.same_best == only.agreement.windows
    with pytest.raises(ModelError, match=r"expected a model of bert, electra, .* for int8, found 'distilbert'; choose"):
        export_reader(source, tmp_path / "other", precision="int8")


def test_a_graph_that_computes_something_else_is_not_left_behind(folder, monkeypatch):
    monkeypatch.setitem(encoder.ACTIVATIONS, "gelu", "QuickGelu")
    with pytest.raises(
        ModelError, match=r"to give PyTorch's logits within 0.01, found a difference of \d.*PyTorch only"
    ):
        export_reader(str(folder))
    assert not (folder / "graph.onnx").exists()


def test_an_int8_graph_that_changes_too_much_is_kept_only_if_asked_for(folder, monkeypatch):
    monkeypatch.setattr(export_module, "LEAST_SAME", 1.01)
    _, fast = export_reader(str(folder))
    assert not fast.kept
    assert not fast.file.exists()
    (asked,) = export_reader(str(folder), precision="int8")
    assert asked.kept
    assert asked.file.is_file()


@pytest.mark.parametrize("missing", ["onnx", "onnxscript"])
def test_without_the_extra(folder, monkeypatch, missing):
    monkeypatch.setattr(export_module, "find_spec", lambda name: None if name == missing else find_spec(name))
    with pytest.raises(ModelError, match=rf"found no {missing}; pip install 'spanwise\[onnx\]'"):
        export_reader(str(folder))


def test_where_it_cannot_write(bert_reader, tmp_path):
    with pytest.raises(UsageError, match=r"expected a model folder, found 'some/model'; .*--out"):
        export_reader("some/model")
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=f"expected {tmp_path} to be empty or not to exist, found files in it"):
        export_reader(str(bert_reader), tmp_path)


def test_a_check_of_ones_own(folder, tmp_path):
    check = tmp_path / "check.json"
    entry = {"context": "Ana Ruiz is the mayor.", "qas": [{"id": "1", "question": "Who is the mayor?"}]}
    check.write_text(json.dumps({"data": [{"paragraphs": [entry]}]}))
    assert [found.agreement.windows for found in export_reader(str(folder), check=check)] == [1, 1]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "expected SQuAD's JSON, .*, found no JSON"),
        ("[]", "found no list"),
        ('{"data": [{}]}', "expected SQuAD's article, .*, found KeyError"),
        ('{"data": []}', "expected questions in .*, found none"),
    ],
)
def test_a_check_that_cannot_be_read(tmp_path, content, message):
    check = tmp_path / "check.json"
    check.write_text(content)
    with pytest.raises(UsageError, match=message):
        check_pairs(check)


def test_questions_are_taken_evenly(tmp_path):
    check = tmp_path / "check.json"
    entries = [{"context": "x", "qas": [{"question": str(number)}]} for number in range(25)]
    check.write_text(json.dumps({"data": [{"paragraphs": entries}]}))
    assert [int(question) for question, _ in check_pairs(check, most=10)] == list(range(0, 25, 3))


def test_agreement_counts_windows_whose_best_span_is_another(bert_reader, electra_reader):
    first, second = (
        load_backend(ReaderSettings(str(folder), device="cpu", backend="torch", precision="fp32"))
        for folder in (bert_reader, electra_reader)
    )
    pairs = check_pairs(PACKAGED_CHECK)
    same, other = compare_backends(first, first, pairs), compare_backends(second, first, pairs)
    assert (same.largest_difference, same.mean_difference, same.same_best) == (0, 0, same.windows)
    assert other.windows == same.windows
    assert other.same_best < other.windows / 2
    assert other.largest_difference > other.mean_difference > 0.1
