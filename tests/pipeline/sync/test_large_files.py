"""A file of many passages is committed on the way, and is not taken for a finished one before it is."""

import os
import time
from functools import partial

import pytest

import spanwise
from crash import die_at
from spanwise.index import Index
from spanwise.pipeline.converting import ConversionWorker
from spanwise.pipeline.sync import commits
from whole import leftovers_of, problems_of, state_of

HOUR = 3600
TEXT = "".join(f"The observatory number {number} opens its dome at {number} and closes it. " for number in range(300))


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "papers"
    folder.mkdir()
    for name, text in (("first.txt", "The sky is blue."), ("large.txt", TEXT), ("last.txt", "The sea is green.")):
        (folder / name).write_text(text, encoding="utf-8")
        os.utime(folder / name, (time.time() - HOUR,) * 2)
    return folder


@pytest.fixture
def encoded():
    return []


@pytest.fixture
def sync(folder, tiny_embedder, monkeypatch, encoded):
    """Sync to an index with few passages a commit, with an embedder that works in a forked child too."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with spanwise.Corpus(folder.parent / "none", embedder=str(tiny_embedder)) as corpus:
        encoder = corpus.encoder
    encode = type(encoder).encode
    monkeypatch.setattr(
        type(encoder), "encode", lambda self, texts, **options: encoded.extend(texts) or encode(self, texts, **options)
    )
    monkeypatch.setattr(commits, "COMMIT_PASSAGES", 16)

    def act(path, *places):
        with spanwise.Corpus(path, embedder=str(tiny_embedder)) as corpus:
            monkeypatch.setattr(corpus, "_loaded_encoder", encoder)
            return corpus.sync(*places or (folder,))

    yield act
    torch.set_num_threads(threads)


def passages(state):
    return {document["id"] for document in state["documents"]}


def test_a_killed_sync_goes_on_where_it_was(sync, folder, tmp_path, encoded):
    sync(tmp_path / "whole")
    whole = state_of(tmp_path / "whole")
    assert len(passages(whole)) > 5 * 16
    for occurrence in (3, 4, 6):  # of which the first is that of the root, and the second that of first.txt
        path = tmp_path / f"killed{occurrence}"
        die_at("after commit", partial(sync, path), occurrence=occurrence)
        assert problems_of(path) == []
        with spanwise.Corpus(path) as corpus:
            record = corpus.index.files()["large.txt"]
            assert (record.sha256, record.passages) == ("", 16 * (occurrence - 2))
            assert corpus.index.summary().unread == 1
            assert corpus.source_text("large.txt") == TEXT
            hit = corpus.index.lexical("observatory number 3", 1)[0]
            assert TEXT[hit.passage.start : hit.passage.end] == hit.passage.text
        encoded.clear()
        report = sync(path)
        assert "large.txt" in report.changed
        assert len(encoded) == len(passages(whole)) - 16 * (occurrence - 2) - 1
        assert passages(state_of(path)) == passages(whole)
        assert state_of(path)["sources"] == whole["sources"]
        assert (problems_of(path), leftovers_of(path)) == ([], set())
        assert sync(path).unchanged == 3


def test_an_unfinished_file_that_changed_is_indexed_from_the_beginning(sync, folder, tmp_path):
    path = tmp_path / "killed"
    die_at("after commit", partial(sync, path), occurrence=4)
    (folder / "large.txt").write_text(TEXT.replace("dome", "roof"), encoding="utf-8")
    sync(path)
    with spanwise.Corpus(path) as corpus:
        found = corpus.index.passages_of("large.txt")
        assert corpus.source_text("large.txt") == TEXT.replace("dome", "roof")
        assert all("dome" not in passage.text for passage in found)
        assert found[-1].end == len(TEXT.rstrip())
        assert corpus.index.summary().unread == 0
    assert problems_of(path) == []


def test_converted_files_do_not_wait_for_one_that_takes_long(sync, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(commits, "COMMIT_SECONDS", 0.2)
    convert = ConversionWorker.convert

    def indexed():
        with Index.open(tmp_path / "index") as index:
            return {name for name, record in index.files().items() if record.sha256}

    def slowly(worker, path, file, **options):
        ends = time.monotonic() + 60
        while file == "last.txt" and indexed() != {"first.txt"}:
            assert time.monotonic() < ends
            time.sleep(0.05)
        return convert(worker, path, file, **options)

    (folder / "large.txt").unlink()
    monkeypatch.setattr(ConversionWorker, "convert", slowly)
    assert len(sync(tmp_path / "index").added) == 2


def test_passages_that_are_embedded_slowly_are_committed_in_smaller_numbers(sync, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(commits, "COMMIT_SECONDS", 1e-6)
    sizes, apply = [], commits.Index.apply

    def counted(index, change):
        if change.passages:
            sizes.append(len(change.passages))
        return apply(index, change)

    monkeypatch.setattr(commits.Index, "apply", counted)
    sync(tmp_path / "index", folder / "large.txt")
    assert sizes[0] == 16
    assert set(sizes[1:]) == {1}
    assert problems_of(tmp_path / "index") == []
