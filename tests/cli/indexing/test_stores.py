"""Folders in a store from the shell; the store is fsspec's memory."""

import json

import pytest

fsspec = pytest.importorskip("fsspec")


@pytest.fixture
def indexed(spanwise, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("SPANWISE_INDEX", str(tmp_path / "index"))
    store = fsspec.filesystem("memory")
    store.pipe_file("/bucket/papers/deep/port.md", b"# Ports\n\nThe server listens on port 8443.\n")
    yield spanwise("index", "memory://bucket/papers/", "--json")
    store.store.clear()


def test_a_folder_in_a_store_is_a_root(spanwise, indexed):
    report = json.loads(indexed.out)
    assert report["added"] == ["deep/port.md"]
    assert report["roots"] == [{"name": "papers", "path": "memory://bucket/papers"}]
    status = json.loads(spanwise("status", "--json").out)
    assert status["root"] == "memory://bucket/papers"
    assert "only looked at by `spanwise index`" in status["missing"][0]["reason"]
    again = spanwise("index")
    assert again.code == 0
    assert "0 added, 0 changed, 0 removed, 1 unchanged" in again.out


def test_a_citation_in_a_store_is_named_and_not_opened(spanwise, indexed):
    assert "deep/port.md" in spanwise("search", "port").out
    ran = spanwise("open", 1)
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "found memory://bucket/papers/deep/port.md, which is elsewhere" in ran.err
    shown = spanwise("show", "deep/port.md")
    assert "port 8443" in shown.out


def test_a_store_is_not_watched(spanwise, indexed):
    for given in ((), ("memory://bucket/papers",)):
        ran = spanwise("index", *given, "--watch")
        assert ran.code == 2
        assert "expected folders of this machine with --watch, found memory://bucket/papers" in ran.err


def test_a_root_in_a_store_is_taken_out_by_its_url(spanwise, indexed):
    ran = spanwise("index", "--remove", "memory://bucket/papers/")
    assert (ran.code, "1 file" in ran.out) == (0, True)
