import shutil

import pytest

from spanwise.embed import load_encoder
from spanwise.errors import ModelError
from spanwise.runtime.fingerprint import file_sha256, folder_fingerprint
from spanwise.train.model import model_fingerprint


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
