"""`spanwise index --engine` where there is no cluster."""

import pytest

from spanwise.scale import cluster


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "port.txt").write_text("The server listens on port 8443.")
    return folder


def test_an_address_without_an_engine_is_refused(spanwise, folder, tmp_path):
    ran = spanwise("index", folder, "--index", tmp_path / "none", "--address", "host:6379")
    assert ran.code == 2
    assert "expected --engine ray with --address host:6379, found none" in ran.err
    assert not (tmp_path / "none").exists()


def test_ray_must_be_installed(spanwise, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "find_spec", lambda name: None)
    ran = spanwise("index", folder, "--index", tmp_path / "none", "--engine", "ray")
    assert ran.code == 2
    assert "pip install 'spanwise[ray]'" in ran.err
    assert not (tmp_path / "none").exists()


def test_what_changes_is_watched_here_only(spanwise, folder, tmp_path):
    ran = spanwise("index", folder, "--index", tmp_path / "none", "--engine", "ray", "--watch")
    assert ran.code == 2
    assert "expected --watch without --engine" in ran.err


@pytest.mark.slow
def test_a_cluster_that_is_not_there_is_one_line(spanwise, folder, tmp_path, monkeypatch):
    pytest.importorskip("ray")
    monkeypatch.setenv("RAY_gcs_rpc_server_reconnect_timeout_s", "1")
    monkeypatch.setenv("RAY_gcs_server_request_timeout_seconds", "1")
    ran = spanwise("index", folder, "--index", tmp_path / "none", "--engine", "ray", "--address", "127.0.0.1:9")
    assert ran.code == 1
    assert "expected a Ray cluster at 127.0.0.1:9, found none" in ran.err
    assert not (tmp_path / "none").exists()
