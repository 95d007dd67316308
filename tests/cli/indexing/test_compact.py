import json

import pytest

from spanwise.index import Change, Index


@pytest.fixture
def index(spanwise, tmp_path, tiny_embedder):
    """An index of which half was removed, and not purged as a sync does."""
    folder = tmp_path / "papers"
    folder.mkdir()
    for number in range(30):
        (folder / f"{number}.txt").write_text(f"Note {number}. " + "The dome opens at dusk. " * 200, encoding="utf-8")
    options = ["--index", tmp_path / "i", "--embedder", tiny_embedder]
    assert spanwise("index", folder, *options).code == 0
    with Index.open(tmp_path / "i", writable=True) as made:
        made.apply(Change(removed=[f"{number}.txt" for number in range(14)]))
    return tmp_path / "i"


def size(index):
    return sum(file.stat().st_size for file in index.rglob("*") if file.is_file())


def test_space_is_given_back(spanwise, index):
    before = size(index)
    facts = json.loads(spanwise("status", "--index", index, "--json").out)
    assert facts["tombstones"] > 0
    ran = spanwise("compact", "--index", index)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"Compacted {index}: ")
    assert f"{facts['tombstones']:,} vectors of deleted passages gone." in ran.out
    assert size(index) < before * 0.8
    assert spanwise("doctor", "--index", index).code == 0


def test_json(spanwise, index):
    found = json.loads(spanwise("compact", "--index", index, "--json").out)
    assert found["bytes_after"] < found["bytes_before"]
    assert found["segments_after"] == 1
    assert found["tombstones_removed"] > 0
    again = json.loads(spanwise("compact", "--index", index, "--json").out)
    assert (again["tombstones_removed"], again["segments_before"]) == (0, 1)


def test_a_damaged_index_is_not_compacted(spanwise, index):
    (file,) = (index / "vectors").glob("*.f32")
    data = bytearray(file.read_bytes())
    data[7] ^= 1
    file.write_bytes(data)
    ran = spanwise("compact", "--index", index)
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "the checksum of the vector file" in ran.err
    assert "spanwise doctor --repair" in ran.err
