"""What is damaged is told apart, and what can be made again is made again."""

import os
import random
import sqlite3

import numpy as np
import pytest
from haystack import Document
from haystack.document_stores.types import DuplicatePolicy

from crash import die_at
from older import record_root
from spanwise.errors import IndexStateError, ModelError
from spanwise.index import FaissDocumentStore, Index
from spanwise.index.catalogue.checksums import refresh
from spanwise.index.catalogue.connections import CATALOGUE, connect


def vector_files(folder, suffix=".f32"):
    return sorted(file for file in (folder / "vectors").iterdir() if file.suffix == suffix)


def change_bytes(file, at=100):
    data = bytearray(file.read_bytes())
    data[at] ^= 4
    file.write_bytes(data)


def run_sql(folder, *statements):
    connection = sqlite3.connect(folder / CATALOGUE)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def examine(folder):
    with Index.open(folder, check=False) as index:
        return index.examine()


def repair(folder, encode=None):
    with Index.open(folder, writable=True, check=False) as index:
        return index.repair(encode)


@pytest.fixture
def before(filled, everything_of):
    with Index.open(filled) as index:
        return everything_of(index)


def remove(file):
    file.unlink()


def tear(file):
    os.truncate(file, 90)


@pytest.mark.parametrize("damage", [remove, tear, change_bytes])
@pytest.mark.parametrize("which", [0, 1, 2])
def test_lost_vectors_are_embedded_again(filled, before, everything_of, encode, damage, which):
    damage(vector_files(filled)[which])
    health = examine(filled)
    assert [finding.part for finding in health.damage] == ["vectors"]
    result = repair(filled, encode)
    assert result.whole
    assert result.done[0].startswith("embedded ")
    with Index.open(filled) as index:
        assert everything_of(index) == before
        assert index.verify() == []


def test_damage_says_what_depends_on_it(filled):
    file = vector_files(filled)[1]
    remove(file)
    (finding,) = examine(filled).damage
    assert finding.message == f"vector file {file.name}: missing"
    assert finding.affects == "54 passages of 6 files: part 1/file0.txt, part 1/file1.txt, part 1/file2.txt and 3 more"


def test_the_whole_folder_of_vectors_may_be_missing(filled, before, everything_of, encode):
    for file in (filled / "vectors").iterdir():
        file.unlink()
    (filled / "vectors").rmdir()
    with pytest.raises(IndexStateError, match="spanwise doctor --repair"):
        Index.open(filled)
    assert repair(filled, encode).whole
    with Index.open(filled) as index:
        assert everything_of(index) == before


def test_without_the_embedder_it_is_said_what_is_lost_and_nothing_changes(filled):
    remove(vector_files(filled)[2])
    catalogue = (filled / CATALOGUE).read_bytes()
    result = repair(filled)
    assert not result.whole
    assert result.lost == ("the vectors of 5 documents: free1, free5, free9 and 2 more",)
    assert result.left.damage == result.found.damage
    assert (filled / CATALOGUE).read_bytes() == catalogue


def test_an_embedder_that_is_not_at_hand_is_named(filled):
    remove(vector_files(filled)[2])

    def fail(texts):
        msg = "expected a model named tiny, found none"
        raise ModelError(msg)

    (lost,) = repair(filled, fail).lost
    assert lost.startswith("the vectors of 5 documents: free1")
    assert lost.endswith("; expected a model named tiny, found none")


def test_another_embedder_than_the_indexs_own_is_refused(filled, encode):
    remove(vector_files(filled)[2])
    catalogue = (filled / CATALOGUE).read_bytes()
    with pytest.raises(IndexStateError, match=r"expected the embedder that made the vectors .*, found one that makes"):
        repair(filled, lambda texts: encode([f"{text} otherwise" for text in texts]))
    with pytest.raises(IndexStateError, match="found one that makes others"):
        repair(filled, lambda texts: encode(texts)[:, :4])
    assert (filled / CATALOGUE).read_bytes() == catalogue


def test_a_document_without_text_keeps_everything_but_its_vector(filled, encode, unit_vectors):
    run_sql(filled, "UPDATE documents SET content = NULL, content_hash = NULL WHERE doc_id = 'free1'")
    connection = connect(filled, writable=True)
    refresh(connection, "documents", "doc_id", ["free1"])
    connection.execute("INSERT INTO documents_fts(documents_fts) VALUES ('rebuild')")
    connection.close()
    remove(vector_files(filled)[2])
    result = repair(filled, encode)
    assert result.lost == ("the vectors of 1 document: free1, which have no text to embed",)
    assert result.left.damage == ()
    store = FaissDocumentStore(filled)
    (document,) = store.filter_documents({"field": "id", "operator": "==", "value": "free1"})
    store.close()
    assert (document.embedding, document.meta) == (None, {"a": 1})


@pytest.mark.parametrize("damage", [remove, tear, change_bytes])
def test_a_damaged_structure_is_no_damage_and_is_built_again(filled, before, everything_of, damage):
    (file, *_) = vector_files(filled, ".faiss")
    damage(file)
    health = examine(filled)
    assert (health.damage, len(health.derived)) == ((), 1)
    result = repair(filled)
    assert result.whole
    assert result.done == ("built 1 FAISS file anew",)
    with Index.open(filled) as index:
        assert index.verify() == []
        assert everything_of(index) == before


def test_a_damaged_full_text_index_is_built_again(filled, before, everything_of):
    run_sql(filled, "UPDATE documents_fts_data SET block = zeroblob(length(block)) WHERE id > 100")
    health = examine(filled)
    assert (health.damage, [finding.part for finding in health.derived]) == ((), ["words"])
    assert repair(filled).whole
    with Index.open(filled) as index:
        assert index.verify() == []
        assert everything_of(index) == before


def test_a_damaged_sql_index_is_built_again(filled, before, everything_of):
    run_sql(
        filled,
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'documents_by_content') "
        "WHERE name = 'documents_by_file'",
    )
    assert examine(filled).findings
    assert repair(filled).lost == ()
    with Index.open(filled) as index:
        assert index.verify() == []
        assert everything_of(index) == before


def test_a_passages_text_is_taken_from_its_file(filled, before, everything_of):
    run_sql(filled, "UPDATE documents SET content = replace(content, 'word1', 'w0rd1') WHERE id IN (3, 80)")
    assert len(examine(filled).damage) == 2
    result = repair(filled)
    assert result.whole
    assert "restored the text of 2 passages" in result.done
    with Index.open(filled) as index:
        assert index.verify() == []
        assert everything_of(index) == before


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (
            "UPDATE source_texts SET text = substr(text, 1, 30) WHERE file_id = 18",
            "source text of part 1/file1.txt: its checksum does not match",
        ),
        ("DELETE FROM source_texts WHERE file_id = 18", "source text of part 1/file1.txt: missing"),
        (
            "UPDATE files SET page_starts = '[0, 7]' WHERE id = 18",
            "file part 1/file1.txt: its entry is not as it was written",
        ),
    ],
)
def test_a_file_that_is_damaged_is_named_and_taken_out_until_it_is_read_again(filled, before, statement, message):
    run_sql(filled, statement)
    (finding,) = examine(filled).damage
    assert finding.message == message
    result = repair(filled)
    assert result.lost == ("1 file with all passages, until the folder is indexed again: part 1/file1.txt",)
    assert result.left.damage == ()
    with Index.open(filled) as index:
        assert set(before["files"]) - set(index.files()) == {"part 1/file1.txt"}
        assert index.passages_of("part 1/file1.txt") == []
        assert index.verify() == []


@pytest.mark.parametrize(
    ("statement", "lost", "unread"),
    [
        ("UPDATE documents SET start_at = start_at + 1 WHERE id = 3", 1, 21),
        ("UPDATE documents SET doc_id = replace(doc_id, '7', '~') WHERE id = 80", 1, 21),
        ("DELETE FROM documents WHERE id IN (3, 4)", 2, 21),
        ("DELETE FROM files WHERE file = 'part 1/file1.txt'", 9, 20),
    ],
)
def test_a_passage_that_is_lost_lets_every_file_be_read_again(filled, statement, lost, unread):
    run_sql(filled, statement)
    assert examine(filled).damage
    result = repair(filled)
    assert result.lost == (f"{lost} passage{'s' * (lost > 1)}, until the folder is indexed again",)
    with Index.open(filled) as index:
        assert index.summary().unread == len(index.files()) == unread
        assert index.verify() == []


def test_a_document_of_no_file_that_is_damaged_is_named_and_left_to_be_written_again(filled, encode):
    run_sql(filled, "UPDATE documents SET content = 'zebra number 0ne' WHERE doc_id = 'free1'")
    result = repair(filled)
    assert result.lost == ("1 document of no file, to be written again: free1",)
    assert [finding.message for finding in result.left.damage] == [
        "text of document free1: its checksum does not match"
    ]
    store = FaissDocumentStore(filled)
    (vector,) = encode(["zebra number 1"]).tolist()
    anew = Document(id="free1", content="zebra number 1", embedding=vector)
    store.write_documents([anew], DuplicatePolicy.OVERWRITE)
    assert store.repair() == []
    assert store.verify() == []
    store.close()


def tear_first_page(folder, name):
    """Write noise over the first page of a table or an index."""
    connection = sqlite3.connect(folder / CATALOGUE)
    (page,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (name,)).fetchone()
    connection.close()
    with (folder / CATALOGUE).open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(random.Random(name).randbytes(4096))


DERIVED = ["documents_by_content", "documents_by_file", "sqlite_autoindex_documents_1", "sqlite_autoindex_files_1"]
DERIVED += ["documents_fts_data", "documents_fts_idx", "documents_fts_docsize", "documents_fts_config"]
DERIVED += ["tombstones", "segments", "faiss_indexes", "sqlite_sequence"]


@pytest.mark.parametrize("name", DERIVED)
def test_what_follows_from_texts_is_made_again_where_its_page_is_torn(filled, before, everything_of, encode, name):
    tear_first_page(filled, name)
    assert examine(filled).findings
    result = repair(filled, encode)
    assert result.lost == ()
    assert result.left.findings == ()
    with Index.open(filled) as index:
        assert everything_of(index) == before


@pytest.mark.parametrize("name", ["documents", "files", "source_texts"])
def test_a_catalogue_whose_texts_cannot_be_read_is_left_as_it_is(filled, name):
    tear_first_page(filled, name)
    catalogue = (filled / CATALOGUE).read_bytes()
    result = repair(filled)
    assert not result.whole
    assert any("cannot be read" in line for line in result.lost)
    assert (filled / CATALOGUE).read_bytes() == catalogue


@pytest.mark.parametrize("statement", ["DELETE FROM tombstones", "INSERT INTO tombstones VALUES (1)"])
def test_tombstones_are_computed_again(filled, before, everything_of, encode, statement):
    run_sql(filled, statement)
    assert "vectors" in {finding.part for finding in examine(filled).damage}
    assert repair(filled, encode).left.findings == ()
    with Index.open(filled) as index:
        assert everything_of(index) == before


def test_a_lost_manifest_cannot_be_made_up(filled):
    run_sql(filled, "UPDATE manifest SET value = '\"elsewhere\"' WHERE key = 'root'")
    catalogue = (filled / CATALOGUE).read_bytes()
    result = repair(filled)
    assert result.lost == ("its manifest is lost, and with it which embedder and which folder it belongs to",)
    assert result.left.damage == result.found.damage
    assert (filled / CATALOGUE).read_bytes() == catalogue


def test_left_overs_are_no_damage_and_are_removed(filled):
    left = ["vectors/000009-0a0b0c0d.f32", "vectors/000009-0a0b0c0d.f32.tmp", "catalogue.sqlite.repaired"]
    for name in left:
        (filled / name).write_bytes(b"x" * 50)
    health = examine(filled)
    assert (health.damage, health.derived) == ((), ())
    assert [finding.message.split(":")[0] for finding in health.leftovers] == left
    result = repair(filled)
    assert result.whole
    assert result.done == ("removed 3 files that are part of no commit",)
    assert result.left.findings == ()
    assert not any((filled / name).exists() for name in left)


def test_the_log_of_a_killed_writer_is_a_left_over(filled):
    def set_root():
        with Index.open(filled, writable=True) as index:
            record_root(index, "/committed")

    die_at("after commit", set_root)
    (finding,) = examine(filled).findings
    assert (finding.kind, finding.message.split(":")[0]) == ("leftover", "catalogue.sqlite-wal")
    with Index.open(filled) as index:
        assert index.root == "/committed"
    assert examine(filled).findings == ()


def test_repairing_a_whole_index_does_nothing(filled):
    result = repair(filled)
    assert (result.done, result.lost, result.found.findings) == ((), (), ())
    assert result.whole


def test_a_repair_needs_the_writers_lock(filled):
    with Index.open(filled, check=False) as index, pytest.raises(IndexStateError, match="open for reading only"):
        index.repair()


def test_a_repaired_catalogue_can_be_read_while_it_is_written(filled):
    run_sql(filled, "UPDATE documents_fts_data SET block = zeroblob(length(block)) WHERE id > 100")
    with Index.open(filled, check=False) as reader:
        assert reader.count() == 209
        assert repair(filled).whole
        assert reader.count() == 209
        assert reader.verify() == []
    connection = sqlite3.connect(filled / CATALOGUE)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


POINTS = [
    "catalogue rewritten",
    "catalogue replaced",
    "vectors written",
    "vectors renamed",
    "before commit",
    "after commit",
]


@pytest.mark.parametrize("point", POINTS)
def test_a_repair_that_is_killed_is_done_by_the_next(filled, before, everything_of, encode, point):
    run_sql(
        filled,
        "UPDATE documents SET content = replace(content, 'word1', 'w0rd1') WHERE id = 3",
        "UPDATE documents_fts_data SET block = zeroblob(length(block)) WHERE id > 100",
    )
    change_bytes(vector_files(filled)[0])
    die_at(point, lambda: repair(filled, encode))
    assert repair(filled, encode).whole
    with Index.open(filled) as index:
        assert everything_of(index) == before
        assert index.verify() == []
    assert examine(filled).findings == ()


def test_a_disk_too_full_for_a_repair_leaves_the_index_as_it_was(filled, encode, monkeypatch):
    remove(vector_files(filled)[0])
    catalogue = (filled / CATALOGUE).read_bytes()
    write = os.write

    def refuse(descriptor, data):
        if os.readlink(f"/proc/self/fd/{descriptor}").startswith(str(filled / "vectors")):
            raise OSError(28, "No space left on device")
        return write(descriptor, data)

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", refuse)
        with pytest.raises(IndexStateError, match=r"is full \(.*\): nothing was changed"):
            repair(filled, encode)
    assert (filled / CATALOGUE).read_bytes() == catalogue
    assert repair(filled, encode).whole


def test_damaged_vectors_are_not_merged_into_new_ones(filled, make_change):
    file = vector_files(filled)[0]
    change_bytes(file)
    with Index.open(filled, writable=True) as index:
        with pytest.raises(IndexStateError, match=f"the checksum of the vector file {file.name} does not match; run"):
            index.compact()
        index.apply(make_change({"part 1/file0.txt": ["other"]}))
        assert index.verify() == [f"vector file {file.name}: its checksum does not match"]


def test_the_store_verifies_repairs_and_compacts(filled, before, everything_of, encode):
    store = FaissDocumentStore(filled)
    assert store.verify() == []
    remove(vector_files(filled)[2])
    assert len(store.verify()) == 1
    assert store.repair() == [
        "the vectors of 5 documents: free1, free5, free9 and 2 more",
        *store.verify(),
    ]
    assert store.repair(encode) == []
    assert store.verify() == []
    store.compact()
    assert len(vector_files(filled)) == 1
    with Index.open(filled) as index:
        assert everything_of(index) == before
    store.close()


def test_a_store_that_does_not_exist_is_not_made_by_its_maintenance(tmp_path):
    store = FaissDocumentStore(tmp_path / "none")
    for act in (store.verify, store.repair):
        with pytest.raises(IndexStateError, match="there is no index in"):
            act()
    assert list(tmp_path.iterdir()) == []


def test_progress_names_what_is_done(filled, encode):
    remove(vector_files(filled)[0])
    told = []
    with Index.open(filled, writable=True, check=False) as index:
        index.repair(encode, lambda what, done, total: told.append((what, done, total)))
    assert ("embedding texts", 0, 135) in told
    assert {"checking documents", "checking the full-text index", "reading vectors"} <= {what for what, *_ in told}
    assert all(0 <= done <= max(done, total) for _, done, total in told)
    assert np.all(np.diff([done for what, done, _ in told if what == "embedding texts"]) >= 0)
