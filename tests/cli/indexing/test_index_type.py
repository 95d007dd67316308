import json

import pytest

from spanwise.index.faiss import index_types


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "papers"
    folder.mkdir()
    for number in range(12):
        (folder / f"{number}.txt").write_text(f"Note {number}: the port is {8000 + number}.", encoding="utf-8")
    return folder


@pytest.fixture
def index(spanwise, folder, tmp_path, tiny_embedder, monkeypatch):
    monkeypatch.setattr(index_types, "MIN_ROWS", 10)
    assert spanwise("index", folder, "--index", tmp_path / "i", "--embedder", tiny_embedder).code == 0
    return tmp_path / "i"


def status(spanwise, index):
    return json.loads(spanwise("status", "--index", index, "--json").out)


def test_the_type_is_changed_without_the_folder_or_the_embedder(spanwise, index, folder, monkeypatch):
    folder.rename(folder.with_name("gone"))
    monkeypatch.setattr("spanwise.embed.load.load_encoder", None)
    before = status(spanwise, index)
    assert (before["index_type"], before["resolved_type"], before["structures"]) == ("auto", "flat", 0)
    ran = spanwise("index", "--type", "sq8", "--index", index)
    assert ran.code == 0
    assert ran.out.startswith(f"The type of {index} is sq8; it was auto.\n12 vectors, none embedded again")
    after = status(spanwise, index)
    assert (after["index_type"], after["resolved_type"], after["structures"]) == ("sq8", "sq8", 1)
    assert "sq8, FAISS in 1 of 1 segment" in spanwise("status", "--index", index).out
    assert spanwise("doctor", "--index", index).code == 0


def test_json_of_a_type_change(spanwise, index):
    found = json.loads(spanwise("index", "--type", "IVF2,Flat", "--index", index, "--json").out)
    assert (found["index_type"], found["vectors"], found["structures"]) == ("IVF2,Flat", 12, 1)


def test_a_folder_and_a_type(spanwise, index, folder, tmp_path, tiny_embedder):
    (folder / "new.txt").write_text("Another note.", encoding="utf-8")
    report = json.loads(spanwise("index", folder, "--type", "fp16", "--index", index, "--json").out)
    assert report["added"] == ["new.txt"]
    assert report["index_type"] == "fp16"
    assert (status(spanwise, index)["index_type"], status(spanwise, index)["structures"]) == ("fp16", 1)
    fresh = ["--index", tmp_path / "fresh", "--embedder", tiny_embedder]
    ran = spanwise("index", folder, "--type", "hnsw", *fresh)
    assert "Index type hnsw." in ran.out
    assert status(spanwise, tmp_path / "fresh")["index_type"] == "hnsw"


@pytest.mark.parametrize("index_type", ["nonsense", "PQ5", "IDMap,Flat"])
def test_a_type_that_cannot_be_is_usage_and_nothing_is_done(
    spanwise, index, folder, tmp_path, index_type, tiny_embedder
):
    ran = spanwise("index", "--type", index_type, "--index", index)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert f"found '{index_type}'" in ran.err
    assert status(spanwise, index)["index_type"] == "auto"
    ran = spanwise("index", folder, "--type", index_type, "--index", tmp_path / "new", "--embedder", tiny_embedder)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "expected a FOLDER to index, found none"),
        (["--include", "*.txt", "--type", "flat"], "expected a FOLDER with options about its files"),
        (["--embedder", "x", "--type", "flat"], "expected a FOLDER with options about its files"),
        (["--root-moved", "--type", "flat"], "expected a FOLDER with options about its files"),
    ],
)
def test_without_a_folder_there_must_be_a_type_and_nothing_about_files(spanwise, tmp_path, arguments, message):
    ran = spanwise("index", *arguments, "--index", tmp_path / "i")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert message in ran.err
    assert list(tmp_path.iterdir()) == []
