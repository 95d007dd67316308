import json
import os
import shutil
import sqlite3

import pytest

from spanwise.index import Index
from spanwise.index.catalogue.migrations import FORMAT_VERSION


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "sky.txt").write_text("The sky is blue.\n\nThe dome opens at dusk.", encoding="utf-8")
    (folder / "sea.txt").write_text("The sea is green.", encoding="utf-8")
    return folder


@pytest.fixture
def model(tiny_embedder, tmp_path):
    """A copy of the tiny embedder, that can be taken away."""
    return shutil.copytree(tiny_embedder, tmp_path / "model")


@pytest.fixture
def index(spanwise, folder, tmp_path, model):
    assert spanwise("index", folder, "--index", tmp_path / "my index", "--embedder", model).code == 0
    return tmp_path / "my index"


def vector_file(index):
    (file,) = (index / "vectors").glob("*.f32")
    return file


def run_sql(index, statement):
    connection = sqlite3.connect(index / "catalogue.sqlite")
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_sound_index(spanwise, index):
    ran = spanwise("doctor", "--index", index)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"The index in {index} is sound: 2 files, 2 passages, 2 vectors; ")
    assert ran.out.count("\n") == 1


def test_json_of_a_sound_index(spanwise, index):
    found = json.loads(spanwise("doctor", "--index", index, "--json").out)
    assert (found["sound"], found["damage"], found["derived"], found["leftovers"]) == (True, [], [], [])
    assert (found["files"], found["passages"], found["vectors"]) == (2, 2, 2)
    assert found["bytes"] > 0


def test_lost_vectors_are_damage_and_repaired(spanwise, index):
    name = vector_file(index).name
    question = ["ask", "What is green?", "--index", index, "--json"]
    before = json.loads(spanwise(*question).out)
    vector_file(index).unlink()
    ran = spanwise("doctor", "--index", index)
    assert ran.code == 1
    assert f"vector file {name}: missing" in ran.out
    assert "2 passages of 2 files: sea.txt, sky.txt" in ran.out
    assert f"spanwise doctor --repair --index '{index}'" in ran.out
    assert spanwise("ask", "What is green?", "--index", index).code == 1
    ran = spanwise("doctor", "--repair", "--index", index)
    assert ran.code == 0
    assert "embedded 2 texts again" in ran.out
    assert "is sound" in ran.out
    after = json.loads(spanwise(*question).out)
    assert [answer["answer"] for answer in after["answers"]] == [answer["answer"] for answer in before["answers"]]
    assert spanwise("doctor", "--index", index).code == 0


def test_json_of_a_repair(spanwise, index):
    os.truncate(vector_file(index), 10)
    ran = spanwise("doctor", "--index", index, "--json")
    assert ran.code == 1
    (finding,) = json.loads(ran.out)["damage"]
    assert (finding["kind"], finding["part"]) == ("damage", "vectors")
    ran = spanwise("doctor", "--repair", "--index", index, "--json")
    found = json.loads(ran.out)
    assert (ran.code, found["sound"], found["damage"], found["lost"]) == (0, True, [], [])
    assert found["found"]["damage"] == [finding]
    assert found["repaired"] == ["embedded 2 texts again"]


def test_without_the_embedder_what_is_lost_is_named(spanwise, index, model):
    vector_file(index).unlink()
    moved = model.rename(model.with_name("elsewhere"))
    ran = spanwise("doctor", "--repair", "--index", index)
    assert ran.code == 1
    assert "the vectors of 2 passages of 2 files: sea.txt, sky.txt; expected a model folder at " in ran.out
    assert "is still damaged" in ran.out
    assert "Traceback" not in ran.err
    moved.rename(model)
    assert spanwise("doctor", "--repair", "--index", index).code == 0


def test_another_model_under_the_same_name_is_not_taken(spanwise, index, model):
    vector_file(index).unlink()
    weights = model / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    ran = spanwise("doctor", "--repair", "--index", index)
    assert ran.code == 1
    assert "which made the index in" in ran.out


def test_a_file_whose_text_is_damaged_is_taken_out_and_read_again(spanwise, index, folder):
    run_sql(index, "UPDATE source_texts SET text = x'00' WHERE file_id = 1")
    ran = spanwise("show", "sea.txt", "--index", index)
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "doctor --repair" in ran.err
    ran = spanwise("doctor", "--index", index)
    assert ran.code == 1
    assert "source text of sea.txt: its checksum does not match" in ran.out
    ran = spanwise("doctor", "--repair", "--index", index)
    assert ran.code == 1
    assert "Lost\n  1 file with all passages, until the folder is indexed again: sea.txt" in ran.out
    assert f"spanwise index {folder} --index '{index}'" in ran.out
    assert spanwise("doctor", "--index", index).code == 0
    report = json.loads(spanwise("index", folder, "--index", index, "--json").out)
    assert (report["added"], report["unchanged"]) == (["sea.txt"], 1)
    assert spanwise("show", "sea.txt", "--plain", "--index", index).out == "The sea is green.\n"


def test_derived_and_left_over_things_are_no_damage(spanwise, index):
    run_sql(index, "UPDATE documents_fts_data SET block = zeroblob(length(block)) WHERE id > 100")
    (index / "vectors" / "000009-00000000.f32.tmp").write_bytes(b"x" * 1234)
    ran = spanwise("doctor", "--index", index)
    assert ran.code == 0
    assert "Damaged, and can be made again\n  full-text index" in ran.out
    assert "Left over, and does no harm\n  vectors/000009-00000000.f32.tmp: 1,234 bytes" in ran.out
    ran = spanwise("doctor", "--repair", "--index", index)
    assert ran.code == 0
    assert "removed 1 file that is part of no commit" in ran.out
    assert spanwise("doctor", "--index", index).out.count("\n") == 1


@pytest.mark.parametrize("content", [b"", b"noise" * 1000])
def test_a_catalogue_that_is_none_is_beyond_repair(spanwise, index, content):
    (index / "catalogue.sqlite").write_bytes(content)
    ran = spanwise("doctor", "--index", index)
    assert (ran.code, ran.err) == (1, "")
    assert "is damaged" in ran.out
    ran = spanwise("doctor", "--repair", "--index", index)
    assert ran.code == 1
    assert "Restore a copy of it, or index the folder into another directory." in ran.out
    assert (index / "catalogue.sqlite").read_bytes() == content


def test_a_catalogue_that_is_gone_is_said_to_be(spanwise, index):
    (index / "catalogue.sqlite").unlink()
    for command in ("doctor", "status", "compact"):
        ran = spanwise(command, "--index", index)
        assert (ran.code, ran.err.count("\n")) == (1, 1)
        assert "its catalogue.sqlite is gone, and with it every text" in ran.err


@pytest.mark.parametrize("command", [["doctor"], ["doctor", "--repair"], ["compact"], ["index", "--type", "flat"]])
def test_without_an_index_nothing_is_created(spanwise, tmp_path, command):
    ran = spanwise(*command, "--index", tmp_path / "none")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "there is no index in" in ran.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [["doctor"], ["doctor", "--repair"], ["compact"], ["status"]])
def test_a_newer_format_is_refused_by_name(spanwise, index, command):
    run_sql(index, "PRAGMA user_version = 99")
    ran = spanwise(*command, "--index", index)
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    known = f"this one reads formats up to {FORMAT_VERSION}: upgrade spanwise"
    assert f"has format 99, made by a newer spanwise; {known}" in ran.err


def test_an_index_that_is_being_written_is_not_repaired(spanwise, index):
    with Index.open(index, writable=True):
        ran = spanwise("doctor", "--repair", "--index", index)
    assert ran.code == 1
    assert "is being written by process" in ran.err
