import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from older import record_root
from spanwise.errors import IndexStateError
from spanwise.index import Change, FileRecord, Index


def test_a_new_index_is_empty_and_knows_its_settings(tmp_path, embedder):
    with Index.create(tmp_path / "new", embedder=embedder, splitter={"words": 100}) as index:
        assert (index.generation, index.count(), index.files()) == (0, 0, {})
        assert (index.embedder, index.splitter, index.root) == (embedder, {"words": 100}, None)
        assert index.search(np.ones((2, 8), dtype=np.float32), 5) == [[], []]
        assert index.lexical("anything", 5) == []


def test_create_refuses_a_folder_that_holds_something_else(tmp_path):
    (tmp_path / "thesis.docx").write_text("months of work")
    with pytest.raises(IndexStateError, match=r"new or empty folder for an index, .* holds thesis\.docx"):
        Index.create(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.docx"]


def test_create_refuses_an_index(index):
    with pytest.raises(IndexStateError, match=r"there is an index in .* already: open it"):
        Index.create(index.path)


def test_open_never_creates(tmp_path):
    with pytest.raises(
        IndexStateError, match=r"there is no index in .*, nothing was indexed there: run `spanwise index"
    ):
        Index.open(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(IndexStateError, match=r"there is no index in .*, it is not a folder"):
        Index.open(tmp_path / "file")


def test_what_was_applied_is_there_after_reopening(index, make_change, state_of):
    change = make_change({"a/one.txt": ["the port is 8080", "a zebra"], "two.md": ["common words"]})
    assert index.apply(change) == 1
    before = state_of(index)
    index.close()
    with Index.open(index.path) as again:
        assert state_of(again) == before
        assert again.files()["a/one.txt"] == FileRecord("a/one.txt", "0" * 64, 24, 1, None, 2)
        assert again.source("two.md").text == "common words"
        assert [passage.text for passage in again.passages_of("a/one.txt")] == ["the port is 8080", "a zebra"]
        assert again.generation == 1


def test_replacing_a_file_replaces_its_passages_and_words(index, make_change):
    index.apply(make_change({"a.txt": ["old zebra", "old port"], "b.txt": ["common"]}))
    index.apply(make_change({"a.txt": ["new lion"]}, seed=1))
    assert index.count() == 2
    assert index.lexical("zebra port", 5) == []
    assert [hit.passage.text for hit in index.lexical("lion", 5)] == ["new lion"]
    assert {hit.passage.text for hit in index.search(np.ones((1, 8), dtype=np.float32), 9)[0]} == {"new lion", "common"}


def test_removing_a_file_removes_everything_of_it(index, make_change):
    index.apply(make_change({"a.txt": ["zebra"], "b.txt": ["common"]}))
    index.apply(Change(removed=["a.txt", "never-there.txt"]))
    assert list(index.files()) == ["b.txt"]
    assert index.known_vectors(["zebra", "common"]).keys() == {"common"}
    assert index.verify() == []


def test_touching_a_file_changes_only_its_time(index, make_change, state_of):
    index.apply(make_change({"a.txt": ["zebra"]}))
    before = state_of(index)
    index.apply(Change(touched=[("a.txt", 5, 99)]))
    assert index.files()["a.txt"].mtime_ns == 99
    assert {**state_of(index), "files": None} == {**before, "files": None}


def test_source_of_an_unknown_file_suggests_a_near_one(index, make_change):
    index.apply(make_change({"notes/server.md": ["x"]}))
    with pytest.raises(IndexStateError, match=r"no such file .*: server\.md; did you mean notes/server\.md\?"):
        index.source("server.md")
    with pytest.raises(IndexStateError, match=r"did you mean notes/server\.md\?"):
        index.source("notes/servr.md")
    with pytest.raises(IndexStateError, match="it holds 1 files"):
        index.source("zzz")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (None, {"a/x.txt", "a/b/y.md", "z[1].txt"}),
        ("a/*", {"a/x.txt", "a/b/y.md"}),
        ("*.md", {"a/b/y.md"}),
        ("a/?.txt", {"a/x.txt"}),
        ("/[!a]*", {"z[1].txt"}),
        ("a", {"a/x.txt", "a/b/y.md"}),
        ("b/", {"a/b/y.md"}),
        ("z[1].txt", {"z[1].txt"}),
        (["*.md", "z*"], {"a/b/y.md", "z[1].txt"}),
        ([], set()),
        ("A/*", set()),
    ],
)
def test_file_globs(index, make_change, files, expected):
    index.apply(make_change({name: ["common word"] for name in ("a/x.txt", "a/b/y.md", "z[1].txt")}))
    assert {hit.passage.file for hit in index.lexical("common", 9, files=files)} == expected
    found = index.search(np.ones((1, 8), dtype=np.float32), 9, files=files)[0]
    assert {hit.passage.file for hit in found} == expected


def test_vectors_of_moved_text_are_known_exactly(index, make_change):
    change = make_change({"old.txt": ["one", "two", "three"]})
    index.apply(change)
    known = index.known_vectors(["two", "other", "three"])
    assert known.keys() == {"two", "three"}
    assert np.array_equal(known["two"], change.vectors[1])
    known["two"][:] = 0
    assert np.array_equal(index.known_vectors(["two"])["two"], change.vectors[1])


def test_an_index_can_be_moved_copied_and_named_in_any_way(tmp_path, make_change, state_of, embedder):
    first, second = tmp_path / "kb.v1", tmp_path / "kb.v2"
    for path, text in ((first, "zebra"), (second, "lion")):
        with Index.create(path, embedder=embedder) as index:
            index.apply(make_change({"ünïcode/日本 #1?.txt": [text]}))
    with Index.open(first) as index:
        before = state_of(index)
        assert index.source("ünïcode/日本 #1?.txt").text == "zebra"
    moved = tmp_path / "a b" / "100% ü#?.idx"
    moved.parent.mkdir()
    first.rename(moved)
    shutil.copytree(moved, tmp_path / "copy")
    for path in (moved, tmp_path / "copy"):
        with Index.open(path) as index:
            assert state_of(index) == before


def test_lone_surrogates_and_nul_in_a_text_come_back(index, make_source, unit_vectors):
    source, passages = make_source("broken.pdf", ["caf\u00e9 \ud835 zebra", "nul \x00 byte"], title="T\udc80")
    index.apply(Change(sources=[(source, 1, 1)], passages=passages, vectors=unit_vectors(2)))
    assert index.source("broken.pdf") == source
    assert index.passages_of("broken.pdf") == passages
    assert [hit.passage for hit in index.lexical("zebra", 3)] == passages[:1]
    assert index.known_vectors([passages[0].text]).keys() == {passages[0].text}
    assert index.verify() == []


def test_a_text_of_ten_megabytes(index, make_source, unit_vectors):
    source, passages = make_source("big.txt", ["ßx" * 5_000_000])
    index.apply(Change(sources=[(source, 1, 1)], passages=passages, vectors=unit_vectors(1)))
    assert index.source("big.txt").text == source.text
    assert index.passages_of("big.txt") == passages


def _with(change, **fields):
    return replace(change, **fields)


@pytest.mark.parametrize(
    ("change_vectors", "message"),
    [
        (lambda v: v.astype(np.float64), r"expected vectors as a float32 array, found float64: convert them"),
        (lambda v: v[:1], r"expected vectors of shape \(2, 8\), found \(1, 8\): embed the passages again"),
        (lambda v: np.ascontiguousarray(v[:, :4]), r"expected vectors of shape \(2, 8\), found \(2, 4\)"),
        (lambda v: v * np.float32([[1], [np.nan]]), r"found NaN or infinity in vector 1"),
        (lambda v: v * np.float32([[1], [2]]), r"expected vectors of length 1 from tiny, found length 2 in vector 1"),
        (lambda _: None, r"expected 2 vectors, found None"),
    ],
    ids=["dtype", "rows", "dimension", "nan", "length", "none"],
)
def test_vectors_that_do_not_belong_are_refused_whole(index, make_change, state_of, change_vectors, message):
    index.apply(make_change({"a.txt": ["zebra"]}))
    before = state_of(index)
    change = make_change({"b.txt": ["one", "two"]})
    with pytest.raises(IndexStateError, match=message):
        index.apply(_with(change, vectors=change_vectors(change.vectors)))
    assert state_of(index) == before
    assert index.generation == 1


def test_passages_that_are_not_slices_of_their_source_are_refused(index, make_change):
    change = make_change({"a.txt": ["zebra"]})
    (passage,) = change.passages
    for wrong, message in (
        (replace(passage, start=1), "expected a slice of the text of a.txt, found other words at 1:5"),
        (replace(passage, file="b.txt"), "expected passages of the change's own sources, found one of b.txt"),
    ):
        with pytest.raises(IndexStateError, match=message):
            index.apply(_with(change, passages=[wrong]))
    with pytest.raises(IndexStateError, match="expected different passages in a change, found one twice"):
        index.apply(_with(change, passages=[passage, passage]))
    with pytest.raises(IndexStateError, match="expected each file once among the sources"):
        index.apply(_with(change, sources=[*change.sources, *change.sources]))
    assert index.generation == 0


def test_the_embedder_is_compared_by_everything_but_its_name(index, embedder):
    index.require_embedder(replace(embedder, name="/moved/elsewhere"))
    with pytest.raises(IndexStateError, match=r"expected tiny \(abababababab, 8 dimensions.*found tiny \(cdcd.*NAME"):
        index.require_embedder(replace(embedder, fingerprint="cd" * 32))
    with pytest.raises(IndexStateError, match=r"found tiny .* 512 tokens"):
        index.require_embedder(replace(embedder, max_tokens=512))


def test_an_embedder_can_be_named_while_there_are_no_vectors(tmp_path, make_change, embedder):
    with Index.create(tmp_path / "bare") as index:
        index.set_embedder(embedder)
        index.apply(make_change({"a.txt": ["zebra"]}))
        index.set_embedder(embedder)
        with pytest.raises(IndexStateError, match=r"expected tiny .* which made the index"):
            index.set_embedder(replace(embedder, fingerprint="00"))


def test_the_root_can_be_changed(index):
    record_root(index, "/elsewhere")
    index.close()
    with Index.open(index.path) as again:
        assert again.root == "/elsewhere"


def test_a_reader_cannot_write_and_a_closed_index_says_so(index, make_change):
    with Index.open(index.path) as reader, pytest.raises(IndexStateError, match="open for reading only"):
        reader.apply(make_change({"a.txt": ["x"]}))
    index.close()
    with pytest.raises(IndexStateError, match="was closed: open it again"):
        index.count()


@pytest.mark.parametrize("top_k", [0, -1])
def test_top_k_below_one_is_refused(index, top_k):
    with pytest.raises(ValueError, match=f"expected top_k to be at least 1, found {top_k}"):
        index.search(np.ones((1, 8), dtype=np.float32), top_k)
    with pytest.raises(ValueError, match=f"expected top_k to be at least 1, found {top_k}"):
        index.lexical("word", top_k)


def test_query_vectors_of_another_model_are_refused(index):
    with pytest.raises(ValueError, match=r"expected query vectors of shape \(queries, 8\), found \(1, 3\)"):
        index.search(np.ones((1, 3), dtype=np.float32), 1)
    with pytest.raises(ValueError, match="expected finite query vectors"):
        index.search(np.full((1, 8), np.inf, dtype=np.float32), 1)


def test_the_size_counts_every_file(index, make_change):
    index.apply(make_change({"a.txt": ["zebra"] * 1}))
    assert index.summary().bytes == sum(file.stat().st_size for file in index.path.rglob("*") if file.is_file())


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys; from spanwise.index import Index; print({'numpy', 'haystack', 'faiss'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_large_commit_leaves_no_large_log_while_the_index_is_open(index, make_change):
    words = " ".join(f"word{number}" for number in range(30_000))
    index.apply(make_change({f"{number}.txt": [f"{number} {words}"] for number in range(30)}))
    log = index.path / "catalogue.sqlite-wal"
    assert log.stat().st_size == 0
    assert (index.path / "catalogue.sqlite").stat().st_size > 8 << 20


def test_a_reader_in_the_middle_keeps_the_log_and_its_snapshot(index, make_change):
    index.apply(make_change({"a.txt": ["zebra"]}))
    words = " ".join(f"word{number}" for number in range(30_000))
    with Index.open(index.path) as reader, reader.reading() as connection:
        (before,) = connection.execute("SELECT count(*) FROM documents").fetchone()
        index.apply(make_change({f"{number}.txt": [f"{number} {words}"] for number in range(30)}))
        assert connection.execute("SELECT count(*) FROM documents").fetchone() == (before,) == (1,)
        assert (index.path / "catalogue.sqlite-wal").stat().st_size > 8 << 20
    assert index.count() == 31
    assert index.verify() == []
