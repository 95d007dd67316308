"""What REST answers is what the corpus answers; what it refuses, it refuses with a reason."""

import json

import pytest

from spanwise.answer.result_json import result_json
from spanwise.index.index import Index
from spanwise.index.records import Change
from spanwise.pipeline.corpus import Corpus

QUESTION = "How often is the primary mirror recoated?"
QUESTIONS = [QUESTION, "Who is the chief engineer?"]


def test_answers_are_those_of_the_corpus(sample_client, sample_index):
    given = {"questions": QUESTIONS, "top_k": 3, "passages": 10, "threshold": 0.2, "explain": True}
    reply = sample_client.post("/ask", json=given)
    with Corpus(sample_index) as corpus:
        expected = corpus.ask_many(QUESTIONS, top_k=3, passages=10, threshold=0.2)
        text = corpus.source_text(expected[0].answers[0].file)
    found = reply.json()["results"]
    for one, its in zip(found, expected, strict=True):
        wanted = json.loads(json.dumps(result_json(its, explain=True)))
        assert [answer["answer"] for answer in one["answers"]] == [answer["answer"] for answer in wanted["answers"]]
        assert [answer["citations"] for answer in one["answers"]] == [
            answer["citations"] for answer in wanted["answers"]
        ]
        assert one["passages"] == wanted["passages"]
        assert one["answers"][0]["confidence"] == pytest.approx(wanted["answers"][0]["confidence"], abs=1e-3)
        assert set(one) == set(wanted)
    first = found[0]["answers"][0]
    assert text[first["start"] : first["end"]] == first["answer"]
    assert len(found[0]["passages"]) == 10


def test_health_waits_for_the_first_files(tmp_path, make_client):
    client = make_client(own=True)
    assert client.get("/health").status_code == 200
    with Index.open(tmp_path / "index", writable=True) as index:
        index.apply(Change(removed=index.files()))
    assert client.get("/health").status_code == 503


def test_one_question_gets_one_result(sample_client):
    result = sample_client.post("/ask", json={"question": QUESTION}).json()
    assert result["query"] == QUESTION
    assert result["generation"] == sample_client.get("/health").json()["generation"]
    assert "passages" not in result
    assert result["verdict"] in {"answer", "unsure", "no_answer"}


def test_filters_bound_what_is_read(sample_client):
    for filters in ("reports/*", ["reports/*", "finance/*"]):
        result = sample_client.post("/ask", json={"question": QUESTION, "filters": filters, "explain": True}).json()
        assert result["passages"]
        assert all(one["file"].startswith(("reports/", "finance/")) for one in result["passages"])


def test_search_finds_passages(sample_client):
    found = sample_client.post("/search", json={"query": "mirror recoating", "top_k": 3}).json()
    assert found["passages"][0]["file"] == "procedures/mirror-recoating.md"
    assert len(found["passages"]) == 3
    assert all(passage["location"] for passage in found["passages"])


def test_a_filter_that_no_document_meets_is_refused(sample_client):
    reply = sample_client.post("/ask", json={"question": QUESTION, "filters": "nowhere/*"})
    assert reply.status_code == 404
    assert "expected a filter that a file of the index meets" in reply.text


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"question": ""},
        {"question": " \n"},
        {"question": "a", "questions": ["b"]},
        {"questions": []},
        {"questions": ["a"] * 65},
        {"question": "a" * 1001},
        {"question": 5},
        {"question": "a", "top_k": 0},
        {"question": "a", "top_k": "3"},
        {"question": "a", "top_k": 10**30},
        {"question": "a", "threshold": 1.5},
        {"question": "a", "filters": []},
        {"question": "a", "filters": "*a" * 9},
        {"question": "a", "unknown": 1},
        ["a"],
        None,
    ],
)
def test_what_cannot_be_meant_is_422(sample_client, body):
    reply = sample_client.post("/ask", json=body)
    assert reply.status_code == 422
    assert reply.json()["error"]
    assert "Value error" not in reply.text
    assert reply.json()["request_id"] == reply.headers["x-request-id"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            {"question": " "},
            "body.question: expected a text of at most 10,000 characters that are not all blank, found",
        ),
        ({"question": "a", "filters": ""}, "body.filters: expected a filter such as 'reports/*'"),
        ({"question": "a", "filters": ["*.md", ""]}, "body.filters: expected a filter such as 'reports/*'"),
    ],
)
def test_what_was_expected_is_said_in_words(sample_client, body, said):
    assert sample_client.post("/ask", json=body).json()["error"].startswith(said)


def test_json_that_is_not_said_to_be_json_is_told_so(sample_client):
    for headers, found in ({}, "none"), ({"content-type": "text/plain"}, "text/plain"):
        reply = sample_client.post("/ask", content=b'{"question": "Who?"}', headers=headers)
        assert reply.json()["error"] == f"expected Content-Type: application/json, found {found}"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 60_000,
        b'{"question": "a", "threshold": NaN}',
        b'{"question": "\\ud800"}',
        b'{"question": "a", "\\udfff": 1}',
        b'{"question": "a", "top_k": ' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_no_json_for_a_question_is_refused(sample_client, content):
    reply = sample_client.post("/ask", content=content, headers={"content-type": "application/json"})
    assert reply.status_code in {400, 422}
    assert set(reply.json()) >= {"error", "status", "request_id"}


def test_a_large_body_is_413_and_read_no_further(sample_client):
    reply = sample_client.post("/ask", content=b"x" * 70_000, headers={"content-type": "application/json"})
    assert reply.status_code == 413

    def parts():
        for _ in range(100):
            yield b"x" * 1000

    assert sample_client.post("/ask", content=parts()).status_code == 413


def test_unknown_paths_and_methods(sample_client):
    assert sample_client.get("/nothing").status_code == 404
    reply = sample_client.get("/ask")
    assert (reply.status_code, reply.headers["allow"]) == (405, "POST")
    assert reply.json()["error"]


def test_metrics_count_what_was_asked(sample_client):
    def value(name):
        lines = sample_client.get("/metrics").text.splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))

    before = {name: value(name) for name in ("spanwise_questions_total", "spanwise_confidence_count")}
    sample_client.post("/ask", json={"questions": QUESTIONS})
    assert value("spanwise_questions_total") == before["spanwise_questions_total"] + 2
    assert value("spanwise_confidence_count") == before["spanwise_confidence_count"] + 2
    for stage in ("queue", "retrieve", "read", "total"):
        assert value(f'spanwise_stage_seconds_count{{stage="{stage}"}}') >= 2
    assert value("spanwise_documents") == 18
    sample_client.get("/no/such/path/1")
    assert "/no/such" not in sample_client.get("/metrics").text


def test_the_api_is_described_without_another_host(sample_client):
    page = sample_client.get("/docs").text
    assert "https://" not in page
    assert sample_client.get("/docs/swagger/swagger-ui-bundle.js").status_code == 200
    described = sample_client.get("/openapi.json").json()
    assert {"/ask", "/search", "/documents", "/documents/{identity}", "/health", "/metrics"} <= set(described["paths"])


@pytest.mark.parametrize(("path", "schema"), [("/ask", "AskRequest"), ("/search", "SearchRequest")])
def test_the_examples_of_the_description_can_be_sent(sample_client, path, schema):
    examples = sample_client.get("/openapi.json").json()["components"]["schemas"][schema]["examples"]
    assert examples
    for example in examples:
        assert sample_client.post(path, json=example).status_code == 200


def test_monitors_may_ask_for_the_head_alone(sample_client):
    for path in ("/", "/docs", "/health"):
        assert sample_client.head(path).status_code == 200


def test_status_says_what_is_indexed(sample_client):
    status = sample_client.get("/status").json()
    assert (status["documents"], status["feedback"], status["sync"]) == (18, False, None)
    assert status["passages"] > 50
