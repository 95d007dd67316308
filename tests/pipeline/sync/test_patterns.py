"""Patterns of a folder are kept with it, and what they no longer match leaves the index without being called gone."""

import shutil

import pytest

import spanwise
from spanwise.errors import RefusedError, UsageError
from spanwise.files.patterns import Patterns
from spanwise.pipeline import SyncOptions

FILES = ("a.txt", "b.md", "drafts/c.txt", "drafts/d.md", "code.py")


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "papers"
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"The name of this is {name}.", encoding="utf-8")
    return folder


@pytest.fixture
def corpus(tmp_path, tiny_embedder):
    with spanwise.Corpus(tmp_path / "my.index", embedder=str(tiny_embedder)) as corpus:
        yield corpus


def test_they_are_kept_and_what_no_longer_matches_is_taken_out(corpus, folder):
    report = corpus.sync(folder, options=SyncOptions(include=["*.txt", "*.py"]))
    assert report.added == ("a.txt", "code.py", "drafts/c.txt")
    (root,) = corpus.index.roots
    assert root.patterns == Patterns(("*.txt", "*.py"))
    assert corpus.sync(folder).unchanged == 3
    report = corpus.sync(folder, options=SyncOptions(exclude=["drafts/"]))
    assert (report.removed, report.unmatched, report.added) == ((), ("drafts/c.txt",), ())
    report = corpus.sync(folder, options=SyncOptions(include=["**"]))
    assert (report.added, report.removed, report.unmatched) == (
        ("b.md", "drafts/c.txt", "drafts/d.md"),
        (),
        ("code.py",),
    )
    assert corpus.index.roots[0].patterns == Patterns()
    (folder / "b.md").unlink()
    report = corpus.sync(folder, options=SyncOptions(exclude=["drafts/"]))
    assert (report.removed, report.unmatched) == (("b.md",), ("drafts/c.txt", "drafts/d.md"))
    assert set(corpus.index.files()) == {"a.txt"}


def test_patterns_that_match_nothing_or_are_malformed_change_nothing(corpus, folder):
    corpus.sync(folder)
    before = corpus.index.generation
    with pytest.raises(
        RefusedError, match=r"expected patterns that match some of the 4 indexed files .* --allow-remov"
    ):
        corpus.sync(folder, options=SyncOptions(include=["*.nothing"]))
    with pytest.raises(UsageError, match="expected a pattern"):
        corpus.sync(folder, options=SyncOptions(include=["*.txt", "["]))
    assert corpus.index.generation == before
    shutil.rmtree(folder)
    folder.mkdir()
    with pytest.raises(RefusedError, match="--allow-removals"):
        corpus.sync(folder, options=SyncOptions(include=["*.txt"]))
    assert len(corpus.index.files()) == 4


def test_filters_match_as_gitignore_does(corpus, folder):
    corpus.sync(folder)

    def found(*patterns):
        return {hit.passage.file for hit in corpus.index.lexical("name", 9, files=list(patterns))}

    assert found("drafts/") == found("drafts") == {"drafts/c.txt", "drafts/d.md"}
    assert found("*.md", "!b.md") == {"drafts/d.md"}
    assert found("/*.md") == {"b.md"}
    with pytest.raises(UsageError, match="expected a pattern"):
        corpus.ask("What is the name?", "drafts[")
