"""A bucket on a server that speaks S3, where what that needs is installed."""

from urllib.request import Request, urlopen

import pytest

import spanwise
from spanwise.errors import SpanwiseError

pytest.importorskip("s3fs")
moto = pytest.importorskip("moto.server")
pytestmark = pytest.mark.slow
ROOT = "s3://library/papers"


@pytest.fixture
def bucket(monkeypatch):
    """A bucket of two files; what is yielded can write to it, and the server can be stopped."""
    import s3fs

    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    urlopen(Request(f"http://{host}:{port}/moto-api/reset", method="POST")).close()
    for name, value in {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "word",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    monkeypatch.setattr(s3fs.S3FileSystem, "retries", 1)
    store = s3fs.S3FileSystem(skip_instance_cache=True)
    store.mkdir("library")
    store.pipe_file("library/papers/port.md", b"# Ports\n\nThe server listens on port 8443.\n")
    store.pipe_file("library/papers/deep/backup.txt", b"Backups are kept for thirty days.\n")
    store.server = server
    yield store
    server.stop()
    s3fs.S3FileSystem.clear_instance_cache()


@pytest.fixture
def corpus(tmp_path, tiny_embedder):
    with spanwise.Corpus(tmp_path / "index", embedder=str(tiny_embedder)) as corpus:
        yield corpus


def test_a_bucket_is_indexed_and_followed(bucket, corpus):
    assert corpus.sync(ROOT).added == ("deep/backup.txt", "port.md")
    assert corpus.sync().unchanged == 2
    # of the same length and within the same second: only the tag tells
    bucket.pipe_file("library/papers/port.md", b"# Ports\n\nThe server listens on port 9443.\n")
    bucket.pipe_file("library/papers/new.txt", b"The pump was replaced in May.\n")
    bucket.rm_file("library/papers/deep/backup.txt")
    report = corpus.sync()
    assert (report.added, report.changed, report.removed) == (("new.txt",), ("port.md",), ("deep/backup.txt",))
    assert "9443" in corpus.source_text("port.md")


def test_a_server_that_is_gone_is_one_line_and_loses_nothing(bucket, corpus):
    corpus.sync(ROOT)
    bucket.server.stop()
    with pytest.raises(SpanwiseError, match=r"^expected to read s3://library/papers, found that it cannot be reached"):
        corpus.sync()
    assert [*corpus.index.files()] == ["deep/backup.txt", "port.md"]


def test_what_is_no_bucket_is_named(bucket, corpus):
    with pytest.raises(SpanwiseError, match=r"^expected .*s3://nothing/papers"):
        corpus.sync("s3://nothing/papers")
