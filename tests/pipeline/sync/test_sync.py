import errno
import os
import shutil
import sys
import time
from dataclasses import replace

import pytest

import spanwise
from spanwise.errors import ConversionError, IndexStateError, RefusedError, SpanwiseError
from spanwise.index.records import Versions
from spanwise.pipeline.converting import ConversionWorker
from spanwise.pipeline.sync import changes, commits
from spanwise.pipeline.sync import sync as sync_module
from spanwise.pipeline.sync.commits import COMMIT_PASSAGES
from spanwise.pipeline.sync.targets import SyncOptions

HOUR = 3600


def write(folder, **texts):
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        file = folder / f"{name}.txt"
        file.write_text(text, encoding="utf-8")
        old = time.time() - HOUR
        os.utime(file, (old, old))


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "papers"
    write(
        folder,
        **{name: f"The {name} is {color}." for name, color in (("sky", "blue"), ("sea", "green"), ("sun", "hot"))},
    )
    return folder


@pytest.fixture
def corpus(tmp_path, tiny_embedder):
    with spanwise.Corpus(tmp_path / "my.index", embedder=str(tiny_embedder)) as corpus:
        yield corpus


def texts(corpus):
    return {file: corpus.source_text(file) for file in corpus.index.files()}


def test_adds_changes_and_removes(corpus, folder):
    report = corpus.sync(folder)
    assert (report.added, report.changed, report.removed) == (("sea.txt", "sky.txt", "sun.txt"), (), ())
    write(folder, sky="The sky is grey.", moon="The moon is white.")
    (folder / "sun.txt").unlink()
    report = corpus.sync(folder)
    assert (report.added, report.changed, report.removed) == (("moon.txt",), ("sky.txt",), ("sun.txt",))
    assert report.unchanged == 1
    assert texts(corpus) == {
        "sea.txt": "The sea is green.",
        "sky.txt": "The sky is grey.",
        "moon.txt": "The moon is white.",
    }


def test_a_second_sync_reads_and_writes_nothing(corpus, folder, monkeypatch):
    corpus.sync(folder)
    generation = corpus.index.generation

    def fail(*_, **__):
        raise AssertionError

    monkeypatch.setattr(ConversionWorker, "convert", fail)
    report = corpus.sync(folder)
    assert report.unchanged == 3
    assert corpus.index.generation == generation


def test_only_passages_whose_text_changed_are_embedded_again(corpus, folder, monkeypatch):
    corpus.sync(folder)
    later = Versions(changes.VERSIONS.conversion + 1, changes.VERSIONS.splitting)
    for module in (changes, sync_module):
        monkeypatch.setattr(module, "VERSIONS", later)

    convert = ConversionWorker.convert

    def better(worker, path, file, **options):
        source, passages = convert(worker, path, file, **options)
        text = source.text.replace("hot", "very hot")
        return replace(source, text=text), [replace(passage, text=text, end=len(text)) for passage in passages]

    embedded = []
    encode = type(corpus.encoder).encode

    def counted(encoder, texts, **options):
        embedded.extend(texts)
        return encode(encoder, texts, **options)

    monkeypatch.setattr(ConversionWorker, "convert", better)
    monkeypatch.setattr(type(corpus.encoder), "encode", counted)
    report = corpus.sync(folder)
    assert report.reconverted == ("sea.txt", "sky.txt", "sun.txt")
    assert (report.added, report.changed, report.unchanged) == ((), (), 0)
    assert embedded == ["The sun is very hot."]
    assert corpus.source_text("sun.txt") == "The sun is very hot."
    assert {record.versions for record in corpus.index.files().values()} == {later}


def test_a_touched_file_is_not_converted_again(corpus, folder, monkeypatch):
    corpus.sync(folder)
    (folder / "sky.txt").touch()
    monkeypatch.setattr(ConversionWorker, "convert", lambda *_, **__: pytest.fail("converted"))
    report = corpus.sync(folder)
    assert (report.changed, report.unchanged) == ((), 3)


def test_a_file_changed_within_its_own_second_is_noticed(corpus, folder, monkeypatch):
    monkeypatch.setattr(sync_module, "RACY_NS", 10**12)  # a busy machine may take seconds to come so far
    file = folder / "sky.txt"
    file.write_text("The sky is blue.", encoding="utf-8")
    status = file.stat()
    corpus.sync(folder)
    file.write_text("The sky is gray.", encoding="utf-8")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert corpus.sync(folder).changed == ("sky.txt",)


def test_a_renamed_file_is_not_embedded_again(corpus, folder, monkeypatch):
    corpus.sync(folder)
    (folder / "sky.txt").rename(folder / "heaven.txt")
    encoded = []
    encode = type(corpus.encoder).encode
    monkeypatch.setattr(
        type(corpus.encoder),
        "encode",
        lambda self, texts, **options: encoded.extend(texts) or encode(self, texts, **options),
    )
    report = corpus.sync(folder)
    assert (report.added, report.removed) == (("heaven.txt",), ("sky.txt",))
    assert encoded == []


def test_no_such_folder(corpus, tmp_path):
    with pytest.raises(SpanwiseError, match=r"expected a folder at .*none, found nothing"):
        corpus.sync(tmp_path / "none")
    assert not corpus.path.exists()


def test_an_empty_folder_creates_no_index(corpus, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SpanwiseError, match=r"nothing in .*empty can be indexed"):
        corpus.sync(tmp_path / "empty")
    assert not corpus.path.exists()


def test_a_second_root_is_refused_and_root_moved_allows_it(corpus, folder, tmp_path):
    corpus.sync(folder)
    moved = tmp_path / "moved"
    folder.rename(moved)
    with pytest.raises(RefusedError, match="--root-moved"):
        corpus.sync(moved)
    report = corpus.sync(moved, options=SyncOptions(root_moved=True))
    assert report.unchanged == 3
    assert corpus.index.root == str(moved)


def test_an_emptied_folder_is_refused(corpus, folder):
    corpus.sync(folder)
    for file in folder.iterdir():
        file.unlink()
    with pytest.raises(RefusedError, match="--allow-removals"):
        corpus.sync(folder)
    assert len(texts(corpus)) == 3
    report = corpus.sync(folder, options=SyncOptions(allow_removals=True))
    assert len(report.removed) == 3


def test_removing_most_files_is_refused(corpus, folder):
    corpus.sync(folder)
    (folder / "sky.txt").unlink()
    (folder / "sea.txt").unlink()
    with pytest.raises(RefusedError, match="found 2 of them gone"):
        corpus.sync(folder)
    assert len(texts(corpus)) == 3


def test_one_bad_file_does_not_stop_the_others(corpus, folder):
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 nonsense")
    (folder / "binary.txt").write_bytes(bytes(range(256)) * 8)
    (folder / "empty.pdf").write_bytes(b"")
    report = corpus.sync(folder)
    assert len(report.added) == 3
    assert {skipped.file for skipped in report.skipped} == {"broken.pdf", "binary.txt", "empty.pdf"}
    assert all(skipped.reason for skipped in report.skipped)


def test_a_file_that_turns_bad_keeps_its_indexed_version(corpus, folder):
    corpus.sync(folder)
    (folder / "sky.txt").write_bytes(bytes(range(256)) * 8)
    report = corpus.sync(folder)
    assert "the index keeps the version it has" in report.skipped[0].reason
    assert texts(corpus)["sky.txt"] == "The sky is blue."


def test_a_file_that_vanishes_during_the_run_is_listed(corpus, folder):
    def vanish(state):
        if state.file == "sea.txt":
            (folder / "sun.txt").unlink(missing_ok=True)

    report = corpus.sync(folder, progress=vanish)
    assert report.added == ("sea.txt", "sky.txt")
    assert [skipped.file for skipped in report.skipped] == ["sun.txt"]


def test_an_unreadable_file_is_listed(corpus, folder, monkeypatch):
    convert = ConversionWorker.convert

    def refuse(self, path, *rest, **options):
        if path.name == "sky.txt":
            msg = "permission denied: make it readable for this user, or exclude it"
            raise ConversionError(msg)
        return convert(self, path, *rest, **options)

    monkeypatch.setattr(ConversionWorker, "convert", refuse)
    report = corpus.sync(folder)
    assert report.added == ("sea.txt", "sun.txt")
    assert [skipped.file for skipped in report.skipped] == ["sky.txt"]
    assert "permission denied" in report.skipped[0].reason


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_strange_names_can_be_asked_for(corpus, tmp_path):
    folder = tmp_path / "papers"
    folder.mkdir()
    for name in (b"two words.txt", b"two\nlines.txt", b"caf\xe9.txt"):
        with open(os.path.join(os.fsencode(folder), name), "wb") as file:
            file.write(b"The name is strange.")
    report = corpus.sync(folder)
    assert sorted(report.added) == ["caf\\xe9.txt", "two\nlines.txt", "two words.txt"]
    assert corpus.source_text("two\nlines.txt") == "The name is strange."


def test_another_embedder_is_refused_for_writing_and_asking(corpus, folder, tmp_path):
    corpus.sync(folder)
    with spanwise.Corpus(corpus.path, embedder=None) as same:
        assert same.sync(folder).unchanged == 3
    other = spanwise.Corpus(corpus.path, embedder="sentence-transformers/all-MiniLM-L6-v2")
    with pytest.raises(IndexStateError, match="all-MiniLM-L6-v2"):
        other.sync(folder)
    with pytest.raises(IndexStateError, match="all-MiniLM-L6-v2"):
        other.ask("What color is the sky?")


def test_a_retrained_embedder_of_the_same_name_is_refused(corpus, folder, tmp_path, tiny_embedder):
    copy = tmp_path / "embedder"
    shutil.copytree(tiny_embedder, copy)
    with spanwise.Corpus(tmp_path / "second.index", embedder=str(copy)) as second:
        second.sync(folder)
    weights = next(copy.rglob("*.safetensors"))
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with pytest.raises(IndexStateError, match="which made the index in"):
        spanwise.Corpus(tmp_path / "second.index").ask("What color is the sky?")


def test_a_full_disk_is_one_line_and_loses_nothing(corpus, folder, monkeypatch):
    corpus.sync(folder)
    before = texts(corpus)
    corpus.close()
    write(folder, moon="The moon is white.")

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(SpanwiseError, match=r"No space left|full"):
            corpus.sync(folder)
    assert texts(corpus) == before
    assert corpus.sync(folder).added == ("moon.txt",)


def test_a_text_file_larger_than_a_commit_is_indexed_whole(corpus, tmp_path, monkeypatch):
    characters = 600_000
    monkeypatch.setattr(commits, "COMMIT_CHARACTERS", characters)
    folder = tmp_path / "papers"
    folder.mkdir()
    sentence = "All work and no play makes the observer dull. "
    text = sentence * (characters // len(sentence) + 1000)
    (folder / "large.txt").write_text(text, encoding="utf-8")
    report = corpus.sync(folder)
    assert report.added == ("large.txt",)
    assert report.passages > max(COMMIT_PASSAGES, characters // 1000)
    assert corpus.source_text("large.txt") == text
