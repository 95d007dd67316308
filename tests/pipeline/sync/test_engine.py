"""A sync whose vectors come later than they are asked for, as from another machine."""

import os
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from types import SimpleNamespace

import pytest

import spanwise
from spanwise.convert.limits import Limits
from spanwise.files.remote import FoundFile
from spanwise.pipeline.converting import ConversionWorker
from spanwise.pipeline.sync import commits, engine
from spanwise.pipeline.sync.engine import Converted, LocalEngine, Work
from whole import assert_same_state, problems_of

HOUR = 3600
WORK = Work(SimpleNamespace(), SimpleNamespace(), "cpu", Limits())  # which is not looked at
SHARED = "This text is under the licence of the districts, which all of them share."


@dataclass
class Later:
    """Vectors that are computed when they are asked for the second time, or needed."""

    engine: "LaterEngine"
    texts: list
    looks: int = 0

    def is_ready(self):
        self.looks += 1
        return self.looks > 1

    def vectors(self, waiting):
        waiting()
        self.engine.texts.update(self.texts)
        return LocalEngine.embed(self.engine, self.texts, lambda done: None).vectors(waiting)


class LaterEngine(LocalEngine):
    """Has the vectors of several commits under way."""

    ahead = 3
    passages_at_once = 8

    def __init__(self, work):
        super().__init__(work)
        self.texts = Counter()

    def embed(self, texts, progress):
        return Later(self, list(texts))


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "districts"
    folder.mkdir()
    for number in range(20):
        facts = "\n\n".join(
            f"District {number} counts {number * 31 + fact} houses on hill {fact}." for fact in range(6)
        )
        (folder / f"d{number:02}.txt").write_text(f"{SHARED}\n\n{facts}\n", encoding="utf-8")
    (folder / "large.txt").write_text(
        "\n\n".join(f"Room {number} of the castle has {number * 7 % 97} doors." for number in range(400)), "utf-8"
    )
    for file in folder.iterdir():
        os.utime(file, (time.time() - HOUR,) * 2)
    return folder


def test_the_index_is_the_same(folder, tmp_path, tiny_embedder, monkeypatch):
    monkeypatch.setattr(commits, "COMMIT_PASSAGES", 16)
    engines = []

    def make(work):
        engines.append(LaterEngine(work))
        return engines[-1]

    with spanwise.Corpus(tmp_path / "later", embedder=str(tiny_embedder)) as corpus:
        report = corpus.sync(folder, engine=make)
        with spanwise.Corpus(tmp_path / "local", embedder=str(tiny_embedder)) as other:
            expected = other.sync(folder)
        assert (report.added, report.passages) == (expected.added, expected.passages)
        assert problems_of(tmp_path / "later") == []
        assert_same_state(tmp_path / "later", tmp_path / "local")
        assert max(engines[0].texts.values()) == 1  # though texts of several files are the same
        (folder / "d03.txt").unlink()
        (folder / "d04.txt").write_text("The district was merged.", encoding="utf-8")
        report = corpus.sync(folder, engine=make)
        assert (report.changed, report.removed) == (("d04.txt",), ("d03.txt",))
        assert [*engines[1].texts] == ["The district was merged."]


def test_files_are_converted_while_those_before_are_embedded(folder, tmp_path, tiny_embedder, monkeypatch):
    monkeypatch.setattr(commits, "COMMIT_PASSAGES", 4)
    converted, second = [], Event()
    convert = ConversionWorker.convert

    def noted(self, path, file, **options):
        found = convert(self, path, file, **options)
        converted.append(file)
        if len(converted) == 2:
            second.set()
        return found

    monkeypatch.setattr(ConversionWorker, "convert", noted)
    with spanwise.Corpus(tmp_path / "ahead", embedder=str(tiny_embedder)) as corpus:
        encode = corpus.encoder.encode

        def embed(texts, **options):
            assert second.wait(120)
            return encode(texts, **options)

        monkeypatch.setattr(corpus.encoder, "encode", embed)
        report = corpus.sync(folder)
    assert converted == [*report.added] == sorted(converted)
    assert len(converted) == 21


def test_what_is_converted_ahead_is_bounded(folder, monkeypatch):
    monkeypatch.setattr(engine, "BYTES_AHEAD", 1000)
    monkeypatch.setattr(engine, "FILES_AHEAD", 2)
    asked = []
    monkeypatch.setattr(LocalEngine, "_convert", lambda self, found: asked.append(found) or Converted(found))
    files = [FoundFile(Path(f"{size}"), f"{size}", size, 0) for size in (1, 2, 3, 4, 900, 99, 5000, 5, 6)]
    counts = []
    with closing(LocalEngine(WORK)) as local:
        for one in local.converted(iter(files), lambda: None):
            local._pool.submit(int).result()  # all that was begun before it is done
            counts.append((one.found.size, len(asked)))
    assert counts == [(1, 3), (2, 4), (3, 5), (4, 5), (900, 6), (99, 6), (5000, 7), (5, 9), (6, 9)]


def test_a_conversion_that_runs_ahead_ends_with_the_sync(folder, tmp_path, tiny_embedder, monkeypatch):
    processes = []
    started = ConversionWorker._started

    def noted(self):
        processes.append(started(self))
        return processes[-1]

    def fail(texts, **options):
        raise RuntimeError("no vectors")

    monkeypatch.setattr(ConversionWorker, "_started", noted)
    with spanwise.Corpus(tmp_path / "failed", embedder=str(tiny_embedder)) as corpus:
        monkeypatch.setattr(corpus.encoder, "encode", fail)
        with pytest.raises(RuntimeError, match="no vectors"):
            corpus.sync(folder)
    assert processes
    assert all(process.poll() is not None for process in processes)
