import pytest
from haystack import Document

from spanwise.documents import document_to_passage, document_to_source, passage_to_document, source_to_document
from spanwise.types import Passage, SourceText


@pytest.mark.parametrize(
    "source",
    [
        SourceText("sub/a.pdf", "One.\fTwo.", "ab" * 32, title="T", page_starts=(0, 5)),
        SourceText("a.txt", "", "00" * 32),
    ],
)
def test_a_source_text_there_and_back(source):
    again = document_to_source(Document.from_dict(source_to_document(source).to_dict()))
    assert again == source


@pytest.mark.parametrize("passage", [Passage("a.pdf", 3, 7, "Two.", 2, "T"), Passage("a.txt", 0, 4, "One.")])
def test_a_passage_there_and_back(passage):
    document = passage_to_document(passage, score=0.25)
    assert (document.id, document.score, document.content) == (passage.id, 0.25, passage.text)
    again = Document.from_dict(document.to_dict())
    assert document_to_passage(again) == passage
    assert again.meta["page_number"] == passage.page


def test_what_is_missing_is_named():
    with pytest.raises(KeyError, match="file_path"):
        document_to_source(Document(content="x", meta={"sha256": "0"}))
    with pytest.raises(KeyError, match="source_start"):
        document_to_passage(Document(content="x", meta={"file_path": "a"}))
