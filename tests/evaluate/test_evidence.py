import pytest

from spanwise.evaluate.evidence import Library, find_evidence
from spanwise.index.index import Index
from spanwise.index.records import Change
from spanwise.squad import GoldAnswer, Question
from spanwise.types import EmbedderIdentity, Passage, SourceText

MAST = (
    "# Weather\n\n- The mast is 12 meters tall,\n- and 40 years old.\n\nIt stands on the western ridge of the hill.\n"
)
PORT = "The server listens on port 5310.\nPort 8080 is closed. The mast is painted red.\n"


def passage(file, text, start, end):
    return Passage(file, start, end, text[start:end])


@pytest.fixture
def library(tmp_path):
    """Two files; of the first, the passages leave out its last sentence."""
    import numpy as np

    sources = {"mast.md": MAST, "port.txt": PORT}
    cut = MAST.index("It stands")
    passages = [passage("mast.md", MAST, 0, cut), passage("port.txt", PORT, 0, 33), passage("port.txt", PORT, 33, 79)]
    vectors = np.eye(3, 4, dtype=np.float32)
    with Index.create(tmp_path / "i", embedder=EmbedderIdentity("e", "f", 4, True, 64)) as index:
        texts = [(SourceText(file, text, "0" * 64), len(text), 0) for file, text in sources.items()]
        index.apply(Change(sources=texts, passages=passages, vectors=vectors))
        yield Library(index)


def question(context, answer, *, start=None, file=None):
    given = context.index(answer) if start is None and context is not None else start
    return Question("q", "?", (GoldAnswer(answer, given),), context, file=file)


def test_a_context_is_found_whatever_its_marks(library):
    context = "The mast is 12 meters tall, and 40 years old."
    found = find_evidence(question(context, "12 meters"), library)
    assert {file: [MAST[a:b] for a, b in spans] for file, spans in found.places.items()} == {"mast.md": ["12 meters"]}
    assert (found.in_source, found.in_passages) == (True, True)
    assert found.holds(passage("mast.md", MAST, 20, 30))
    assert not found.holds(passage("mast.md", MAST, 0, 20))
    assert not found.holds(passage("port.txt", PORT, 0, 79))


def test_an_answer_is_found_by_the_words_around_it(library):
    context = (
        "A new beginning. The mast is 12 meters tall, and 40 years old. It stands on the western ridge of the hill."
    )
    found = find_evidence(question(context, "western"), library)
    assert [MAST[a:b] for a, b in found.places["mast.md"]] == ["western"]
    assert find_evidence(question(context, "12 meters"), library).in_source is False  # eight words reach the beginning


def test_what_no_passage_holds_is_in_a_source_alone(library):
    found = find_evidence(question("It stands on the western ridge of the hill.", "western ridge"), library)
    assert (found.in_source, found.in_passages) == (True, False)


def test_without_an_offset_every_occurrence_in_the_context_counts(library):
    context = "The server listens on port 5310. Port 8080 is closed."
    found = find_evidence(question(context, "is", start=None), library)
    misplaced = Question("q", "?", (GoldAnswer("Port"), GoldAnswer("port")), context)
    assert len(find_evidence(misplaced, library).places["port.txt"]) == 2
    assert len(found.places["port.txt"]) == 1
    nowhere = Question("q", "?", (GoldAnswer("harbor"),), context)
    assert find_evidence(nowhere, library).places == {"port.txt": [(0, 52)]}


def test_without_a_context_any_passage_with_the_words_counts(library):
    found = find_evidence(question(None, "The Port 5310"), library)
    assert found.holds(passage("port.txt", PORT, 0, 33))
    assert not found.holds(passage("port.txt", PORT, 0, 30))  # "531" is not the word
    assert (found.in_source, found.in_passages) == (True, True)


def test_a_file_narrows_where_words_count(library):
    anywhere = find_evidence(question(None, "mast"), library)
    there = find_evidence(question(None, "mast", file="mast.md"), library)
    red = passage("port.txt", PORT, 33, 79)
    assert (anywhere.holds(red), there.holds(red)) == (True, False)
    elsewhere = find_evidence(question(None, "5310", file="mast.md"), library)
    assert (elsewhere.in_source, elsewhere.in_passages) == (False, False)
    assert find_evidence(question(None, "mast", file="none.md"), library).in_source is False


def test_words_that_no_passage_holds(library):
    found = find_evidence(question(None, "western ridge"), library)
    assert (found.in_source, found.in_passages) == (True, False)


def test_an_answer_without_words_stands_nowhere(library):
    found = find_evidence(question(None, "..."), library)
    assert (found.in_source, found.holds(passage("port.txt", PORT, 0, 33))) == (False, False)
