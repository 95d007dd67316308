"""An answer says when its file has changed since, and an index how its folders differ from it."""

import os
import time

import pytest

import spanwise
from spanwise.files import digest, staleness
from spanwise.pipeline import SyncOptions
from spanwise.pipeline.differences import Differences, differences

HOUR = 3600


def write(file, text, age=HOUR):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    os.utime(file, (time.time() - age,) * 2)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "papers"
    for name, color in (("sky", "blue"), ("sea", "green"), ("sun", "yellow"), ("moon", "white")):
        write(folder / f"{name}.txt", f"The color of the {name} is {color}.")
    return folder


@pytest.fixture
def corpus(tmp_path, tiny_embedder, folder):
    with spanwise.Corpus(tmp_path / "my.index", embedder=str(tiny_embedder)) as corpus:
        corpus.sync(folder)
        yield corpus


def stale(corpus):
    return corpus.ask("What color is the sky, the sea, the sun and the moon?", top_k=9)


def test_an_answer_from_a_file_that_changed_moved_or_went_says_so(corpus, folder):
    result = stale(corpus)
    cited = {place.file for answer in result.answers for place in answer.citations}
    assert {"sky.txt", "sea.txt"} <= cited
    assert (result.stale, result.stale_note) == ((), None)
    (folder / "sun.txt").touch()
    assert stale(corpus).stale == ()
    write(folder / "sky.txt", "The color of the sky is grey.", age=0)
    (folder / "sea.txt").rename(folder / "ocean.txt")
    result = stale(corpus)
    assert sorted(result.stale) == ["sea.txt", "sky.txt"]
    assert result.stale_note == (
        "Changed since: sky.txt; not there any more (moved or removed): sea.txt. "
        "`spanwise index` brings the index up to date."
    )
    corpus.sync()
    assert stale(corpus).stale == ()
    os.rename(folder, f"{folder}-away")
    result = stale(corpus)
    assert set(result.stale) == {place.file for answer in result.answers for place in answer.citations}


def test_a_file_of_the_same_size_and_another_time_is_compared_by_its_bytes(corpus, folder, monkeypatch):
    hashed = []
    monkeypatch.setattr(staleness, "file_sha256", lambda path: hashed.append(path.name) or digest.file_sha256(path))
    write(folder / "sky.txt", "The color of the sky is grey.", age=2 * HOUR)
    assert stale(corpus).stale == ("sky.txt",)
    assert stale(corpus).stale == ("sky.txt",)
    assert hashed == ["sky.txt"]


def test_differences_are_those_of_the_folders(corpus, folder, tmp_path, monkeypatch):
    assert differences(corpus.index) == Differences((), (), (), ())
    write(folder / "sky.txt", "The color of the sky is grey.")
    write(folder / "sea.txt", "The color of the sea is green and blue.")
    write(folder / "sub" / "star.txt", "The color of the star is red.")
    (folder / "sun.txt").unlink()
    (folder / "moon.txt").touch()
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 nonsense")
    (folder / "p.png").write_bytes(bytes(range(256)))
    found = differences(corpus.index)
    assert (found.new, found.changed, found.gone) == (
        ("broken.pdf", "sub/star.txt"),
        ("sea.txt", "sky.txt"),
        ("sun.txt",),
    )
    corpus.sync(folder, options=SyncOptions(exclude=["sub/"]))
    assert differences(corpus.index) == Differences((), (), (), ())
    monkeypatch.setattr(staleness, "file_sha256", lambda path: pytest.fail(f"read {path}"))
    for file in folder.iterdir():
        if file.is_file():
            os.utime(file, (time.time() - HOUR,) * 2)
    monkeypatch.undo()
    corpus.sync()
    monkeypatch.setattr(staleness, "file_sha256", lambda path: pytest.fail(f"read {path}"))
    assert differences(corpus.index) == Differences((), (), (), ())
    other = tmp_path / "other"
    write(other / "a.txt", "The color of a is red.")
    corpus.sync(other)
    folder.rename(tmp_path / "away")
    found = differences(corpus.index)
    assert [one.file for one in found.missing] == ["papers"]
    assert (found.new, found.changed, found.gone) == ((), (), ())


def test_a_file_that_could_not_be_read_and_is_another_now_is_new(corpus, folder, tmp_path):
    broken, empty, lost = folder / "broken.pdf", folder / "empty.txt", folder / "lost.txt"
    broken.write_bytes(b"%PDF-1.4 nonsense")
    empty.touch()
    lost.symlink_to("sub/star.txt")  # which is not there
    corpus.sync(folder)
    corpus.sync(folder / "sky.txt")  # what is known of the others stays
    assert differences(corpus.index) == Differences((), (), (), ())
    broken.write_bytes(b"%PDF-1.4 nonsense, and the rest of it")
    write(empty, "The color of the star is red.")
    write(folder / "sub" / "star.txt", "The color of the star is red.")
    assert differences(corpus.index).new == ("broken.pdf", "empty.txt", "lost.txt", "sub/star.txt")


def test_a_clock_that_jumps_hides_no_change(corpus, folder):
    file = folder / "sky.txt"
    write(file, "The color of the sky is grey.", age=-1000 * HOUR)  # the clock was far ahead
    assert differences(corpus.index).changed == ("sky.txt",)
    assert corpus.sync().changed == ("sky.txt",)
    status = file.stat()
    file.write_text("The color of the sky is pink.", encoding="utf-8")  # and is so again
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert differences(corpus.index).changed == ("sky.txt",)
    assert corpus.sync().changed == ("sky.txt",)
