"""Folders and files in a store, here in fsspec's memory."""

import os
import sys
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

import spanwise
from spanwise.errors import RefusedError, SpanwiseError, UsageError
from spanwise.files.remote import RemotePlace, changed_ns
from spanwise.pipeline.sync.targets import SyncOptions

fsspec = pytest.importorskip("fsspec")
ROOT = "memory://bucket/papers"


@pytest.fixture
def store():
    """A store that begins empty."""
    store = fsspec.filesystem("memory")
    store.rm("/", recursive=True) if store.store else None
    yield store
    store.store.clear()


def put(store, name, text, seconds_ago=3600):
    """Write a file, some time ago."""
    path = f"/bucket/papers/{name}"
    store.pipe_file(path, text.encode())
    store.store[path].created = datetime.fromtimestamp(datetime.now(UTC).timestamp() - seconds_ago, UTC)


@pytest.fixture
def papers(store):
    put(store, "port.md", "# Ports\n\nThe server listens on port 8443.\n")
    put(store, "deep/er/backup.txt", "Backups are kept for thirty days.\n")
    put(store, "NOTES", "The dome opens at dusk.\n")
    put(store, "picture.bin", "\0\1\2")
    put(store, ".hidden/secret.txt", "Not to be read.")
    put(store, "drafts/old.txt", "The server listens on port 80.\n")
    return store


@pytest.fixture
def corpus(tmp_path, tiny_embedder):
    with spanwise.Corpus(tmp_path / "index", embedder=str(tiny_embedder)) as corpus:
        yield corpus


def test_a_folder_in_a_store_is_indexed_as_one_on_the_disk(papers, corpus):
    report = corpus.sync(f"{ROOT}/", options=SyncOptions(exclude=["drafts/"]))
    assert report.added == ("NOTES", "deep/er/backup.txt", "port.md")
    assert report.ignored == ("picture.bin",)
    assert [(root.name, root.path) for root in corpus.index.roots] == [("papers", ROOT)]
    assert corpus.source_text("deep/er/backup.txt") == "Backups are kept for thirty days.\n"
    ignored = {one.file: one.reason for one in corpus.index.passed_over.ignored}
    assert ignored[".hidden"] == "hidden"
    assert ignored["drafts/old.txt"] == "excluded by a pattern"
    again = corpus.sync()
    assert (again.added, again.changed, again.removed, again.unchanged) == ((), (), (), 3)


def test_what_is_changed_removed_and_added_in_a_store_is_noticed(papers, corpus):
    corpus.sync(ROOT)
    put(papers, "port.md", "# Ports\n\nThe server listens on port 9443.\n", seconds_ago=1800)
    put(papers, "more.txt", "The pump was replaced in May.\n")
    papers.rm("/bucket/papers/drafts/old.txt")
    report = corpus.sync()
    assert (report.added, report.changed, report.removed) == (("more.txt",), ("port.md",), ("drafts/old.txt",))
    assert "9443" in corpus.source_text("port.md")


def test_the_same_bytes_at_another_time_are_not_converted_again(papers, corpus):
    corpus.sync(ROOT)
    put(papers, "port.md", "# Ports\n\nThe server listens on port 8443.\n", seconds_ago=60)
    report = corpus.sync()
    assert (report.changed, report.reconverted, report.unchanged) == ((), (), 4)


def test_a_part_and_a_single_file_of_a_store(papers, corpus):
    corpus.sync(ROOT)
    put(papers, "deep/er/other.txt", "Another text.\n")
    put(papers, "top.txt", "At the top.\n")
    assert corpus.sync(f"{ROOT}/deep").added == ("deep/er/other.txt",)
    assert corpus.sync(f"{ROOT}/top.txt").added == ("top.txt",)
    papers.pipe_file("/other/plan.txt", b"A plan.\n")
    assert corpus.sync("memory://other/plan.txt").added == ("plan.txt",)
    assert corpus.index.roots.url_of("papers/deep/er/other.txt") == f"{ROOT}/deep/er/other.txt"
    assert corpus.index.roots.url_of("plan.txt") == "memory://other/plan.txt"
    assert corpus.index.roots.path_of("plan.txt") is None
    assert corpus.remove(ROOT)
    assert [*corpus.index.files()] == ["/plan.txt/plan.txt"]


def test_a_connection_that_is_lost_is_one_line_and_loses_nothing(papers, corpus, monkeypatch):
    corpus.sync(ROOT)
    for number in range(6):
        put(papers, f"new{number}.txt", f"The pump number {number} was replaced in May.\n")
    opened = []
    open_file = type(papers).open

    def lose(self, path, *args, **kwargs):
        opened.append(path)
        if len(opened) > 2:
            msg = "connection reset by peer"
            raise ConnectionResetError(msg)
        return open_file(self, path, *args, **kwargs)

    monkeypatch.setattr("spanwise.pipeline.sync.commits.COMMIT_SECONDS", 0.0)
    monkeypatch.setattr(type(papers), "open", lose)
    with pytest.raises(
        SpanwiseError, match=r"^expected to read memory://bucket/papers/new1.txt, found that it cannot "
    ):
        corpus.sync()
    monkeypatch.setattr(type(papers), "open", open_file)
    assert "8443" in corpus.source_text("port.md")
    kept = len(corpus.index.files()) - 4
    report = corpus.sync()
    assert len(report.added) == 6 - kept
    assert (report.removed, report.unchanged) == ((), 4 + kept)


def test_a_store_that_cannot_be_listed_loses_nothing(papers, corpus, monkeypatch):
    corpus.sync(ROOT)

    def lose(*args, **kwargs):
        msg = "no route to host"
        raise OSError(msg)

    listed = type(papers).ls
    for lost in (ROOT, f"{ROOT}/deep/er"):  # at once, or in the middle

        def ls(self, path, *args, lost=lost, **kwargs):
            return lose() if path.strip("/") == lost.partition("://")[2] else listed(self, path, *args, **kwargs)

        monkeypatch.setattr(type(papers), "ls", ls)
        with pytest.raises(SpanwiseError, match=r"cannot be reached \(OSError: no route to host\)"):
            corpus.sync()
    assert len(corpus.index.files()) == 4


def test_a_folder_that_is_empty_now_is_refused(papers, corpus):
    corpus.sync(ROOT)
    papers.rm("/bucket/papers", recursive=True)
    with pytest.raises(SpanwiseError, match="found nothing; nothing was changed"):
        corpus.sync()
    put(papers, ".keep", "")
    with pytest.raises(RefusedError, match="found 4 of them gone; nothing was changed"):
        corpus.sync()


def test_files_beyond_the_limits_are_skipped(papers, corpus):
    options = SyncOptions(limits=spanwise.convert.limits.Limits(file_bytes=30))
    report = corpus.sync(ROOT, options=options)
    assert report.added == ("NOTES",)
    assert {one.file for one in report.skipped} == {"deep/er/backup.txt", "drafts/old.txt", "port.md"}
    assert "over the limit of 30" in report.skipped[0].reason


def test_a_name_that_leads_elsewhere_is_skipped(papers, corpus):
    papers.store["/bucket/papers/a/../../x.txt"] = papers.store["/bucket/papers/NOTES"]
    report = corpus.sync(ROOT)
    assert [one.file for one in report.skipped] == ["a/../../x.txt"]
    assert "a name that no file of a folder could have" in report.skipped[0].reason


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("memory://bucket/nothing", "expected a folder or a file at memory://bucket/nothing, found nothing"),
        ("simplecache::memory://bucket", "expected a folder at simplecache::memory://bucket, found nothing"),
        ("memory://a::memory://b", "expected one URL such as s3://bucket/folder, found several"),
        ("s3://key:word@bucket/x", "expected a URL without a password"),
        ("reference://x", "expected a URL of a store that is read"),
        ("s3://", "expected a URL such as s3://bucket/folder, found s3://"),
    ],
)
def test_what_is_no_place_in_a_store_is_refused(store, corpus, place, said):
    with pytest.raises(SpanwiseError, match=said):
        corpus.sync(place)


def test_what_reads_a_store_is_named_where_it_is_not_installed(monkeypatch):
    def missing(protocol):
        raise ImportError

    monkeypatch.setattr(sys.modules["fsspec.registry"], "get_filesystem_class", missing)
    with pytest.raises(UsageError, match=r"expected a package that reads gs:// .*: pip install gcsfs"):
        RemotePlace("gs://bucket/x")
    monkeypatch.setattr("spanwise.files.remote.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'spanwise\[remote\]'"):
        RemotePlace("gs://bucket/x")


def test_a_file_url_is_a_path(tmp_path, corpus):
    (tmp_path / "a b").mkdir()
    (tmp_path / "a b" / "port.txt").write_text("Port 8443.")
    corpus.sync((tmp_path / "a b").as_uri())
    assert corpus.index.roots[0].path == os.path.realpath(tmp_path / "a b")


def test_a_tag_tells_files_of_one_second_apart():
    when = datetime(2026, 5, 1, 12, tzinfo=UTC)
    one, other = (changed_ns({"LastModified": when, "ETag": tag}) for tag in ('"a"', '"b"'))
    assert one != other
    assert one // 10**9 == other // 10**9 == int(when.timestamp())
    assert changed_ns({"Last-Modified": "Fri, 01 May 2026 12:00:00 GMT"}) == int(when.timestamp()) * 10**9
    assert changed_ns({}) == 0


def test_a_folder_of_a_web_server_that_lists_it(corpus, tmp_path):
    pytest.importorskip("aiohttp")
    (tmp_path / "site" / "manual" / "deep").mkdir(parents=True)
    (tmp_path / "site" / "manual" / "port.html").write_text("<p>The server listens on port 8443.</p>")
    (tmp_path / "site" / "manual" / "deep" / "backup.txt").write_text("Backups are kept for thirty days.")
    for file in (tmp_path / "site").rglob("*.*"):
        os.utime(file, (1_700_000_000,) * 2)
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path / "site")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        place = f"http://127.0.0.1:{server.server_port}/manual/"
        assert corpus.sync(place).added == ("deep/backup.txt", "port.html")
        assert corpus.sync().unchanged == 2
        assert corpus.sync(f"{place}port.html").unchanged == 1
        (tmp_path / "site" / "manual" / "port.html").write_text("<p>The server listens on port 9443.</p>")
        (tmp_path / "site" / "manual" / "deep" / "backup.txt").rename(tmp_path / "site" / "manual" / "deep" / "b.txt")
        report = corpus.sync()
        assert (report.added, report.changed, report.removed) == (("deep/b.txt",), ("port.html",), ("deep/backup.txt",))
        server.shutdown()
    with pytest.raises(SpanwiseError, match=r"^expected to read http://127.0.0.1:\d+/manual, found that it cannot be "):
        corpus.sync()
    assert len(corpus.index.files()) == 2
