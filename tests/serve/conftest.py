import pytest
from fastapi.testclient import TestClient

from spanwise.pipeline.corpus import Corpus
from spanwise.serve.app import create_app
from spanwise.serve.service import Service
from spanwise.serve.settings import ServeSettings

LOCAL = "http://127.0.0.1:8000"


@pytest.fixture(scope="session")
def sample_client(sample_index):
    """The sample documents, served."""
    with TestClient(create_app(ServeSettings(index=sample_index, rate=0)), base_url=LOCAL) as client:
        yield client


def write(folder, files):
    for name, content in ({"port.md": "# Ports\n\nThe server listens on port 8443.\n"} | files).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


@pytest.fixture(scope="session")
def port_corpus(tmp_path_factory, tiny_embedder):
    """A corpus of one file, to be read and not written."""
    folder = tmp_path_factory.mktemp("port")
    write(folder / "docs", {})
    corpus = Corpus(folder / "index", embedder=str(tiny_embedder))
    corpus.sync(folder / "docs")
    return corpus


@pytest.fixture
def make_client(tmp_path, port_corpus, tiny_embedder):
    """
    Serve `port_corpus`; anything that a service can be told is an argument.

    With files, or own, the documents are in tmp_path / "docs", and the index in tmp_path / "index" can be written.
    """
    running = []

    def make(files=None, own=False, raising=True, **given):
        corpus = port_corpus
        if own or files is not None:
            write(tmp_path / "docs", files or {})
            corpus = Corpus(tmp_path / "index", embedder=str(tiny_embedder))
            corpus.sync(tmp_path / "docs")
        service = Service(ServeSettings(index=corpus.path, **given), corpus)
        client = TestClient(create_app(service=service), base_url=LOCAL, raise_server_exceptions=raising)
        client.__enter__()
        client.service = service
        running.append(client)
        return client

    yield make
    for client in running:
        client.__exit__(None, None, None)
