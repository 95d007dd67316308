"""Passages are embedded on GPUs where a cluster says that it has some; it can be told so."""

import numpy as np
import pytest

from spanwise.convert.limits import Limits
from spanwise.embed.load import load_encoder
from spanwise.pipeline.sync.engine import Work
from spanwise.scale.cluster import connected
from spanwise.split.splitter import Splitter, SplitterSettings

ray = pytest.importorskip("ray")
pytestmark = pytest.mark.slow


def test_each_task_that_embeds_has_a_gpu_where_there_are_some_and_it_may(monkeypatch):
    from spanwise.scale import engine

    def embed_texts(job, texts):
        return np.array([[job.device == "cuda", len(ray.get_gpu_ids())]] * len(texts), dtype=np.float32)

    monkeypatch.setattr(engine, "embed_texts", embed_texts)
    encoder = load_encoder()
    splitter = Splitter(encoder.tokenizer, SplitterSettings())
    texts = [f"passage {number}" for number in range(1500)]
    with connected("local", num_cpus=1, num_gpus=2):
        for device, on_gpus, most in (("auto", 1, engine.TEXTS_OF_GPU), ("cpu", 0, engine.TEXTS_OF_CPU)):
            counted = []
            begun = engine.RayEngine(Work(encoder, splitter, device, Limits()))
            vectors = begun.embed(texts, counted.append).vectors(lambda: None)
            begun.close()
            assert np.array_equal(vectors, [[on_gpus, on_gpus]] * len(texts))
            assert sum(counted) == len(texts)
            assert max(counted) == most
