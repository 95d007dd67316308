from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanwise.answer.answering import answer_question
from spanwise.answer.merge import merge
from spanwise.calibration import Calibration
from spanwise.conditions import Conditions
from spanwise.types import Candidate, Citation, Hit, Part, Passage, SourceText, Span
from texts import Texts


def texts(clusters):
    return [[(found.source.file, found.start, found.text) for found in cluster.occurrences] for cluster in clusters]


def test_one_span_read_in_two_passages_is_one_answer():
    corpus = Texts(a_txt="The port is 8443 by default.")
    candidates = [corpus.candidate("a.txt", "8443", 3.0, passage=9), corpus.candidate("a.txt", "8443", 2.0)]
    assert texts(merge(candidates, corpus, "Which?")) == [[("a.txt", 12, "8443")]]


def test_overlapping_spans_keep_the_best():
    corpus = Texts(a_txt="The port is 8443 by default.")
    candidates = [corpus.candidate("a.txt", "is 8443", 3.0), corpus.candidate("a.txt", "8443 by", 2.0, passage=4)]
    assert texts(merge(candidates, corpus, "Which?")) == [[("a.txt", 9, "is 8443")]]


def test_equal_answers_in_two_files_are_one_with_two_citations():
    corpus = Texts(a_txt="Ask Ana Ruiz.", b_txt="It was the “x” ANA RUIZ, then.")
    candidates = [corpus.candidate("b.txt", "ANA RUIZ,", 2.0), corpus.candidate("a.txt", "Ana Ruiz", 1.0)]
    result = answer_question("Who?", candidates, corpus, Calibration())
    (answer,) = result.answers
    assert (answer.answer, answer.file) == ("ANA RUIZ,", "b.txt")
    assert answer.citations == (
        Citation("b.txt", 1, 1, 15, 24, location="page 1, line 1"),
        Citation("a.txt", 1, 1, 4, 12, location="page 1, line 1"),
    )


def test_an_answer_twice_in_one_file_has_two_citations():
    corpus = Texts(a_txt="8443 is the port. Yes, 8443.")
    candidates = [corpus.candidate("a.txt", "8443", 2.0, nth=1), corpus.candidate("a.txt", "8443", 1.0)]
    assert texts(merge(candidates, corpus, "Which?")) == [[("a.txt", 23, "8443"), ("a.txt", 0, "8443")]]


@pytest.mark.parametrize("words", ["the", "The", "an", "a", '"A"', "The."])
def test_articles_alone_are_no_answer(words):
    corpus = Texts(a_txt=f"It is {words} dome")
    candidates = [corpus.candidate("a.txt", words, 9.0, passage=5), corpus.candidate("a.txt", f"{words} dome", 1.0)]
    assert [group[0][2] for group in texts(merge(candidates, corpus, "Which?"))] == [f"{words} dome"]


@pytest.mark.parametrize("behind", [".", "", ", the best", "\n\nThe next"])
def test_an_a_that_no_word_follows_is_an_answer(behind):
    corpus = Texts(a_txt=f"The grade is A{behind}")
    assert texts(merge([corpus.candidate("a.txt", "A", 9.0)], corpus, "Which?")) == [[("a.txt", 13, "A")]]


def test_a_negated_answer_is_another():
    corpus = Texts(a_txt="It was not Bob.", b_txt="It was Bob.", c_txt="At least 5 kg.", d_txt="It is 5 kg.")
    candidates = [
        corpus.candidate(f"{name}.txt", text, 9.0)
        for name, text in zip("abcd", ["Bob", "Bob", "5 kg", "5 kg"], strict=True)
    ]
    found = [group[0][2] for group in texts(merge(candidates, corpus, "Which?"))]
    assert found == ["not Bob", "Bob", "At least 5 kg", "5 kg"]


def test_top_k_bounds_answers_not_citations():
    corpus = Texts(a_txt="8443 and 80 and 443.", b_txt="8443 too, 22 too")
    candidates = [
        corpus.candidate("a.txt", "8443", 5.0),
        corpus.candidate("a.txt", "80", 4.0),
        corpus.candidate("a.txt", "443.", 3.0),
        corpus.candidate("b.txt", "22", 2.0),
        corpus.candidate("b.txt", "8443", 1.0),
    ]
    result = answer_question("Which?", candidates, corpus, Calibration(), top_k=2)
    assert [[(place.file, place.start) for place in answer.citations] for answer in result.answers] == [
        [("a.txt", 0), ("b.txt", 0)],
        [("a.txt", 9)],
    ]


@pytest.mark.parametrize("file", ["a_md", "a_MD", "a_markdown", "a_md_gz", "a_ipynb"])
def test_marks_are_trimmed_in_markdown_alone(file):
    for name, expected in ((file, "8443"), ("a_txt", "**8443**")):
        corpus = Texts(**{name: "It is **8443**."})
        candidates = [corpus.candidate(name.replace("_", "."), "**8443**", 1.0)]
        assert texts(merge(candidates, corpus, "Which?"))[0][0][2] == expected


def test_a_piece_of_a_tag_is_no_answer():
    corpus = Texts(a_md="It is <b>8443</b>.")
    candidates = [corpus.candidate("a.md", words, 1.0) for words in ("/b>", "8443</b")]
    assert [[answer[2] for answer in cluster] for cluster in texts(merge(candidates, corpus, "Which?"))] == [["8443"]]


def test_an_answer_says_where_it_stands():
    text = "The dome.\n\nThe observatory opens\nat dusk in summer."
    corpus = Texts(a_pdf=text)
    result = answer_question(
        "When?", [corpus.candidate("a.pdf", "at dusk", 2.0, passage=11, score=0.75)], corpus, Calibration()
    )
    (answer,) = result.answers
    assert text[answer.start : answer.end] == answer.answer == "at dusk"
    assert (answer.file, answer.page, answer.line) == ("a.pdf", 2, 4)
    assert answer.context == "The observatory opens\nat dusk in summer."
    assert text[answer.context_start :].startswith(answer.context)
    assert (answer.score, answer.retrieval_score) == (2.0, 0.75)
    assert answer.citations == (Citation("a.pdf", 2, 4, answer.start, answer.end, location="page 2, line 4"),)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            {"parts": (Part(0, 30, "sheet", "Prices"), Part(10, 30, "row", "12")), "has_lines": False},
            (None, None, ("Prices",), 12, None, "Prices, row 12"),
        ),
        (
            {"page_starts": (0, 10), "page_labels": ("ii", "iii"), "has_lines": False},
            (2, "iii", (), None, None, "page iii"),
        ),
        (
            {"parts": (Part(0, 30, "heading", "2.1 Installing"), Part(5, 30, "heading", "Ports")), "has_lines": False},
            (None, None, ("2.1 Installing", "Ports"), None, None, "2.1 Installing > Ports"),
        ),
        ({"parts": (Part(0, 30, "row", "1"),)}, (None, None, (), 1, 2, "row 1")),
        ({}, (None, None, (), None, 2, "line 2")),
        ({"has_lines": False}, (None, None, (), None, None, "")),
    ],
)
def test_an_answer_names_its_part_of_the_document(source, expected):
    text = "The ladder\ncosts 149 euros."
    texts = {"a.x": SourceText("a.x", text, "0" * 64, **source)}
    passage = Passage("a.x", 11, len(text), text[11:])
    candidate = Candidate(Hit(passage, 1.0), Span(6, 9, 2.0, 2.0, 0.0))
    result = answer_question("How much?", [candidate], texts.__getitem__, Calibration(), passages=[candidate.hit])
    (answer,) = result.answers
    for place in (answer, *answer.citations):
        assert (place.page, place.page_label, place.section, place.row, place.line, place.location) == expected
    assert result.passages[0].place.section == expected[2]


CONDITIONS = Conditions(embedder="e", retrieval="r", passages=20)
CALIBRATION = Calibration(null_threshold=1.0, slope=0.5, threshold=0.6, calibrated=True, fitted_with=CONDITIONS)


@pytest.mark.parametrize(
    ("margin", "threshold", "abstained"),
    [
        (9.0, None, False),
        (1.0, None, True),
        (1.0, 0.5, False),
        (1.0, 0.51, True),
        (-50.0, 0.0, False),
        (9.0, 1.0, True),
    ],
)
def test_abstention(margin, threshold, abstained):
    corpus = Texts(a_txt="It is 8443.")
    candidates = [corpus.candidate("a.txt", "8443", margin)]
    result = answer_question("Which?", candidates, corpus, CALIBRATION, threshold=threshold, conditions=CONDITIONS)
    assert result.abstained is abstained
    assert result.threshold == (0.6 if threshold is None else threshold)
    assert result.calibrated is True
    assert len(result.answers) == 1
    assert result.answers[0].confidence == CALIBRATION.confidence(margin)
    assert result.no_answer_confidence == pytest.approx(1 - result.answers[0].confidence)


@pytest.mark.parametrize(
    ("margin", "no_answer_threshold", "verdict"),
    [
        (9.0, 0.5, "answer"),
        (1.2, 0.5, "unsure"),
        (0.8, 0.5, "no_answer"),
        (0.8, 0.6, "unsure"),
        (-9.0, 0.6, "no_answer"),
    ],
)
def test_verdicts(margin, no_answer_threshold, verdict):
    corpus = Texts(a_txt="It is 8443.")
    calibration = replace(CALIBRATION, no_answer_threshold=no_answer_threshold)
    result = answer_question("Which?", [corpus.candidate("a.txt", "8443", margin)], corpus, calibration)
    assert (result.verdict, result.abstained) == (verdict, verdict != "answer")


def test_a_calibration_holds_for_what_it_was_fitted_with():
    corpus = Texts(a_txt="It is 8443.", b_txt="Der Server ist nicht erreichbar, wenn Port 8443 geschlossen ist.")
    english, german = corpus.candidate("a.txt", "8443", 3.0), corpus.candidate("b.txt", "8443", 3.0)

    def asked(candidate, calibration=CALIBRATION, **changes):
        return answer_question(
            "Which?", [candidate], corpus, calibration, conditions=replace(CONDITIONS, **changes), top_k=1
        )

    well = asked(english)
    assert (well.calibrated, well.calibration_note) == (True, None)
    for result in (
        asked(english, passages=50),
        asked(english, reranker="some/cross-encoder"),
        asked(german),
        asked(english, replace(CALIBRATION, fitted_with=None)),
        asked(english, replace(CALIBRATION, calibrated=False)),
        answer_question("Which?", [english], corpus, CALIBRATION),
    ):
        assert result.calibrated is False
        assert result.calibration_note.endswith(".")
        assert result.answers[0].confidence == well.answers[0].confidence


@pytest.mark.parametrize("threshold", [None, 0.0])
def test_no_candidates_are_an_abstention(threshold):
    result = answer_question("Which?", [], Texts(), CALIBRATION, threshold=threshold)
    assert (result.answers, result.abstained, result.no_answer_confidence) == ((), True, 1.0)


@given(st.lists(st.tuples(st.integers(0, 9), st.floats(-9, 9)), max_size=12), st.integers(1, 6))
def test_answers_come_by_descending_confidence(chosen, top_k):
    corpus = Texts(a_txt="zero one two three four five six seven eight nine")
    words = corpus("a.txt").text.split()
    ordered = sorted(chosen, key=lambda pair: -pair[1])
    candidates = [corpus.candidate("a.txt", words[index], margin) for index, margin in ordered]
    result = answer_question(
        "Which?", candidates, corpus, CALIBRATION, top_k=top_k, passages=[candidates[0].hit] if candidates else ()
    )
    found = [answer.confidence for answer in result.answers]
    assert found == sorted(found, reverse=True)
    assert len(found) == min(top_k, len({index for index, _ in chosen}))
    assert len(result.passages) == min(1, len(candidates))
