import re
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanwise.evaluate.evidence import IndexTexts, find_evidence
from spanwise.index.index import Index
from spanwise.index.records import Change
from spanwise.squad.questions import GoldAnswer, Question
from spanwise.types import EmbedderIdentity, Passage, SourceText

MAST = (
    "# Weather\n\n- The mast is 12 meters tall,\n- and 40 years old.\n\nIt stands on the western ridge of the hill.\n"
)
PORT = "The server listens on port 5310.\nPort 8080 is closed. The mast is painted red.\n"
TEXT = st.text(alphabet="ab -.\n\t_é", max_size=40)


def passage(file, text, start, end):
    return Passage(file, start, end, text[start:end])


@pytest.fixture
def texts(tmp_path):
    """Two files; of the first, the passages leave out its last sentence."""
    import numpy as np

    sources = {"mast.md": MAST, "port.txt": PORT}
    cut = MAST.index("It stands")
    passages = [passage("mast.md", MAST, 0, cut), passage("port.txt", PORT, 0, 33), passage("port.txt", PORT, 33, 79)]
    vectors = np.eye(3, 4, dtype=np.float32)
    with Index.create(tmp_path / "i", embedder=EmbedderIdentity("e", "f", 4, True, 64)) as index:
        files = [(SourceText(file, text, "0" * 64), len(text), 0) for file, text in sources.items()]
        index.apply(Change(sources=files, passages=passages, vectors=vectors))
        yield IndexTexts(index)


def question(context, answer, *, start=None, file=None):
    given = context.index(answer) if start is None and context is not None else start
    return Question("q", "?", (GoldAnswer(answer, given),), context, file=file)


def test_a_context_is_found_whatever_its_marks(texts):
    context = "The mast is 12 meters tall, and 40 years old."
    found = find_evidence(question(context, "12 meters"), texts)
    assert {file: [MAST[a:b] for a, b in spans] for file, spans in found.places.items()} == {"mast.md": ["12 meters"]}
    assert (found.in_source, found.in_passages) == (True, True)
    assert found.holds(passage("mast.md", MAST, 20, 30))
    assert not found.holds(passage("mast.md", MAST, 0, 20))
    assert not found.holds(passage("port.txt", PORT, 0, 79))


def test_an_answer_is_found_by_the_words_around_it(texts):
    context = (
        "A new beginning. The mast is 12 meters tall, and 40 years old. It stands on the western ridge of the hill."
    )
    found = find_evidence(question(context, "western"), texts)
    assert [MAST[a:b] for a, b in found.places["mast.md"]] == ["western"]
    assert find_evidence(question(context, "12 meters"), texts).in_source is False  # eight words reach the beginning


def test_what_no_passage_holds_is_in_a_source_alone(texts):
    found = find_evidence(question("It stands on the western ridge of the hill.", "western ridge"), texts)
    assert (found.in_source, found.in_passages) == (True, False)


def test_without_an_offset_every_occurrence_in_the_context_counts(texts):
    context = "The server listens on port 5310. Port 8080 is closed."
    found = find_evidence(question(context, "is", start=None), texts)
    misplaced = Question("q", "?", (GoldAnswer("Port"), GoldAnswer("port")), context)
    assert len(find_evidence(misplaced, texts).places["port.txt"]) == 2
    assert len(found.places["port.txt"]) == 1
    nowhere = Question("q", "?", (GoldAnswer("harbor"),), context)
    assert find_evidence(nowhere, texts).places == {"port.txt": [(0, 52)]}


def test_without_a_context_any_passage_with_the_words_counts(texts):
    found = find_evidence(question(None, "The Port 5310"), texts)
    assert found.holds(passage("port.txt", PORT, 0, 33))
    assert not found.holds(passage("port.txt", PORT, 0, 30))  # "531" is not the word
    assert (found.in_source, found.in_passages) == (True, True)


def test_a_file_narrows_where_words_count(texts):
    anywhere = find_evidence(question(None, "mast"), texts)
    there = find_evidence(question(None, "mast", file="mast.md"), texts)
    red = passage("port.txt", PORT, 33, 79)
    assert (anywhere.holds(red), there.holds(red)) == (True, False)
    elsewhere = find_evidence(question(None, "5310", file="mast.md"), texts)
    assert (elsewhere.in_source, elsewhere.in_passages) == (False, False)
    assert find_evidence(question(None, "mast", file="none.md"), texts).in_source is False


def test_words_that_no_passage_holds(texts):
    found = find_evidence(question(None, "western ridge"), texts)
    assert (found.in_source, found.in_passages) == (True, False)


def test_an_answer_without_words_stands_nowhere(texts):
    found = find_evidence(question(None, "..."), texts)
    assert (found.in_source, found.holds(passage("port.txt", PORT, 0, 33))) == (False, False)


def texts_of(files):
    """Return the texts of an index that holds these files."""
    same = SimpleNamespace(shown=str, stored=str)
    return IndexTexts(
        SimpleNamespace(roots=same, files=lambda: files, source=lambda file: SimpleNamespace(text=files[file]))
    )


def test_words_are_found_wherever_they_follow_one_another():
    files = {"a": "One two,\nthree. One two three", "b": "", "c": "* three\n* one two  three - four"}
    found = [(file, files[file][slice(*span)]) for file, span in texts_of(files).spans(["two", "three"], 0, 2)]
    assert found == [("a", "two,\nthree"), ("a", "two three"), ("c", "two  three")]
    assert list(texts_of({"a": "so so so"}).spans(["so", "so"], 1, 2)) == [("a", (3, 5)), ("a", (6, 8))]


def test_words_are_whole_and_of_one_text():
    texts = texts_of({"a": "lantern", "b": "ant hill", "c": "an ant"})
    assert list(texts.spans(["ant"], 0, 1)) == [("b", (0, 3)), ("c", (3, 6))]
    assert list(texts.spans(["hill", "an"], 0, 1)) == []
    assert list(texts.spans([], 0, 0)) == []


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(0, 1, "- the  (big) dog"), (2, 3, "the"), (5, 9, "big"), (3, 9, "the  (big"), (6, 16, "big) dog")],
)
def test_an_answer_is_the_words_that_it_touches(start, end, expected):
    context = "- the  (big) dog"
    asked = Question("q", "?", (GoldAnswer(context[start:end], start),), context)
    places = find_evidence(asked, texts_of({"a": context})).places
    assert [context[a:b] for a, b in places.get("a", [])] == ([] if expected == context else [expected])


@given(st.lists(TEXT, min_size=1, max_size=4), st.data())
def test_every_run_of_words_is_found_in_its_own_text(texts, data):
    files = {str(number): text for number, text in enumerate(texts)}
    file = data.draw(st.sampled_from(sorted(files)))
    words = list(re.finditer(r"\w+", files[file]))
    first = data.draw(st.integers(0, len(words)))
    stop = data.draw(st.integers(first, len(words)))
    run = words[first:stop]
    found = list(texts_of(files).spans([word[0] for word in run], 0, len(run)))
    assert len(found) == len(set(found))
    if run:
        assert (file, (run[0].start(), run[-1].end())) in found
