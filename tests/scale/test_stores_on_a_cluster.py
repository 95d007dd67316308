"""Folders in a store, of which each task fetches its own files."""

import pytest

import spanwise
from spanwise.scale.cluster import connected
from whole import assert_same_state, problems_of

pytest.importorskip("ray")
s3fs = pytest.importorskip("s3fs")
moto = pytest.importorskip("moto.server")
pytestmark = pytest.mark.slow
ROOT = "s3://districts/papers"


@pytest.fixture
def bucket(folder, monkeypatch):
    """A bucket with the files of the folder, on a server that other processes reach too."""
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "word",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
    }.items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    store = s3fs.S3FileSystem(skip_instance_cache=True)
    store.mkdir("districts")
    for file in folder.iterdir():
        store.pipe_file(f"districts/papers/{file.name}", file.read_bytes())
    yield store
    server.stop()
    s3fs.S3FileSystem.clear_instance_cache()


def test_a_bucket_is_indexed_by_tasks_that_fetch_its_files(bucket, tmp_path, monkeypatch):
    from spanwise.scale.engine import RayEngine

    def send(_, found):
        raise AssertionError(found)

    monkeypatch.setattr(RayEngine, "_content", send)
    monkeypatch.setattr("spanwise.pipeline.sync.sync.RACY_NS", 0)  # else what was just written is recorded as unsure
    with spanwise.Corpus(tmp_path / "local") as corpus:
        local = corpus.sync(ROOT)
    with connected("local", num_cpus=2), spanwise.Corpus(tmp_path / "ray") as corpus:
        report = corpus.sync(ROOT, engine=RayEngine)
        assert (report.added, len(report.skipped)) == (local.added, 1)
        bucket.pipe_file("districts/papers/district03.txt", b"The tower of district 3 was painted in 1931.\n")
        bucket.rm_file("districts/papers/district04.txt")
        again = corpus.sync(engine=RayEngine)
        assert (again.changed, again.removed, again.unchanged) == (("district03.txt",), ("district04.txt",), 38)
        assert "1931" in corpus.source_text("district03.txt")
    with spanwise.Corpus(tmp_path / "local") as corpus:
        corpus.sync()
    assert problems_of(tmp_path / "ray") == []
    assert_same_state(tmp_path / "ray", tmp_path / "local")
