import numpy as np
import pytest
from haystack import Document
from haystack.core.serialization import component_from_dict, component_to_dict

from spanwise.embed import PassageEmbedder, QuestionEmbedder
from spanwise.errors import ModelError, UsageError


@pytest.mark.parametrize("component", [PassageEmbedder, QuestionEmbedder])
def test_round_trip(component):
    assert component_to_dict(component(), "embedder")["init_parameters"] == {
        "model": "spanwise/minilm-documents",
        "device": "auto",
    }
    data = component_to_dict(component(model="some/model", device="cpu"), "embedder")
    assert data == {
        "type": f"{component.__module__}.{component.__name__}",
        "init_parameters": {"model": "some/model", "device": "cpu"},
    }
    assert component_to_dict(component_from_dict(component, data, "embedder"), "embedder") == data


def test_a_question_lies_nearest_to_what_answers_it():
    passages = PassageEmbedder(device="cpu")
    passages.warm_up()
    documents = [
        Document(content="Backups are kept for thirty days."),
        Document(content="The server listens on port 8443.", meta={"a": 1}),
        Document(content=None),
    ]
    embedded = passages.run(documents)["documents"]
    assert [document.id for document in embedded] == [document.id for document in documents]
    assert embedded[1].meta == {"a": 1}
    assert all(document.embedding is None for document in documents)
    question = QuestionEmbedder(device="cpu").run("Which port is used?")["embedding"]
    vectors = np.array([document.embedding for document in embedded])
    assert vectors.shape == (3, 384)
    assert (vectors @ np.array(question)).argmax() == 1
    assert np.linalg.norm(question) == pytest.approx(1, abs=1e-5)
    assert passages.run([])["documents"] == []


@pytest.mark.parametrize("component", [PassageEmbedder, QuestionEmbedder])
def test_what_cannot_be_loaded(component, tmp_path):
    with pytest.raises(ModelError, match="expected a sentence-transformers model named"):
        component(model=str(tmp_path), device="cpu").warm_up()
    with pytest.raises(UsageError, match="expected a device of auto, cpu, cuda, mps or cuda:N, found 'tpu'"):
        component(device="tpu").warm_up()
