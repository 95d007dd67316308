import pytest
from haystack import Document
from haystack.core.serialization import component_from_dict, component_to_dict

from spanwise.errors import ModelError
from spanwise.split import PassageSplitter, Splitter, SplitterSettings
from spanwise.types import SourceText

TEXT = "The dome opens at dusk. The server listens on port 8443.\n\n" * 30


def test_passages_know_where_they_stand(minilm_tokenizer):
    meta = {"file_path": "sub/a.pdf", "sha256": "0" * 64, "title": "T", "page_starts": [0, 580]}
    splitter = PassageSplitter(max_tokens=64, overlap_tokens=8)
    splitter.warm_up()
    found = splitter.run([Document(content=TEXT, meta=meta)])["documents"]
    source = SourceText("sub/a.pdf", TEXT, "0" * 64, "T", (0, 580))
    expected = Splitter(minilm_tokenizer, SplitterSettings(64, 8)).split(source)
    assert [document.id for document in found] == [passage.id for passage in expected]
    for document in found:
        assert TEXT[document.meta["source_start"] : document.meta["source_end"]] == document.content
        assert document.meta["page_number"] == (1 if document.meta["source_start"] < 580 else 2)
        assert (document.meta["file_path"], document.meta["title"]) == ("sub/a.pdf", "T")
    assert len(found) > 5


def test_several_documents_and_none():
    splitter = PassageSplitter()
    documents = [Document(content=text, meta={"file_path": text, "sha256": ""}) for text in ("One.", "", "Two.")]
    found = splitter.run(documents)["documents"]
    assert [(document.content, document.meta["file_path"]) for document in found] == [
        ("One.", "One."),
        ("Two.", "Two."),
    ]
    assert splitter.run([]) == {"documents": []}


def test_a_document_that_is_not_a_source():
    with pytest.raises(KeyError, match="file_path"):
        PassageSplitter().run([Document(content="x")])


def test_round_trip(tiny_embedder):
    assert component_to_dict(PassageSplitter(), "splitter") == {
        "type": "spanwise.split.passage_splitter.PassageSplitter",
        "init_parameters": {
            "embedder": "spanwise/minilm-documents",
            "max_tokens": 192,
            "overlap_tokens": 32,
        },
    }
    made = PassageSplitter(str(tiny_embedder), max_tokens=40, overlap_tokens=0)
    data = component_to_dict(made, "splitter")
    again = component_from_dict(PassageSplitter, data, "splitter")
    assert component_to_dict(again, "splitter") == data
    document = Document(content=TEXT, meta={"file_path": "a", "sha256": ""})
    assert again.run([document]) == made.run([document])


def test_bad_sizes():
    with pytest.raises(ValueError, match="found overlap_tokens=32 with max_tokens=50"):
        PassageSplitter(max_tokens=50)


def test_an_embedder_that_cannot_be_found(tmp_path):
    with pytest.raises(ModelError, match="expected a tokenizer for 'spanwise/no-such-model', found none"):
        PassageSplitter("spanwise/no-such-model").warm_up()
    with pytest.raises(ModelError, match=r"expected a tokenizer for '.*gone', found none"):
        PassageSplitter(str(tmp_path / "gone")).warm_up()
