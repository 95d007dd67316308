"""Indexing on a cluster of several nodes, each with processes of its own, some of which are killed."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event

import pytest

import spanwise
from spanwise.errors import SpanwiseError
from spanwise.index.index import Index
from spanwise.scale.cluster import QUIET, connected
from whole import assert_same_state, leftovers_of, problems_of

pytest.importorskip("ray")
pytestmark = pytest.mark.slow
MEMORY = 100_000_000  # bytes of a node's object store
DRIVER = """
import sys
import spanwise
from spanwise.scale import RayEngine, connected

class SmallCommits(RayEngine):
    def __init__(self, work):
        super().__init__(work)
        self.passages_at_once = 32

def main():
    address, index, folder = sys.argv[1:]
    with connected(address):
        spanwise.Corpus(index).sync(folder, engine=SmallCommits)

main()
"""


@pytest.fixture(scope="module")
def cluster():
    """A cluster of a node that only leads, and of two that work."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in QUIET.items():
            patch.setenv(name, value)
        from ray.cluster_utils import Cluster

        head = {"num_cpus": 0, "include_dashboard": False, "object_store_memory": MEMORY}
        cluster = Cluster(initialize_head=True, head_node_args=head)
        for _ in range(2):
            cluster.add_node(num_cpus=1, object_store_memory=MEMORY)
        yield cluster
        cluster.shutdown()


@pytest.fixture(scope="module")
def sync():
    """Index a folder on a cluster, with few passages a commit."""
    from spanwise.scale.engine import RayEngine

    class SmallCommits(RayEngine):
        def __init__(self, work):
            super().__init__(work)
            self.passages_at_once = 32

    def act(cluster, index, folder, progress=None):
        with connected(cluster.address), spanwise.Corpus(index) as corpus:
            return corpus.sync(folder, engine=SmallCommits, progress=progress)

    return act


@pytest.fixture
def local(folder, tmp_path):
    """An index of the folder that was made without Ray."""
    with spanwise.Corpus(tmp_path / "local") as corpus:
        corpus.sync(folder)
    return tmp_path / "local"


def require_same(index, local):
    assert problems_of(index) == []
    assert leftovers_of(index) == set()
    assert_same_state(index, local)
    question = "Which number does the observatory of district 9 have?"
    with spanwise.Corpus(index) as one, spanwise.Corpus(local) as other:
        found, expected = one.ask(question), other.ask(question)
    assert [answer.answer for answer in found.answers] == [answer.answer for answer in expected.answers]
    assert [answer.citations for answer in found.answers] == [answer.citations for answer in expected.answers]


def working(node):
    """Return the ids of a node's processes that are at a task."""
    (raylet,) = node.all_processes["raylet"]
    found = []
    for process in Path("/proc").iterdir():
        try:
            status = (process / "stat").read_text().rpartition(")")[2].split()
            title = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if int(status[1]) == raylet.process.pid and title.startswith((b"ray::convert", b"ray::embed")):
            found.append(int(process.name))
    return found


def held(node):
    """Stop the processes of a node that are at a task, and return whether one still is: it cannot end it any more."""
    stopped = working(node)
    for process in stopped:
        os.kill(process, signal.SIGSTOP)
    if working(node):
        return True
    for process in stopped:
        os.kill(process, signal.SIGCONT)
    return False


@contextmanager
def repeating(act):
    """Call a function again and again, beside the block, until it returns true or the block ends."""
    ended = Event()

    def repeat():
        while not ended.is_set() and not act():
            ended.wait(0.002)

    with ThreadPoolExecutor(1) as pool:
        repeated = pool.submit(repeat)
        try:
            yield
        finally:
            ended.set()
        repeated.result()


def test_the_index_is_that_of_a_local_run(cluster, sync, folder, local, tmp_path):
    seen = []

    def touch_one(state):
        if state.doing == "converting" and not seen:
            os.utime(folder / "district05.txt", (time.time() - 60,) * 2)  # no machine has it any more as it was listed
        seen.append((state.files, state.bytes, state.passages))

    report = sync(cluster, tmp_path / "ray", folder, touch_one)
    assert len(report.added) == 40
    assert [one.file for one in report.skipped] == ["broken.pdf"]
    assert [one[0] for one in seen] == sorted(one[0] for one in seen)
    assert seen[-1][0] == 41
    assert seen[-1][1] == pytest.approx(sum(file.stat().st_size for file in folder.iterdir()))
    assert 0 < seen[-1][2] <= report.passages
    require_same(tmp_path / "ray", local)
    again = sync(cluster, tmp_path / "ray", folder)
    assert (again.added, again.changed, again.unchanged) == ((), (), 40)


def test_a_node_that_is_killed_costs_its_tasks_only(cluster, sync, folder, local, tmp_path):
    doomed = cluster.add_node(num_cpus=1, object_store_memory=MEMORY)
    lost = []

    def kill():
        if not held(doomed):
            return False
        lost.extend(working(doomed))
        cluster.remove_node(doomed, allow_graceful=False)
        for process in lost:  # stopped, they would never learn that their node is gone
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        return True

    with repeating(kill):
        report = sync(cluster, tmp_path / "ray", folder)
    assert lost, "the machine was never at a task of the sync when it could have been killed"
    assert len(report.added) == 40
    require_same(tmp_path / "ray", local)


def test_processes_that_are_killed_cost_their_tasks_only(cluster, sync, folder, local, tmp_path):
    killed = []

    def kill():
        for process in working(next(iter(cluster.worker_nodes))):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
                killed.append(process)
        return len(killed) >= 2

    with repeating(kill):
        report = sync(cluster, tmp_path / "ray", folder)
    assert killed
    assert len(report.added) == 40
    require_same(tmp_path / "ray", local)


def test_a_run_that_is_killed_is_resumed(cluster, sync, folder, local, tmp_path):
    index = tmp_path / "ray"
    code = f"import sys; sys.path[:0] = {sys.path!r}\n{DRIVER}"
    driver = subprocess.Popen([sys.executable, "-c", code, cluster.address, str(index), str(folder)])
    ends = time.monotonic() + 120
    while driver.poll() is None and not files_of(index):
        assert time.monotonic() < ends
        time.sleep(0.01)
    driver.kill()
    assert driver.wait() == -signal.SIGKILL
    before = files_of(index)
    assert 0 < before < 40
    report = sync(cluster, index, folder)
    assert (len(report.added), report.unchanged) == (40 - before, before)
    require_same(index, local)


def test_the_command_does_so_too(cluster, folder, tmp_path):
    code = f"import sys; sys.path[:0] = {sys.path!r}; from spanwise.cli.main import main; main()"
    engine = ("--engine", "ray", "--address", cluster.address)
    command = [sys.executable, "-c", code, "index", str(folder), "--index", str(tmp_path / "ray"), *engine, "--json"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    assert len(json.loads(ran.stdout)["added"]) == 40
    assert "telemetry" not in ran.stderr.lower()


def test_a_cluster_without_a_machine_for_tasks_is_an_error_after_a_while(cluster, sync, folder, tmp_path, monkeypatch):
    for node in [*cluster.worker_nodes]:
        cluster.remove_node(node)
    monkeypatch.setattr("spanwise.scale.engine.PATIENCE", 3.0)
    with pytest.raises(SpanwiseError, match=r"expected a machine with a CPU in the Ray cluster, found none for 3 s"):
        sync(cluster, tmp_path / "ray", folder)


def files_of(index):
    if not Index.exists(index):
        return 0
    with Index.open(index) as opened:
        return len(opened.files())
