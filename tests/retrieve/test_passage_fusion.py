import pytest
from haystack import Document, Pipeline
from haystack.core.serialization import component_to_dict

from spanwise.documents import document_to_hit, passage_to_document
from spanwise.retrieve import PassageFusion, fuse
from spanwise.types import Hit, Passage

PORT = Passage("ports.txt", 4, 36, "The server listens on port 8443.", title="Ports")
COPY = Passage("old/ports.pdf", 0, 32, "The server listens on port 8443.", 3)
DOME = Passage("dome.txt", 0, 23, "The dome opens at dusk.")
LEXICAL = [Hit(COPY, 9.0), Hit(PORT, 8.0)]
DENSE = [Hit(PORT, 0.7), Hit(DOME, 0.6), Hit(COPY, 0.1)]


def documents(hits):
    return [passage_to_document(hit.passage, score=hit.score) for hit in hits]


@pytest.mark.parametrize("top_k", [1, 2, 20])
def test_it_ranks_documents_as_fuse_ranks_passages(top_k):
    found = PassageFusion(top_k).run(lexical=documents(LEXICAL), dense=documents(DENSE))["documents"]
    assert [document_to_hit(document) for document in found] == fuse(LEXICAL, DENSE, top_k)
    assert [document_to_hit(Document.from_dict(document.to_dict())) for document in found] == fuse(
        LEXICAL, DENSE, top_k
    )


def test_copies_are_named_by_their_places():
    first, second = PassageFusion().run(lexical=documents(LEXICAL), dense=documents(DENSE))["documents"]
    assert (first.content, [place["file_path"] for place in first.meta["copies"]]) == (PORT.text, ["old/ports.pdf"])
    assert first.meta["copies"][0]["page_number"] == 3
    assert "copies" not in second.meta


def test_documents_of_no_file_are_fused_too():
    empty = [Document(id="one", content=None, score=0.4), Document(id="two", content=None, score=0.3)]
    found = PassageFusion().run(lexical=[], dense=empty)["documents"]
    assert [document.id for document in found] == ["one", "two"]


def test_run_overrides_what_was_set():
    assert len(PassageFusion(5).run(lexical=[], dense=documents(DENSE), top_k=1)["documents"]) == 1
    with pytest.raises(ValueError, match="expected top_k to be at least 1, found 0"):
        PassageFusion().run(lexical=[], dense=[], top_k=0)
    with pytest.raises(ValueError, match="expected top_k to be at least 1, found -1"):
        PassageFusion(-1)


def test_how_much_words_count():
    found = PassageFusion(5, 0.0).run(lexical=documents(LEXICAL), dense=documents(DENSE))["documents"]
    assert [document_to_hit(document) for document in found] == fuse(LEXICAL, DENSE, 5, lexical_weight=0.0)
    assert found != PassageFusion(5).run(lexical=documents(LEXICAL), dense=documents(DENSE))["documents"]


def test_round_trip():
    pipeline = Pipeline()
    pipeline.add_component("fusion", PassageFusion(7, 0.5))
    again = Pipeline.loads(pipeline.dumps(), allowed_modules=["spanwise"]).get_component("fusion")
    assert component_to_dict(again, "fusion") == {
        "type": "spanwise.retrieve.passage_fusion.PassageFusion",
        "init_parameters": {"top_k": 7, "lexical_weight": 0.5},
    }
