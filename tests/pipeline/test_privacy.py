"""What is indexed is for its owner alone, and what was removed is gone from the disk."""

import os
import stat
import subprocess
import zlib

import pytest

import spanwise
from spanwise.index import FaissDocumentStore, Index
from spanwise.index.faiss import index_types
from whole import traces

WORDS = ["qzxvkjwm", "vwqkzjyx", "zjqxwvkh"]
OPTIONS = spanwise.SyncOptions(allow_removals=True)


def stored(path, file):
    """Return pieces of what the catalogue and the vector files hold of a file: its packed text, its vectors."""
    with Index.open(path) as index, index.snapshot() as (connection, view):
        packed = zlib.compress(index.source(file).text.encode(), 1)
        ids = connection.execute(
            "SELECT d.id FROM documents d JOIN files f ON f.id = d.file_id WHERE f.file = ?", (file,)
        )
        vectors = view.gather([number for (number,) in ids])
    return [packed[20:52], *(vector.tobytes()[:64] for vector in vectors.values())]


def write(folder, secret):
    for number in range(6):
        (folder / f"open{number}.txt").write_text(
            f"The room {number} is open to everybody, and is {number * 7} m wide."
        )
    (folder / "secret.txt").write_text(
        "\n\n".join(f"The password of the {word} door is {secret} {word}." for word in WORDS)
    )
    for file in folder.iterdir():  # long enough ago that no sync needs to look at their bytes again
        os.utime(file, (1_000_000_000, 1_000_000_000))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "documents").mkdir()
    write(tmp_path / "documents", "Wjxqkzvb")
    return tmp_path / "documents"


@pytest.fixture
def path(tmp_path, folder):
    with spanwise.Corpus(tmp_path / "an.index", device="cpu") as corpus:
        corpus.sync(folder)
    return tmp_path / "an.index"


@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_what_a_sync_removed_is_gone_from_every_byte(path, folder, how):
    words, blobs = [*WORDS, "wjxqkzvb"], stored(path, "secret.txt")
    assert traces(path, words, blobs) == [*words, *blobs]
    if how == "removed":
        (folder / "secret.txt").unlink()
    else:
        (folder / "secret.txt").write_text("Nothing is said here any more.")
    with spanwise.Corpus(path, device="cpu") as asked, spanwise.Corpus(path, device="cpu") as corpus:
        asked.ask("Which room is open?")
        corpus.sync(folder)
        assert traces(path, words, blobs) == []  # while the index is open, its log included
        assert asked.ask("How wide is room 3?").generation == corpus.index.generation


def test_an_interrupted_purge_is_done_by_the_next_sync(path, folder, monkeypatch):
    (folder / "secret.txt").unlink()
    with spanwise.Corpus(path, device="cpu") as corpus:
        with monkeypatch.context() as patch:
            patch.setattr(Index, "purge", lambda self: None)
            corpus.sync(folder)
        assert traces(path, WORDS)
        assert corpus.sync(folder).removed == ()
        assert traces(path, WORDS) == []
        generation = corpus.index.generation
        corpus.sync(folder)
        assert corpus.index.generation == generation  # once is enough


def test_vectors_in_a_faiss_structure_go_when_it_is_compacted(path, folder, monkeypatch):
    monkeypatch.setattr(index_types, "MIN_ROWS", 4)
    with Index.open(path, writable=True) as index:
        index.set_type("hnsw")
    (folder / "secret.txt").unlink()
    blobs = stored(path, "secret.txt")
    with spanwise.Corpus(path, device="cpu") as corpus:
        corpus.sync(folder)
    assert traces(path, WORDS) == []
    with FaissDocumentStore(str(path))._changing() as index:
        index.compact()
    assert traces(path, WORDS, blobs) == []


def test_a_store_is_purged_when_it_is_compacted(tmp_path):
    from haystack import Document

    store = FaissDocumentStore(str(tmp_path / "an.index"))
    documents = [
        Document(content=f"a {word} stands here", embedding=[1.0, number]) for number, word in enumerate(WORDS)
    ]
    store.write_documents(documents)
    assert traces(tmp_path / "an.index", WORDS) == WORDS
    store.delete_documents([documents[0].id])
    store.compact()
    assert traces(tmp_path / "an.index", WORDS) == WORDS[1:]


def test_an_index_is_for_its_owner_and_for_no_repository(tmp_path):
    path = tmp_path / "deep" / "an.index"
    Index.create(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    seen = subprocess.run(
        ["git", "-C", str(tmp_path), "status", "--porcelain", "-uall"], capture_output=True, text=True, check=True
    )
    assert seen.stdout == ""


def test_an_index_can_be_made_where_a_gitignore_is(tmp_path):
    (tmp_path / ".gitignore").write_text("!keep\n")
    Index.create(tmp_path).close()
    assert (tmp_path / ".gitignore").read_text() == "!keep\n"
