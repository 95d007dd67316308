import json
import os
import shutil

import pytest

from spanwise.embed import load_encoder
from spanwise.errors import ModelError
from spanwise.files.digest import file_sha256
from spanwise.runtime.model_folder import MAX_JSON_BYTES, folder_fingerprint, read_settings, require_sound
from spanwise.train.model import model_fingerprint


def test_what_is_no_folder_is_left_to_the_loader(tmp_path):
    require_sound(tmp_path / "none")


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "1_Pooling/config.json"])
def test_settings_that_would_fill_the_memory_are_not_read(tmp_path, name):
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / name).touch()
    os.truncate(tmp_path / name, MAX_JSON_BYTES + 1)
    with pytest.raises(ModelError, match=r"expected at most 104,857,600 bytes in .*json, found 104,857,601"):
        require_sound(tmp_path)


@pytest.mark.parametrize("key", ["num_hidden_layers", "n_layers", "encoder_layers", "num_hidden_groups", "num_experts"])
def test_more_parts_than_any_model_has_are_not_made(tmp_path, key):
    (tmp_path / "config.json").write_text(json.dumps({key: 30_000_000}))
    with pytest.raises(ModelError, match=f"expected at most 1000 as {key} in .*, found 30000000"):
        require_sound(tmp_path)


def test_sizes_are_left_to_the_weights(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"hidden_size": 4096, "layer_size": 9999, "vocab_size": 250_000}))
    require_sound(tmp_path)


@pytest.mark.parametrize("name", ["../outside.safetensors", "/etc/passwd", "sub/model.safetensors", 5])
def test_weights_lie_beside_the_file_that_names_them(tmp_path, name):
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": name}}))
    with pytest.raises(ModelError, match=r"expected weights beside .*index.json, it names '"):
        require_sound(tmp_path)


@pytest.mark.parametrize("text", ["[" * 100_000, "{", "\udcff"])
def test_settings_that_are_no_json_are_one_line(tmp_path, text):
    (tmp_path / "config.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ModelError, match=r"expected a model's settings in .*config.json, found no"):
        read_settings(tmp_path / "config.json")


def test_every_fingerprint_of_a_folder_is_the_same(bert_reader, tiny_embedder, tmp_path):
    assert model_fingerprint(str(bert_reader)) == folder_fingerprint(bert_reader)
    assert load_encoder(str(tiny_embedder), device="cpu").identity.fingerprint == model_fingerprint(str(tiny_embedder))
    several = tmp_path / "several"
    shutil.copytree(bert_reader, several)
    shutil.copy(several / "model.safetensors", several / "second.safetensors")
    assert model_fingerprint(str(several)) == folder_fingerprint(several) != folder_fingerprint(bert_reader)


def test_of_one_file_it_is_the_files(bert_reader):
    assert folder_fingerprint(bert_reader) == file_sha256(bert_reader / "model.safetensors")


def test_a_folder_without_weights(tmp_path):
    with pytest.raises(ModelError, match=r"expected safetensors weights in .*, found none"):
        folder_fingerprint(tmp_path)
