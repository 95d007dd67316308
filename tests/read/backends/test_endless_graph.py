"""A graph that does not end is ended, once, and says nothing of its own."""

import shutil
import time
from functools import partial

import numpy as np
import pytest
from benchmarks.hostile.graphs import for_ever, write_graph

from spanwise.read.backends import onnx
from spanwise.runtime.graphs.session import EndlessGraphError, run_graph


def test_an_endless_graph_is_ended_once(bert_reader, tmp_path, monkeypatch, capfd):
    folder = tmp_path / "model"
    shutil.copytree(bert_reader, folder)
    write_graph(folder, for_ever)
    monkeypatch.setattr(onnx, "run_graph", partial(run_graph, seconds=2.0))
    backend = onnx.OnnxBackend(folder)
    window = np.ones((1, 5), dtype=np.int64)
    began = time.perf_counter()
    for _ in range(10):
        with pytest.raises(EndlessGraphError, match="expected the model's graph to run in 2 s, it was ended then"):
            backend.logits(window, window, window)
    assert time.perf_counter() - began < 15  # ten times two seconds otherwise
    assert capfd.readouterr() == ("", "")


class SleepingSession:
    """A session in a process that gets no processor for a while, as on a machine that was asleep."""

    def run(self, _outputs, inputs, options):
        time.sleep(0.3)
        assert not options.terminate
        return [inputs["window"]]


def test_a_process_that_gets_no_processor_is_not_an_endless_graph():
    window = np.ones((1, 5), dtype=np.int64)
    (found,) = run_graph(SleepingSession(), {"window": window}, seconds=0.1)
    assert found is window
