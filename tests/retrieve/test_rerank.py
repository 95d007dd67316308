import numpy as np
import pytest
from haystack import Document, Pipeline
from haystack.core.serialization import component_to_dict

import spanwise
from spanwise.documents import document_to_hit, passage_to_document
from spanwise.errors import ModelError
from spanwise.pipeline import query_pipeline
from spanwise.retrieve import PassageReranker, rerank
from spanwise.retrieve.cross_encoder import PairScorer
from spanwise.types import Hit, Passage

QUESTIONS = ["Which port does the server use?", "When does the dome open?"]
TEXTS = [
    "The dome opens at dusk.",
    "The server listens on port 8443 by default.",
    "Backups are kept for thirty days. " * 30,  # longer than the model reads
    "Ana Ruiz has been the mayor since 2019.",
]
HITS = [Hit(Passage(f"{number}.txt", 0, len(text), text), 0.5) for number, text in enumerate(TEXTS)]


@pytest.fixture(scope="module")
def scorer(tiny_cross_encoder):
    return PairScorer(str(tiny_cross_encoder), device="cpu")


def test_a_score_is_the_models_probability(scorer, tiny_cross_encoder):
    import torch
    import transformers

    model = transformers.AutoModelForSequenceClassification.from_pretrained(tiny_cross_encoder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_cross_encoder)
    pairs = [(question, text) for question in QUESTIONS for text in TEXTS]
    expected = []
    with torch.no_grad():
        for pair in pairs:
            inputs = tokenizer(*pair, truncation="longest_first", return_tensors="pt")
            expected.append(torch.sigmoid(model(**inputs).logits).item())
    found = scorer.score(pairs)
    assert np.abs(np.array(found) - expected).max() < 1e-5
    assert max(found) - min(found) > 1e-3


def test_each_question_has_its_hits_sorted_by_its_own_scores(scorer):
    found = rerank(scorer, QUESTIONS, [HITS, HITS[:3]], 3)
    for question, hits, given in zip(QUESTIONS, found, [HITS, HITS[:3]], strict=True):
        scores = scorer.score([(question, hit.passage.text) for hit in given])
        best = sorted(zip(scores, given, strict=True), key=lambda entry: -entry[0])[:3]
        assert [hit.passage for hit in hits] == [hit.passage for _, hit in best]
        assert [hit.score for hit in hits] == pytest.approx([score for score, _ in best], abs=1e-6)
    assert [hit.passage for hit in found[0]] != [hit.passage for hit in HITS[:3]]


def test_copies_stay_with_their_passage(scorer):
    hit = Hit(HITS[0].passage, 0.5, (Passage("copy.txt", 3, 26, TEXTS[0]),))
    ((found,),) = rerank(scorer, QUESTIONS[:1], [[hit]], 5)
    assert found.copies == hit.copies


def test_nothing_found(scorer):
    assert rerank(scorer, QUESTIONS, [[], []], 3) == [[], []]
    assert rerank(scorer, [], [], 3) == []


def test_the_component_sorts_as_rerank_does(scorer, tiny_cross_encoder):
    component = PassageReranker(str(tiny_cross_encoder), "cpu", top_k=3)
    documents = [passage_to_document(hit.passage, score=hit.score) for hit in HITS]
    found = component.run(QUESTIONS[0], documents)["documents"]
    assert [document_to_hit(document) for document in found] == rerank(scorer, QUESTIONS[:1], [HITS], 3)[0]
    assert component.run(QUESTIONS[0], documents, top_k=1)["documents"] == found[:1]
    assert len(component.run(QUESTIONS[0], [Document(content=None)])["documents"]) == 1


def test_a_top_k_below_one(tiny_cross_encoder):
    with pytest.raises(ValueError, match="expected top_k to be at least 1, found 0"):
        PassageReranker(str(tiny_cross_encoder), top_k=0)
    with pytest.raises(ValueError, match="expected top_k to be at least 1, found -2"):
        PassageReranker(str(tiny_cross_encoder)).run("Which?", [], top_k=-2)


def test_round_trip(tiny_cross_encoder):
    pipeline = Pipeline()
    pipeline.add_component("reranker", PassageReranker(str(tiny_cross_encoder), "cpu", top_k=4))
    again = Pipeline.loads(pipeline.dumps(), allowed_modules=["spanwise"]).get_component("reranker")
    assert component_to_dict(again, "reranker") == {
        "type": "spanwise.retrieve.passage_reranker.PassageReranker",
        "init_parameters": {"model": str(tiny_cross_encoder), "device": "cpu", "top_k": 4},
    }


def test_a_corpus_reads_what_the_reranker_puts_first(sample_index, scorer, tiny_cross_encoder):
    with spanwise.Corpus(sample_index, device="cpu") as plain:
        found = plain.ask(QUESTIONS[1], passages=50).passages
    with spanwise.Corpus(sample_index, reranker=str(tiny_cross_encoder), device="cpu") as corpus:
        result = corpus.ask(QUESTIONS[1], passages=4)
    assert result.passages == tuple(rerank(scorer, QUESTIONS[1:], [found], 4)[0])
    assert [hit.passage for hit in result.passages] != [hit.passage for hit in found[:4]]
    pipeline = query_pipeline(sample_index, reranker=str(tiny_cross_encoder), device="cpu", passages=4)
    piped = pipeline.run({"question_embedder": {"query": QUESTIONS[1]}, "query": QUESTIONS[1]})["answers"]["result"]
    assert (piped.answers, piped.passages) == (result.answers, result.passages)


@pytest.mark.parametrize("name", ["spanwise/no-such", "/no/such/folder"])
def test_a_model_that_is_not_there(name):
    with pytest.raises(ModelError, match=f"expected a cross-encoder named '{name}', found none .*; check the name"):
        PassageReranker(name, "cpu").warm_up()


def test_a_model_without_a_trained_head(untrained_cross_encoder):
    message = r"expected a cross-encoder trained to give one score for a pair, found \['BertModel'\] in .*untrained"
    with pytest.raises(ModelError, match=message):
        PairScorer(str(untrained_cross_encoder), device="cpu").warm_up()


def test_a_model_that_gives_several_scores(two_score_cross_encoder):
    with pytest.raises(ModelError, match=r"one score for a pair, found 2 scores in .*; name a model"):
        PairScorer(str(two_score_cross_encoder), device="cpu").score([("Which?", "This.")])
