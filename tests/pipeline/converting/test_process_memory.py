import os
import subprocess
import sys

from spanwise.pipeline.converting.process_memory import memory_of


def test_a_process_has_memory_while_it_runs():
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert 1_000_000 < memory_of(os.getpid()) < 1_000_000_000_000
    assert memory_of(ended.pid) == 0


def test_a_ps_that_does_not_answer_tells_nothing(monkeypatch):
    def silent(command, *, timeout, **_):
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(subprocess, "run", silent)
    assert memory_of(os.getpid()) == 0
