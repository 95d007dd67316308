"""The index of a running service is kept up to date."""

import time

import pytest

from spanwise.pipeline.corpus import Corpus


def eventually(check, seconds=20):
    ends = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < ends
        time.sleep(0.05)


def files(client):
    return {one["file"] for one in client.get("/documents").json()["documents"]}


def test_it_syncs_again_and_again(make_client, tmp_path):
    client = make_client(own=True, sync=tmp_path / "docs", every="1s")
    (tmp_path / "docs" / "dome.txt").write_text("The dome opens at dusk.\n")
    (tmp_path / "docs" / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    eventually(lambda: "dome.txt" in files(client))
    eventually(lambda: client.get("/documents").json()["skipped"])
    (skipped,) = client.get("/documents").json()["skipped"]
    assert skipped["file"] == "broken.pdf"
    assert skipped["reason"]
    assert 'spanwise_syncs_total{outcome="done"}' in client.get("/metrics").text


def test_a_folder_in_a_store_is_synced_too(make_client, tmp_path):
    store = pytest.importorskip("fsspec").filesystem("memory")
    store.pipe_file("/service/papers/dome.txt", b"The dome opens at dusk.\n")
    try:
        client = make_client(own=True, sync="memory://service/papers", every="1s")
        eventually(lambda: "papers/dome.txt" in files(client))
        store.pipe_file("/service/papers/pump.txt", b"The pump was replaced in May.\n")
        eventually(lambda: "papers/pump.txt" in files(client))
    finally:
        store.store.clear()


def test_it_watches(make_client, tmp_path):
    client = make_client(own=True, sync=tmp_path / "docs", watch=True)
    eventually(lambda: client.get("/status").json()["sync"].get("outcome") == "done")
    time.sleep(0.3)
    (tmp_path / "docs" / "dome.txt").write_text("The dome opens at dusk.\n")
    eventually(lambda: "dome.txt" in files(client))
    (tmp_path / "docs" / "dome.txt").unlink()
    eventually(lambda: "dome.txt" not in files(client))


def test_a_sync_that_fails_is_told_and_tried_again(make_client, tmp_path):
    client = make_client(own=True, sync=tmp_path / "gone", every="1s")
    eventually(lambda: client.get("/status").json()["sync"].get("outcome") == "failed")
    assert client.post("/ask", json={"question": "Which port?"}).status_code == 200
    refresher = client.service.refresher
    refresher.folder = tmp_path / "docs"
    eventually(lambda: client.get("/status").json()["sync"].get("outcome") == "done")


def test_a_reason_names_the_command_that_has_its_option(make_client, tmp_path):
    client = make_client(files={"dome.txt": "The dome opens at dusk.\n"}, sync=tmp_path / "docs", every="1s")
    for file in (tmp_path / "docs").iterdir():
        file.unlink()
    eventually(lambda: client.get("/status").json()["sync"].get("outcome") == "failed")
    said = f"run `spanwise index {tmp_path / 'docs'} --allow-removals`"
    assert said in client.get("/status").json()["sync"]["reason"]


def test_what_another_process_commits_is_picked_up(make_client, tmp_path, tiny_embedder):
    client = make_client(own=True)
    before = client.get("/health").json()["generation"]
    (tmp_path / "docs" / "dome.txt").write_text("The dome opens at dusk.\n")
    with Corpus(tmp_path / "index", embedder=str(tiny_embedder)) as other:
        other.sync(tmp_path / "docs")
    assert "dome.txt" in files(client)
    result = client.post("/ask", json={"question": "When does the dome open?", "explain": True}).json()
    assert result["generation"] == client.get("/health").json()["generation"] > before
    assert "dome.txt" in {one["file"] for one in result["passages"]}
