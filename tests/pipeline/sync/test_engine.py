"""A sync whose vectors come later than they are asked for, as from another machine."""

import os
import time
from collections import Counter
from dataclasses import dataclass

import pytest

import spanwise
from spanwise.pipeline.sync import commits
from spanwise.pipeline.sync.engine import LocalEngine
from whole import assert_same_state, problems_of

HOUR = 3600
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
