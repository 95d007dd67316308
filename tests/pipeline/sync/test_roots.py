"""Several folders and single files in one index."""

import shutil

import pytest

import spanwise
from spanwise.errors import RefusedError, SpanwiseError, UsageError
from spanwise.index.index import Index
from spanwise.pipeline import SyncOptions, query_pipeline
from whole import problems_of


def write(folder, *names):
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"The color of {folder.name} {name} is blue.", encoding="utf-8")
    return folder


@pytest.fixture
def docs(tmp_path):
    return write(tmp_path / "docs", "a.txt", "sub/b.txt", "c.txt")


@pytest.fixture
def corpus(tmp_path, tiny_embedder):
    with spanwise.Corpus(tmp_path / "my.index", embedder=str(tiny_embedder)) as corpus:
        yield corpus


def ids(corpus, file):
    return [passage.id for passage in corpus.index.passages_of(file)]


def test_names_vectors_and_ids_stay_when_a_root_joins(corpus, docs, tmp_path, tiny_embedder):
    corpus.sync(docs)
    before = {file: ids(corpus, file) for file in corpus.index.files()}
    assert set(before) == {"a.txt", "sub/b.txt", "c.txt"}
    other, notes = write(tmp_path / "x" / "docs", "a.txt"), write(tmp_path / "y", "notes.txt") / "notes.txt"
    report = corpus.sync(other, notes)
    assert report.added == ("docs-2/a.txt", "notes.txt")
    assert {file: ids(corpus, file) for file in before} == before
    assert problems_of(corpus.path) == []
    assert corpus.sync().unchanged == 5
    assert "x/docs" not in corpus.source_text("docs/a.txt")
    assert corpus.source_text("docs-2/a.txt") == "The color of docs a.txt is blue."
    assert corpus.source_text("notes.txt") == "The color of y notes.txt is blue."
    found = corpus.ask("What is the color?", ["docs-2/", "notes.txt"])
    assert {hit.passage.file for hit in found.passages} == {"docs-2/a.txt", "notes.txt"}
    assert {place.file for answer in found.answers for place in answer.citations} <= {"docs-2/a.txt", "notes.txt"}
    whole = corpus.ask("What is the color?")
    assert {"docs/a.txt", "docs-2/a.txt"} <= {place.file for hit in whole.passages for place in hit.places}
    piped = query_pipeline(corpus.path, embedder=str(tiny_embedder)).run({"query": "What is the color?"})
    assert piped["answers"]["result"].answers == whole.answers
    assert corpus.index.roots.path_of("docs-2/a.txt") == other / "a.txt"
    assert corpus.index.roots.name_at(str(other / "a.txt")) == "docs-2/a.txt"
    assert corpus.index.roots.name_at(str(notes)) == "notes.txt"


def test_a_path_in_a_root_syncs_that_part(corpus, docs):
    corpus.sync(docs)
    write(docs, "sub/d.txt", "e.txt")
    (docs / "sub" / "b.txt").unlink()
    (docs / "c.txt").unlink()
    report = corpus.sync(docs / "sub")
    assert (report.added, report.removed) == (("sub/d.txt",), ("sub/b.txt",))
    assert corpus.sync(docs / "e.txt").added == ("e.txt",)
    assert len(corpus.index.roots) == 1
    assert corpus.sync().removed == ("c.txt",)
    (docs / ".h").mkdir()
    with pytest.raises(UsageError, match="expected no hidden part"):
        corpus.sync(docs / ".h")
    with pytest.raises(UsageError, match="expected patterns for a whole folder"):
        corpus.sync(docs / "sub", options=SyncOptions(include=["*.md"]))


def test_roots_lie_apart_from_one_another_and_from_the_index(corpus, docs, tmp_path):
    with pytest.raises(RefusedError, match="expected folders apart from one another"):
        corpus.sync(docs, docs / "sub")
    assert not corpus.path.exists()
    corpus.sync(docs / "sub")
    generation = corpus.index.generation
    with pytest.raises(RefusedError, match=r"which contains .*docs/sub; take that out first with --remove sub"):
        corpus.sync(docs)
    (corpus.path / "x.txt").write_text("inside")
    for inside in (corpus.path, corpus.path / "vectors", corpus.path / "x.txt"):
        with pytest.raises(RefusedError, match="which is in the index"):
            corpus.sync(inside)
    with pytest.raises(RefusedError, match="contains"):
        corpus.sync(tmp_path)
    assert corpus.index.generation == generation
    assert corpus.sync(docs / "sub", docs / "sub" / ".." / "sub").unchanged == 1


def test_an_index_in_a_root_is_passed_over(docs, tiny_embedder):
    with spanwise.Corpus(docs / "my.index", embedder=str(tiny_embedder)) as corpus:
        assert corpus.sync(docs).added == ("a.txt", "c.txt", "sub/b.txt")
        assert corpus.sync(docs).unchanged == 3


def test_a_moved_root_is_not_indexed_twice(corpus, docs, tmp_path):
    other = write(tmp_path / "other", "x.txt", "y.txt")
    corpus.sync(docs, other)
    before = {file: ids(corpus, file) for file in corpus.index.files()}
    moved = docs.rename(tmp_path / "moved")
    write(moved, "new.txt")
    with pytest.raises(RefusedError, match=r"3 of 4 are the same; .* --root-moved docs, else .* --remove docs"):
        corpus.sync(moved)
    assert {file: ids(corpus, file) for file in corpus.index.files()} == before
    with pytest.raises(UsageError, match="expected a root of the index, found nothing; it has docs"):
        corpus.sync(moved, options=SyncOptions(root_moved="nothing"))
    with pytest.raises(RefusedError, match="expected a new place for docs"):
        corpus.sync(other, options=SyncOptions(root_moved="docs"))
    report = corpus.sync(moved, options=SyncOptions(root_moved=str(docs)))
    assert (report.added, report.unchanged) == (("docs/new.txt",), 3)
    assert [root.path for root in corpus.index.roots] == [str(moved), str(other)]
    third = write(tmp_path / "third", "p.txt", "q.txt")
    shutil.rmtree(other)
    assert len(corpus.sync(third).added) == 2


def test_a_copy_beside_a_root_that_is_there_joins(corpus, docs, tmp_path):
    corpus.sync(docs)
    report = corpus.sync(shutil.copytree(docs, tmp_path / "copy"))
    assert len(report.added) == 3
    assert corpus.index.count() == 6


def test_a_root_that_vanished_loses_nothing_and_the_others_are_synced(corpus, docs, tmp_path):
    other, notes = write(tmp_path / "other", "x.txt"), write(tmp_path / "y", "notes.txt") / "notes.txt"
    corpus.sync(docs, other, notes)
    docs.rename(tmp_path / "away")
    notes.unlink()
    write(other, "new.txt")
    report = corpus.sync()
    assert report.added == ("other/new.txt",)
    assert [one.file for one in report.refused] == ["docs", "notes.txt"]
    assert "nothing was changed" in report.refused[0].reason
    docs.mkdir()  # as where nothing is mounted
    report = corpus.sync()
    assert "--allow-removals" in report.refused[0].reason
    with pytest.raises(RefusedError, match="--allow-removals"):
        corpus.sync(docs)
    docs.rmdir()
    with pytest.raises(SpanwiseError, match="expected a folder at"):
        corpus.sync(docs)
    docs.write_text("now a file")
    with pytest.raises(RefusedError, match=r"expected the folder .*docs, found a file"):
        corpus.sync(docs)
    docs.unlink()
    (tmp_path / "away").rename(docs)
    assert corpus.sync(docs).unchanged == 3
    assert len(corpus.index.files()) == 6


def test_a_root_is_taken_out_even_if_it_is_gone(corpus, docs, tmp_path):
    other = write(tmp_path / "other", "x.txt")
    corpus.sync(docs, other)
    shutil.rmtree(docs)
    with pytest.raises(UsageError, match=r"expected a root of the index, found sub; it has docs \(.*\), other \("):
        corpus.remove("sub")
    assert corpus.remove(str(docs)) == ("docs/a.txt", "docs/c.txt", "docs/sub/b.txt")
    assert set(corpus.index.files()) == {"/other/x.txt"}
    assert corpus.source_text("x.txt") == "The color of other x.txt is blue."
    assert corpus.ask("What is the color?").passages[0].passage.file == "x.txt"
    assert problems_of(corpus.path) == []
    assert corpus.sync().unchanged == 1
    assert corpus.remove("other") == ("x.txt",)
    with pytest.raises(UsageError, match="expected a FOLDER to index"):
        corpus.sync()


def test_a_part_that_the_patterns_leave_out_is_said(corpus, docs):
    (docs / "notes").mkdir()
    write(docs / "notes", "secret.log")
    corpus.sync(docs, options=SyncOptions(exclude=["*.log"]))
    for part in (docs / "notes", docs / "notes" / "secret.log"):
        with pytest.raises(SpanwiseError, match=r"nothing in .*notes.* leave out 1 file; change"):
            corpus.sync(part)


def test_a_new_root_without_documents_changes_nothing(corpus, docs, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "other").mkdir()
    with pytest.raises(SpanwiseError, match=r"nothing in .*empty can be indexed"):
        corpus.sync(tmp_path / "empty", tmp_path / "other")
    assert not Index.exists(corpus.path)
    with pytest.raises(SpanwiseError, match=r"patterns that match some .*, found that they leave out 3 files"):
        corpus.sync(docs, options=SyncOptions(exclude=["*"]))
    (tmp_path / "p.png").write_bytes(bytes(range(256)))
    with pytest.raises(SpanwiseError, match=r"nothing in .*p\.png can be indexed"):
        corpus.sync(tmp_path / "p.png")
    code = write(tmp_path, "code.py") / "code.py"
    assert corpus.sync(code).added == ("code.py",)
