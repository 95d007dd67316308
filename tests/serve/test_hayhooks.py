"""The query pipeline behind hayhooks answers as the corpus does."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from spanwise.pipeline.corpus import Corpus

WRAPPER = Path(__file__).parents[2] / "pipelines" / "hayhooks"
QUESTION = "How often is the primary mirror recoated?"


@pytest.mark.slow
def test_it_serves_the_pipeline(sample_index, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # it deploys what stands in a folder "pipelines", and writes copies of it
    from hayhooks import create_app
    from hayhooks.server.utils.deploy_utils import deploy_pipeline_files

    monkeypatch.setenv("SPANWISE_INDEX", str(sample_index))
    app = create_app()
    deploy_pipeline_files(
        "documents", {"pipeline_wrapper.py": (WRAPPER / "pipeline_wrapper.py").read_text()}, app=app, save_files=False
    )
    with TestClient(app) as client, Corpus(sample_index) as corpus:
        found = client.post("/documents/run", json={"question": QUESTION}).json()["result"]
        expected = corpus.ask(QUESTION)
        assert [one["answer"] for one in found["answers"]] == [one.answer for one in expected.answers]
        assert found["answers"][0]["file"] == expected.answers[0].file
        chat = {"model": "documents", "messages": [{"role": "user", "content": QUESTION}]}
        said = client.post("/chat/completions", json=chat).json()["choices"][0]["message"]["content"]
        assert said == "These documents do not say." or said.startswith(expected.answers[0].answer)
