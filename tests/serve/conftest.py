import pytest
from fastapi.testclient import TestClient

from spanwise.pipeline.corpus import Corpus
from spanwise.serve.app import create_app
from spanwise.serve.service import make_service
from spanwise.serve.settings import ServeSettings

LOCAL = "http://127.0.0.1:8000"


@pytest.fixture(scope="session")
def sample_client(sample_index):
    """The sample documents, served."""
    with TestClient(create_app(ServeSettings(index=sample_index, rate=0)), base_url=LOCAL) as client:
        yield client


@pytest.fixture
def make_client(tmp_path, tiny_embedder):
    """Serve a folder of documents with a tiny embedder; anything that a service can be told is an argument."""
    running = []

    def make(files=None, raising=True, **given):
        folder = tmp_path / "docs"
        folder.mkdir(exist_ok=True)
        for name, content in ({"port.md": "# Ports\n\nThe server listens on port 8443.\n"} | (files or {})).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        corpus = Corpus(tmp_path / "index", embedder=str(tiny_embedder))
        corpus.sync(folder)
        service = make_service(ServeSettings(index=tmp_path / "index", **given), corpus)
        client = TestClient(create_app(service=service), base_url=LOCAL, raise_server_exceptions=raising)
        client.__enter__()
        client.service = service
        running.append(client)
        return client

    yield make
    for client in running:
        client.__exit__(None, None, None)
