import os
import re
import shutil
import sqlite3
import subprocess

import numpy as np
import pytest

from crash import die_at
from older import record_root
from spanwise.errors import IndexStateError
from spanwise.index import Index
from spanwise.index.catalogue import connections
from spanwise.index.catalogue.connections import CATALOGUE


@pytest.fixture
def folder(index, make_change):
    index.apply(make_change({"a.txt": ["zebra one", "zebra two"], "b.txt": ["common"]}))
    index.close()
    return index.path


def vector_file(folder):
    (file,) = (folder / "vectors").iterdir()
    return file


def flip(file, at):
    data = bytearray(file.read_bytes())
    data[at] ^= 1
    file.write_bytes(data)


def test_a_missing_vector_file_is_named(folder):
    name = vector_file(folder).name
    vector_file(folder).unlink()
    with pytest.raises(IndexStateError, match=f"vector file {name} of 96 bytes, it is missing; run `spanwise doctor"):
        Index.open(folder)


def test_a_torn_vector_file_is_named(folder):
    file = vector_file(folder)
    os.truncate(file, 90)
    with pytest.raises(IndexStateError, match=f"the vector file {file.name} of 96 bytes, it is 90 bytes long"):
        Index.open(folder)


def test_a_flipped_bit_in_a_vector_is_found(folder):
    file = vector_file(folder)
    flip(file, 50)
    with Index.open(folder) as index:
        assert index.verify() == [f"vector file {file.name}: its checksum does not match"]


def test_a_vector_file_lost_while_the_index_is_open_is_named(folder):
    with Index.open(folder) as index:
        name = vector_file(folder).name
        vector_file(folder).unlink()
        with pytest.raises(IndexStateError, match=f"the vector file {name} of 96 bytes, it is missing"):
            index.search(np.ones((1, 8), dtype=np.float32), 3)


@pytest.mark.parametrize("what", ["text", "words", "vectors"])
def test_a_change_behind_our_back_is_found(folder, what):
    statement, expected = {
        "text": (
            "UPDATE documents SET content = 'zebra 0ne' WHERE id = 1",
            "text of passage 0:9 of a.txt: its checksum does not match",
        ),
        "words": (
            "INSERT INTO documents_fts(documents_fts, rowid, content) VALUES ('delete', 1, 'zebra one')",
            "full-text index: it does not match the texts of the documents",
        ),
        "vectors": ("INSERT INTO tombstones VALUES (1)", "vectors: 1 documents without their vector"),
    }[what]
    connection = sqlite3.connect(folder / CATALOGUE)
    connection.execute(statement)
    connection.commit()
    connection.close()
    with Index.open(folder) as index:
        problem, *others = index.verify()
    assert re.match(expected, problem)
    assert len(others) == (what == "text")  # the full-text index still has the words that were there


def test_a_damaged_source_text_is_found(folder):
    connection = sqlite3.connect(folder / CATALOGUE)
    (packed,) = connection.execute("SELECT text FROM source_texts WHERE file_id = 1").fetchone()
    connection.execute("UPDATE source_texts SET text = ? WHERE file_id = 1", (packed[:-1] + bytes([packed[-1] ^ 1]),))
    connection.commit()
    connection.close()
    with Index.open(folder) as index:
        assert index.verify() == ["source text of a.txt: its checksum does not match"]


def test_a_catalogue_of_noise_is_damaged(folder):
    (folder / CATALOGUE).write_bytes(os.urandom(8192))
    with pytest.raises(IndexStateError, match=r"is damaged: its catalogue cannot be read .*spanwise doctor --repair"):
        Index.open(folder)


def test_a_page_of_noise_is_told_once(folder):
    with (folder / CATALOGUE).open("r+b") as catalogue:
        catalogue.seek(5 * 4096)
        catalogue.write(os.urandom(4096))
    with Index.open(folder) as index:
        found = index.verify()
    assert "catalogue: cannot be read (database disk image is malformed)" in found
    assert len(set(found)) == len(found)


def test_another_programs_database_is_refused(folder):
    (folder / CATALOGUE).unlink()
    connection = sqlite3.connect(folder / CATALOGUE)
    connection.execute("CREATE TABLE bookmarks (url)")
    connection.close()
    with pytest.raises(IndexStateError, match=r"is not a catalogue of this program .*found 0x0"):
        Index.open(folder)


@pytest.mark.parametrize("writable", [False, True])
def test_a_newer_format_is_refused_by_name(folder, writable):
    connection = sqlite3.connect(folder / CATALOGUE)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(
        IndexStateError, match="has format 99, made by a newer spanwise; this one reads formats up to 6"
    ):
        Index.open(folder, writable=writable)


def test_a_full_catalogue_leaves_the_last_commit(folder, make_change, state_of):
    with Index.open(folder, writable=True) as index:
        before = state_of(index)
        record_root(index, "/r")
        index._catalogue._writer.execute("PRAGMA max_page_count = 30")
        with pytest.raises(IndexStateError, match=r"the disk that holds .* is full \(.*\): nothing was changed"):
            index.apply(make_change({"new.txt": ["word " * 100_000]}, removed=("a.txt",)))
        assert {**state_of(index), "root": None} == before
        index._catalogue._writer.execute("PRAGMA max_page_count = 100000")
        index.apply(make_change({"new.txt": ["word " * 100_000]}, removed=("a.txt",)))
        assert list(index.files()) == ["b.txt", "new.txt"]
        assert index.verify() == []


@pytest.fixture
def small_disk(tmp_path):
    mounted = tmp_path / "small disk"
    mounted.mkdir()
    mount = shutil.which("mount")
    if (
        mount is None
        or subprocess.run([mount, "-t", "tmpfs", "-o", "size=3m", "none", mounted], check=False).returncode
    ):
        pytest.skip("mounting a small disk needs root")
    yield mounted
    subprocess.run(["umount", "-l", mounted], check=True)


def test_a_really_full_disk(small_disk, make_change, state_of, embedder):
    def files(name):
        return {f"{name}{i}.txt": [f"zebra {name} {i} {j} " + "port common " * 20 for j in range(60)] for i in range(4)}

    with Index.create(small_disk / "i", embedder=embedder) as index:
        index.apply(make_change(files("first")))
        for number in range(50):
            before = state_of(index)
            try:
                index.apply(make_change(files(f"{number}-")))
            except IndexStateError as error:
                message = str(error)
                break
        assert re.search(r"is full \(.*\): nothing was changed and the last commit is intact", message)
        assert state_of(index) == before
    with Index.open(small_disk / "i") as index:
        assert state_of(index) == before
        assert index.verify() == []


def test_a_disk_too_full_for_vectors_leaves_no_file_behind(folder, make_change, state_of, monkeypatch):
    write = os.write
    quota = [100]

    def write_until_full(descriptor, data):
        if not os.readlink(f"/proc/self/fd/{descriptor}").startswith(str(folder / "vectors")):
            return write(descriptor, data)
        if not quota[0]:
            raise OSError(28, "No space left on device")
        done = write(descriptor, data[: quota[0]])
        quota[0] -= done
        return done

    with Index.open(folder, writable=True) as index:
        before = state_of(index)
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", write_until_full)
            with pytest.raises(IndexStateError, match=r"the disk that holds the index in .* is full"):
                index.apply(make_change({"new.txt": [f"text {i}" for i in range(20)]}))
        assert state_of(index) == before
        assert len(list((folder / "vectors").iterdir())) == 1


def test_a_read_only_folder_can_be_read(folder, state_of, monkeypatch):
    with Index.open(folder) as index:
        before = state_of(index)
    names = {file.name for file in folder.iterdir()}
    monkeypatch.setattr(connections.os, "access", lambda path, mode: mode != os.W_OK)
    with Index.open(folder) as index:
        assert state_of(index) == before
        assert {file.name for file in folder.iterdir()} == names


@pytest.fixture
def mount_read_only(tmp_path):
    """Mount a folder read-only at another place."""
    place = tmp_path / "read only"
    place.mkdir()
    mount = shutil.which("mount")

    def act(folder):
        if mount is None or subprocess.run([mount, "--bind", folder, place], check=False).returncode:
            pytest.skip("mounting needs root")
        subprocess.run([mount, "-o", "remount,ro,bind", place], check=True)
        return place

    yield act
    subprocess.run(["umount", "-l", place], check=False)


def test_a_really_read_only_folder(folder, state_of, mount_read_only):
    with Index.open(folder) as index:
        before = state_of(index)
    place = mount_read_only(folder)
    with Index.open(place) as index:
        assert state_of(index) == before
    with pytest.raises(IndexStateError, match=r"cannot be written .*check the folder's permissions"):
        Index.open(place, writable=True)


def test_a_read_only_folder_whose_writer_was_killed_is_read_with_its_last_commit(folder, mount_read_only):
    def set_root():
        with Index.open(folder, writable=True) as index:
            record_root(index, "/committed")

    die_at("after commit", set_root)
    place = mount_read_only(folder)
    with Index.open(place) as index:
        assert index.root == "/committed"
    (folder / f"{CATALOGUE}-shm").unlink()
    with Index.open(place) as index:
        assert index.root == "/committed"
