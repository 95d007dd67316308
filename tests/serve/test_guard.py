"""Who may call, and how often."""

import json
import logging

import pytest
from pydantic import ValidationError

from spanwise.serve.http.guard import RateLimit
from spanwise.serve.http.replies import RequestRefusedError
from spanwise.serve.settings import ServeSettings

TOKEN = "a-token-that-is-long-enough"


def test_another_address_needs_a_token(monkeypatch):
    with pytest.raises(ValidationError, match=r"expected a token to listen on 0\.0\.0\.0"):
        ServeSettings(host="0.0.0.0")
    monkeypatch.setenv("SPANWISE_TOKEN", TOKEN)
    assert ServeSettings(host="0.0.0.0").token.get_secret_value() == TOKEN
    with pytest.raises(ValidationError, match="at least 16 characters"):
        ServeSettings(token="short")
    assert TOKEN not in repr(ServeSettings())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.9.1"])
def test_this_machines_own_addresses_need_none(host):
    assert ServeSettings(host=host).token is None


@pytest.mark.parametrize(("given", "seconds"), [("90s", 90), ("10m", 600), ("1.5h", 5400), ("1d", 86400)])
def test_times_are_read_as_people_write_them(given, seconds, tmp_path):
    assert ServeSettings(sync=tmp_path, every=given).every == seconds


def test_a_folder_in_a_store_is_not_watched():
    with pytest.raises(ValueError, match=r"folder of this machine with --watch, found s3://bucket/papers; add --every"):
        ServeSettings(sync="s3://bucket/papers", watch=True)
    assert ServeSettings(sync="s3://bucket/papers", every="10m").sync == "s3://bucket/papers"


@pytest.mark.parametrize("given", ["10", "m", "-5s", "0s", "soon", ""])
def test_other_times_are_refused(given, tmp_path):
    with pytest.raises(ValidationError, match="expected a time of at least a second"):
        ServeSettings(sync=tmp_path, every=given)
    with pytest.raises(ValidationError, match="expected --sync FOLDER"):
        ServeSettings(every="10m")


def test_the_token_opens_all_but_the_empty_page(make_client):
    client = make_client(token=TOKEN)
    for path in ("/status", "/documents", "/metrics", "/documents/" + "0" * 32):
        assert client.get(path).status_code == 401
        for wrong in ("", "Bearer", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", "Bearer \u00e9"):
            reply = client.get(path, headers={"authorization": wrong.encode()})
            assert reply.status_code == 401
            assert reply.headers["www-authenticate"] == "Bearer"
        assert client.get(path, headers={"authorization": f"Bearer {TOKEN}"}).status_code != 401
    for path in ("/", "/static/app.css", "/health", "/docs", "/openapi.json"):
        assert client.get(path).status_code == 200
    assert client.post("/ask", json={"question": "a"}).status_code == 401
    assert client.get("/static/../status").status_code == 401


def test_the_description_says_what_needs_the_token(make_client):
    described = make_client(token=TOKEN).get("/openapi.json").json()
    assert described["components"]["securitySchemes"] == {"HTTPBearer": {"type": "http", "scheme": "bearer"}}
    needing = {
        path for path, methods in described["paths"].items() if all(one.get("security") for one in methods.values())
    }
    assert needing == set(described["paths"]) - {"/health"}
    assert "securitySchemes" not in make_client().get("/openapi.json").json()["components"]


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "", "localhost:80:80", "[::1"]
)
def test_another_host_is_refused(make_client, host):
    assert make_client().get("/documents", headers={"host": host}).status_code == 403


def test_hosts_by_which_it_is_known(make_client):
    client = make_client(allow_host="docs.example.org, wiki")
    for host in ("localhost:9000", "127.0.0.1", "[::1]:8000", "docs.example.org", "WIKI:80"):
        assert client.get("/health", headers={"host": host}).status_code == 200


def test_another_origin_is_refused(make_client):
    client = make_client()
    for origin in ("http://evil.example", "null", "http://127.0.0.1:9999", "http://[", "file://"):
        reply = client.post("/ask", json={"question": "a"}, headers={"origin": origin})
        assert reply.status_code == 403
        assert "access-control-allow-origin" not in reply.headers
    assert client.get("/documents", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert client.get("/documents", headers={"origin": "http://127.0.0.1:8000"}).status_code == 200


@pytest.mark.parametrize("given", ["https://wiki.example", "https://a.example, HTTPS://Wiki.example/"])
def test_an_allowed_origin_may_ask_from_its_page(make_client, given):
    client = make_client(allow_origin=given, token=TOKEN)
    asked = {"origin": "https://wiki.example", "access-control-request-method": "POST"}
    preflight = client.options("/ask", headers={**asked, "access-control-request-headers": "authorization"})
    assert preflight.headers["access-control-allow-origin"] == "https://wiki.example"
    sent = {"origin": "https://wiki.example", "authorization": f"Bearer {TOKEN}"}
    reply = client.get("/documents", headers=sent)
    assert (reply.status_code, reply.headers["access-control-allow-origin"]) == (200, "https://wiki.example")


@pytest.mark.parametrize("given", ["https://wiki.example/page", "wiki.example", "*", "https://"])
def test_what_is_no_origin_cannot_be_allowed(given):
    with pytest.raises(ValidationError, match="expected an origin such as"):
        ServeSettings(allow_origin=given)


def test_a_body_of_two_lengths_is_refused(make_client):
    given = {"transfer-encoding": "chunked", "content-length": "3"}
    assert make_client().post("/ask", content=b"{}", headers=given).status_code == 400


def test_too_many_requests_are_429_with_the_time_to_wait(make_client):
    client = make_client(rate=3)
    replies = [client.get("/health") for _ in range(5)]
    assert [reply.status_code for reply in replies[:3]] == [200] * 3
    assert replies[-1].status_code == 429
    assert 1 <= int(replies[-1].headers["retry-after"]) <= 21


def test_buckets_fill_again_and_stay_few(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("spanwise.serve.http.guard.time.monotonic", lambda: now[0])
    rate = RateLimit(2)
    rate.check("a")
    rate.check("a")
    with pytest.raises(RequestRefusedError, match="at most 2 requests in a minute"):
        rate.check("a")
    rate.check("b")
    now[0] += 31
    rate.check("a")
    for number in range(20_000):
        rate.check(str(number))
    assert len(rate._buckets) <= 10_000


def test_every_reply_has_the_headers_that_keep_browsers_safe(make_client):
    client = make_client()
    for path in ("/", "/health", "/nothing", "/documents/zzz", "/docs"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "script-src 'self'" in policy
        assert "unsafe-eval" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert len(headers["x-request-id"]) == 16
    assert "require-trusted-types-for 'script'" in client.get("/").headers["content-security-policy"]


def test_a_failure_is_told_without_its_trace(make_client, monkeypatch, caplog):
    client = make_client(raising=False)

    def fail(*_):
        msg = "a secret of the server"
        raise RuntimeError(msg)

    monkeypatch.setattr(client.service.library, "listing", fail)
    monkeypatch.setattr(client.service.library.corpus, "ask_many", lambda *_, **__: fail())
    for reply in (client.get("/documents"), client.post("/ask", json={"question": "Which port?"})):
        assert reply.status_code == 500
        assert "secret" not in reply.text
        assert "Traceback" not in reply.text
        assert reply.json()["request_id"] in caplog.text


@pytest.mark.parametrize("log_questions", [False, True])
def test_the_log_holds_no_question_unless_asked(make_client, caplog, log_questions):
    client = make_client(log_questions=log_questions)
    with caplog.at_level(logging.INFO, "spanwise.serve"):
        client.post("/ask", json={"question": "Which port is the secret one?"})
        client.get("/documents?q=secret+port")
    lines = [json.loads(record.message) for record in caplog.records if record.name == "spanwise.serve"]
    asked, listed = (next(line for line in lines if line.get("route") == route) for route in ("/ask", "/documents"))
    assert asked["questions"] == (["Which port is the secret one?"] if log_questions else 1)
    assert (asked["status"], listed["status"]) == (200, 200)
    assert ("secret" in caplog.text) == log_questions
