"""Processes that read are as many as the load needs, and have a GPU each where there are some."""

import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from spanwise.scale.cluster import connected

ray = pytest.importorskip("ray")
serve = pytest.importorskip("ray.serve")
pytestmark = pytest.mark.slow
FAST = {"upscale_delay_s": 1.0, "downscale_delay_s": 1.0, "look_back_period_s": 11.0}
QUESTIONS = [f"Which port does the server of district {number} listen on?" for number in range(16)]
PATIENCE = 300.0


@pytest.fixture
def index(sample_index, tmp_path):
    shutil.copytree(sample_index, tmp_path / "index")
    return tmp_path / "index"


def reading():
    """Return how many processes read."""
    (deployment,) = [
        one for app in serve.status().applications.values() for name, one in app.deployments.items() if "Reader" in name
    ]
    return deployment.replica_states.get("RUNNING", 0)


def wait_for(happened):
    ends = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < ends
        time.sleep(0.2)


def test_more_processes_read_under_load_and_fewer_after(index, monkeypatch):
    from spanwise.scale.answering import spread

    monkeypatch.setattr(spread, "SCALING", FAST)
    stop = threading.Event()
    with (
        connected("local", num_cpus=4),
        spread.spread_corpus(index, replicas=1, patience=PATIENCE) as corpus,
        ThreadPoolExecutor(6) as pool,
    ):
        assert reading() == 2

        def ask():
            counts = []
            while not stop.is_set():
                counts.append(len(corpus.ask_many(QUESTIONS, passages=5, threshold=0)))
            return counts

        asking = [pool.submit(ask) for _ in range(6)]
        try:
            wait_for(lambda: reading() == 3)
        finally:
            stop.set()
        assert all(set(each.result()) == {len(QUESTIONS)} for each in asking)
        wait_for(lambda: reading() == 2)
        assert len(corpus.ask_many(QUESTIONS, passages=5, threshold=0)) == len(QUESTIONS)


def test_each_that_reads_has_a_gpu_where_there_are_some(index, monkeypatch):
    from spanwise.scale.answering import spread

    # a cluster can be told that it has GPUs; what reads on them is told that it has none
    settings = spread.ReaderSettings
    monkeypatch.setattr(spread, "ReaderSettings", lambda reader, device: settings(reader, device="cpu"))
    with connected("local", num_cpus=2, num_gpus=2):
        planned = spread.planned_processes(1, "auto")
        assert (planned.searching, planned.most_reading, planned.reads_on) == (1, 2, "GPU")
        assert spread.planned_processes(1, "cpu").reads_on == "CPU"
        with spread.spread_corpus(index, replicas=1, patience=PATIENCE):
            assert reading() == 2
            wait_for(lambda: ray.available_resources().get("GPU", 0) == 0)
