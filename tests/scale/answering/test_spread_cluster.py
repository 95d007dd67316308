"""Questions answered on a cluster of several nodes, processes of which are killed meanwhile."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

import spanwise
from serving import served
from spanwise.scale.cluster import QUIET, connected
from spanwise.serve.settings import ServeSettings

pytest.importorskip("ray.serve")
pytestmark = pytest.mark.slow
MEMORY = 100_000_000  # bytes of a node's object store
QUESTIONS = (
    "Which port does the server listen on?",
    "How long are backups kept?",
    "Who wrote the report?",
    "When does the dome open?",
    "What is the capital of Mongolia?",
)


@pytest.fixture(scope="module")
def index(sample_index, tmp_path_factory):
    """An index that may be written."""
    folder = tmp_path_factory.mktemp("spread")
    shutil.copytree(sample_index, folder / "index")
    return folder / "index"


@pytest.fixture(scope="module")
def corpus(index):
    """The index, asked on a cluster of a node that only leads and two that work; two processes search, one reads."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in QUIET.items():
            patch.setenv(name, value)
        from ray.cluster_utils import Cluster

        from spanwise.scale.answering import shares
        from spanwise.scale.answering.spread import spread_corpus

        patch.setattr(shares, "SHARE_ROWS", 16)
        head = {"num_cpus": 0, "include_dashboard": False, "object_store_memory": MEMORY}
        cluster = Cluster(initialize_head=True, head_node_args=head)
        for cpus in (2, 1):
            cluster.add_node(num_cpus=cpus, object_store_memory=MEMORY)
        with connected(cluster.address), spread_corpus(index, replicas=2, patience=400.0) as corpus:
            yield corpus
        cluster.shutdown()


def processes(of):
    """Return the ids of the processes of one of Serve's deployments."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            title = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if title.startswith(b"ray::ServeReplica") and of.encode() in title:
            found.append(int(process.name))
    return found


def opened(process, index):
    """Return how often a process has a vector file of the index open."""
    found = 0
    for descriptor in Path(f"/proc/{process}/fd").iterdir():
        try:
            found += os.readlink(descriptor).startswith(f"{index.resolve()}/") and ".f32" in os.readlink(descriptor)
        except OSError:
            continue
    return found


def require_same(found, expected):
    assert [answer.answer for answer in found.answers] == [answer.answer for answer in expected.answers]
    assert [answer.citations for answer in found.answers] == [answer.citations for answer in expected.answers]
    confidences = [answer.confidence for answer in expected.answers]
    assert [answer.confidence for answer in found.answers] == pytest.approx(confidences, abs=1e-3)
    assert [hit.passage for hit in found.passages] == [hit.passage for hit in expected.passages]
    assert found.generation == expected.generation


def test_answers_are_those_of_one_process_and_every_searcher_has_a_share(corpus, index):
    with spanwise.Corpus(index) as whole:
        for question, found in zip(QUESTIONS, corpus.ask_many(QUESTIONS, threshold=0), strict=True):
            require_same(found, whole.ask(question, threshold=0))
        filtered = corpus.ask(QUESTIONS[0], "*.md", threshold=0)
        require_same(filtered, whole.ask(QUESTIONS[0], "*.md", threshold=0))
        assert corpus.search("backups kept") == whole.search("backups kept")
    searching = processes("ShareSearcher")
    assert len(searching) == 2
    wait_for(lambda: all(opened(process, index) for process in searching))
    assert len(processes("QuestionReader")) == 1


def test_a_process_that_is_killed_under_load_costs_no_request(corpus, index):
    expected = {question: corpus.ask(question, threshold=0) for question in QUESTIONS}
    replies, stop = [], threading.Event()
    settings = ServeSettings(index=index, port=0, rate=0, timeout=400)
    with served(settings, corpus, at_once=4) as address:

        def ask(number):
            with httpx.Client(base_url=address, timeout=500) as client:
                while not stop.is_set():
                    question = QUESTIONS[number % len(QUESTIONS)]
                    number += 1
                    replies.append((question, client.post("/ask", json={"question": question, "threshold": 0})))

        asking = [threading.Thread(target=ask, args=(number,)) for number in range(3)]
        for thread in asking:
            thread.start()
        for of in ("ShareSearcher", "QuestionReader"):
            enough = len(replies) + 4
            wait_for(lambda enough=enough: len(replies) >= enough)
            before = processes(of)
            os.kill(before[0], signal.SIGKILL)
            wait_for(lambda before=before, of=of: set(processes(of)) - set(before))
        stop.set()
        for thread in asking:
            thread.join()
    assert [reply.status_code for _, reply in replies] == [200] * len(replies)
    for question, reply in replies:
        found = reply.json()
        assert [one["answer"] for one in found["answers"]] == [one.answer for one in expected[question].answers]
        assert found["generation"] == expected[question].generation


def test_a_sync_of_another_process_is_seen(corpus, index, tmp_path):
    before = corpus.ask(QUESTIONS[0], threshold=0)
    (tmp_path / "lighthouse.md").write_text("# Lighthouse\n\nThe lighthouse of Brackwater was lit in 1874.\n")
    code = f"import sys; sys.path[:0] = {sys.path!r}; from spanwise.cli.main import main; main()"
    command = [sys.executable, "-c", code, "index", str(tmp_path / "lighthouse.md"), "--index", str(index), "--json"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    assert json.loads(ran.stdout)["added"] == ["lighthouse.md"]
    found = corpus.ask("When was the lighthouse of Brackwater lit?", threshold=0)
    assert found.generation > before.generation
    assert found.answers[0].answer == "1874"
    with spanwise.Corpus(index) as whole:
        require_same(found, whole.ask("When was the lighthouse of Brackwater lit?", threshold=0))


def wait_for(happened):
    ends = time.monotonic() + 500
    while not happened():
        assert time.monotonic() < ends
        time.sleep(0.1)
