"""A service on a real socket: what is no HTTP, who is too slow, and how it ends."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from serving import served
from spanwise.errors import ModelError
from spanwise.serve.http import run
from spanwise.serve.service import Service
from spanwise.serve.settings import ServeSettings


@pytest.fixture(scope="module")
def port(port_corpus):
    """The port of a service that waits half a second for a request's head, and takes eight connections."""
    given = ServeSettings(index=port_corpus.path, port=0, rate=0, timeout=2, max_connections=8)
    with pytest.MonkeyPatch.context() as patch, served(given, port_corpus) as url:
        patch.setattr(run, "HEAD_SECONDS", 0.5)
        yield int(url.rpartition(":")[2])


def exchange(port, *parts, pause=0.0):
    """Send bytes, and return all that comes back until the service closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        try:
            for part in parts:
                connection.sendall(part)
                time.sleep(pause)
            found = b""
            while data := connection.recv(65536):
                found += data
        except ConnectionError:
            return found
        return found


def well(port):
    return httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200


HEAD = b"POST /ask HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", 400),
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", 400),
        (b"GET /documents HTTP/1.1\r\nHost: localhost\r\nX\x00Y: 1\r\n\r\n", 400),
        (HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}   ", 400),
        (HEAD + b"Content-Length: -1\r\n\r\n", 400),
        (HEAD + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n", 400),
        (HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400),
        (HEAD + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffffffff\r\n", 400),
        (HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n", 413),
        (HEAD + b"Content-Length: 70000\r\n\r\n", 413),
    ],
)
def test_what_a_proxy_may_read_otherwise_is_refused(port, sent, status):
    found = exchange(port, sent)
    assert int(re.match(rb"HTTP/1\.1 (\d+)", found)[1]) in {status, 400, 501}
    assert found.count(b"HTTP/1.1") == 1
    assert well(port)


def test_a_head_that_comes_slowly_is_given_up(port):
    began = time.monotonic()
    found = exchange(port, b"GET / HTTP/1.1\r\n", b"Host: local", b"host\r\nX: 1", pause=0.1)
    assert b"408" in found.split(b"\r\n")[0]
    assert time.monotonic() - began < 10
    assert well(port)


def test_a_body_that_comes_slowly_is_given_up(port):
    found = exchange(port, HEAD + b"Content-Length: 100\r\n\r\n{", pause=0.1)
    assert b"408" in found.split(b"\r\n")[0]
    assert json.loads(found.partition(b"\r\n\r\n")[2])["error"]
    assert well(port)


def test_more_connections_than_allowed_are_refused_with_a_reason(port):
    held = [socket.create_connection(("127.0.0.1", port)) for _ in range(8)]
    found = exchange(port, b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert found.startswith(b"HTTP/1.1 503")
    assert json.loads(found.partition(b"\r\n\r\n")[2])["error"] == "too many connections"
    for connection in held:
        connection.close()
    time.sleep(0.1)
    assert well(port)


def test_an_idle_connection_is_kept_for_the_next_request(port):
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        for _ in range(3):
            assert client.get("/health").status_code == 200
            time.sleep(0.4)


def test_the_client_of_the_docs_asks(port):
    page = Path(__file__).parents[2] / "docs" / "serve.md"
    code = re.search(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)[1]
    found = {}
    exec(code.replace("127.0.0.1:8000", f"127.0.0.1:{port}"), found)
    assert found["result"]["query"] == "Which port does the server use?"


@pytest.mark.parametrize(
    "given",
    [
        {"reader": "no/such"},
        {"second_reader": "no/such"},
        {"reranker": "no/such"},
        {"calibration": "no-such.json"},
    ],
)
def test_it_does_not_begin_with_a_reader_that_cannot_be_loaded(port_corpus, given):
    with pytest.raises(ModelError, match="expected"):
        Service(ServeSettings(index=port_corpus.path, **given))


@pytest.mark.slow
def test_it_finishes_what_it_began(sample_index, tmp_path):
    command = [sys.executable, "-m", "spanwise", "serve", "--index", sample_index, "--port", "0"]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env={**os.environ, "SPANWISE_TIMEOUT": "120"}
    ) as served:
        port = int(re.search(r"http://127\.0\.0\.1:(\d+)/", served.stderr.readline())[1])
        url = f"http://127.0.0.1:{port}"
        httpx.post(f"{url}/ask", json={"question": "warm up"}, timeout=60)
        replies = []
        questions = [f"Who is the chief engineer of part {number}?" for number in range(8)]

        def ask():
            replies.append(httpx.post(f"{url}/ask", json={"questions": questions}, timeout=60))

        asking = threading.Thread(target=ask)
        asking.start()
        time.sleep(0.3)
        served.send_signal(signal.SIGTERM)
        asking.join()
        log = served.stderr.read()
    assert served.returncode == 0
    assert [reply.status_code for reply in replies] == [200]
    assert len(replies[0].json()["results"]) == 8
    assert "Traceback" not in log
    assert all(json.loads(line) for line in log.splitlines())
