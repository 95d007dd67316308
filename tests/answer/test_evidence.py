"""What says the same is one answer, and what a confidence depends on."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanwise.answer.answering import answer_question
from spanwise.calibration import Calibration, Logistic
from texts import Texts

WEIGHTS = {"margin": 0.3, "lead": 0.2, "agreement": 0.7, "retrieval": 1.5, "behind": 2.0, "rank": 0.3, "length": -0.2}
FITTED = Calibration(
    calibrated=True,
    threshold=0.5,
    answer=Logistic(-2.0, WEIGHTS),
    unanswerable=Logistic(1.0, {name: -weight for name, weight in WEIGHTS.items()}),
)


def test_answers_with_more_words_are_places_of_the_best():
    texts = Texts(a_txt="It is port 8443 now.", b_txt="Use 8443, please.", c_txt="Some say 8080.")
    candidates = [
        texts.candidate("b.txt", "8443", 5.0),
        texts.candidate("c.txt", "8080", 4.0),
        texts.candidate("a.txt", "port 8443", 3.0),
    ]
    result = answer_question("Which?", candidates, texts, Calibration())
    assert [answer.answer for answer in result.answers] == ["8443", "8080"]
    assert [place.file for place in result.answers[0].citations] == ["b.txt", "a.txt"]


def confidences(texts, candidates, **options):
    result = answer_question("Which?", candidates, texts, FITTED, **options)
    return {answer.answer: answer.confidence for answer in result.answers}, result.no_answer_confidence


def test_agreement_of_different_statements_makes_an_answer_surer():
    texts = Texts(a_txt="The port is 8443.", b_txt="Connect to 8443 at night.")
    one = [texts.candidate("a.txt", "8443", 5.0)]
    both = [*one, texts.candidate("b.txt", "8443", 4.0)]
    (alone, no_answer), (agreed, less) = confidences(texts, one), confidences(texts, both)
    assert agreed["8443"] > alone["8443"] + 0.05
    assert less < no_answer


@pytest.mark.parametrize("copies", [1, 2, 5])
def test_copies_count_once(copies):
    texts = Texts(a_txt="The port is 8443.", **{f"copy{number}_txt": "The port  is 8443!" for number in range(copies)})
    candidates = [
        texts.candidate("a.txt", "8443", 5.0),
        *(texts.candidate(f"copy{number}.txt", "8443", 5.0) for number in range(copies)),
    ]
    result = answer_question("Which?", candidates, texts, FITTED)
    assert len(result.answers[0].citations) == copies + 1
    assert (
        {answer.answer: answer.confidence for answer in result.answers},
        result.no_answer_confidence,
    ) == confidences(texts, candidates[:1])


def test_a_rival_makes_an_answer_less_sure_and_stays_apart():
    texts = Texts(a_txt="The port is 8443.", b_txt="The port is 8080.")
    one = texts.candidate("a.txt", "8443", 5.0)
    (alone, _), (apart, _) = (
        confidences(texts, [one]),
        confidences(texts, [one, texts.candidate("b.txt", "8080", 4.5)]),
    )
    assert apart["8443"] < alone["8443"] - 0.1
    assert apart.keys() == {"8443", "8080"}


WORDS = "zero one two three four five six seven eight nine"
FOUND = st.lists(st.tuples(st.integers(0, 9), st.floats(-9, 9)), min_size=1, max_size=8)


def candidates_of(texts, chosen):
    ordered = sorted(chosen, key=lambda pair: -pair[1])
    return [texts.candidate("a.txt", WORDS.split()[index], margin) for index, margin in ordered]


@given(FOUND, st.lists(st.floats(-20, 0), max_size=5))
def test_irrelevant_passages_change_nothing(chosen, margins):
    """However much is read that the reader holds to be less likely than "no answer" and that fits the question less."""
    fillers = {f"filler{number}_txt": f"word{number} is here" for number in range(len(margins))}
    texts = Texts(a_txt=WORDS, **fillers)
    relevant = [(9, 1.0), *chosen]
    before = candidates_of(texts, relevant)
    added = [texts.candidate(f"filler{n}.txt", f"word{n}", margin) for n, margin in enumerate(margins)]
    after = sorted([*before, *added], key=lambda candidate: -candidate.span.margin)
    read = [candidate.hit for candidate in before]
    others = [replace(candidate.hit, score=-1.0) for candidate in added]
    (old, none), (new, still_none) = (
        confidences(texts, before, top_k=99, passages=read),
        confidences(texts, after, top_k=99, passages=[*read, *others]),
    )
    assert {answer: new[answer] for answer in old} == old
    assert still_none == none


@given(FOUND, st.integers(1, 8))
def test_confidences_do_not_depend_on_top_k(chosen, top_k):
    texts = Texts(a_txt=WORDS)
    candidates = candidates_of(texts, chosen)
    (few, none), (every, same) = confidences(texts, candidates, top_k=top_k), confidences(texts, candidates, top_k=99)
    assert list(few.items()) == list(every.items())[:top_k]
    assert none == same


def test_the_signals_of_an_answer():
    texts = Texts(
        a_txt="The server port is 8443.", b_txt="Connect to 8443 at night.", c_txt="The server port is 8443",
        d_txt="Perhaps 8443 it was.", e_txt="Some say 8080.",
    )  # fmt: skip
    candidates = [
        texts.candidate("a.txt", "port is 8443", 6.0, score=0.7),
        texts.candidate("e.txt", "8080", 4.0),
        texts.candidate("c.txt", "port is 8443", 3.0),
        texts.candidate("b.txt", "8443", 2.0),
        texts.candidate("d.txt", "8443", -1.0),
    ]
    result = answer_question("Which?", candidates, texts, FITTED)
    first = next(answer for answer in result.answers if answer.file == "a.txt")
    assert first.signals == {
        "margin": 6.0,
        "lead": 2.0,
        "agreement": 0.0,
        "retrieval": 0.7,
        "behind": 0.0,
        "rank": 0.0,
        "length": pytest.approx(math.log(3)),
    }
    shorter = next(answer for answer in result.answers if answer.answer == "8443")
    assert (shorter.signals["margin"], shorter.signals["lead"]) == (2.0, -4.0)
    assert shorter.confidence == pytest.approx(FITTED.answer.probability(shorter.signals))


def test_passages_that_fit_the_question_better_make_an_answer_less_sure():
    texts = Texts(a_txt="The port is 8443.", b_txt="Ports are doors.", c_txt="A port.", d_txt="Nothing.")
    found = [texts.candidate("a.txt", "8443", 5.0, score=0.5)]
    read = [
        texts.candidate(file, word, 0.0, score=score).hit
        for file, word, score in [("b.txt", "doors", 0.9), ("c.txt", "A port", 0.7), ("d.txt", "Nothing", 0.1)]
    ]
    alone, beside = (answer_question("Which?", found, texts, FITTED, passages=given) for given in ((), read))
    signals = beside.answers[0].signals
    assert signals == {**alone.answers[0].signals, "behind": pytest.approx(-0.4), "rank": pytest.approx(-math.log(3))}
    assert beside.answers[0].confidence < alone.answers[0].confidence
    assert beside.no_answer_confidence > alone.no_answer_confidence


def test_the_surest_answer_is_first():
    """A better passage can put an answer before one of a higher margin."""
    texts = Texts(a_txt="Port 8443.", b_txt="Port 8080.")
    candidates = [texts.candidate("a.txt", "8443", 5.0, score=0.0), texts.candidate("b.txt", "8080", 4.9, score=1.0)]
    result = answer_question("Which?", candidates, texts, FITTED)
    assert [answer.answer for answer in result.answers] == ["8080", "8443"]
    assert result.no_answer_confidence == FITTED.unanswerable.probability(result.answers[0].signals)


def answers_to(question, texts, candidates):
    result = answer_question(question, candidates, texts, FITTED, top_k=99)
    return [answer.answer for answer in result.answers]


@pytest.mark.parametrize(
    ("one", "other"),
    [("3.5 mm", "35 mm"), ("-5", "5"), ("10.0.0.1", "100.0.1"), ("C++", "C#"), ("1/2", "12"), ("$5", "5%"),
     ("1.000", "1000"), ("git", "git blame")],
)  # fmt: skip
def test_different_numbers_and_names_are_different_answers(one, other):
    texts = Texts(a_txt=f"It is {one} there.", b_txt=f"It is {other} there.")
    candidates = [texts.candidate("a.txt", one, 5.0), texts.candidate("b.txt", other, 4.5)]
    result = answer_question("What is it?", candidates, texts, FITTED)
    assert [answer.answer for answer in result.answers] == [one, other]
    assert [[place.file for place in answer.citations] for answer in result.answers] == [["a.txt"], ["b.txt"]]
    assert [answer.signals["agreement"] for answer in result.answers] == [0.0, 0.0]


def test_an_answer_joins_only_what_says_the_same_throughout():
    texts = Texts(a_txt="It is 5.", b_txt="It is port 5.", c_txt="It is page 5.")
    candidates = [
        texts.candidate("a.txt", "5", 5.0),
        texts.candidate("b.txt", "port 5", 4.0),
        texts.candidate("c.txt", "page 5", 3.0),
    ]
    assert answers_to("Where?", texts, candidates) == ["5", "page 5"]


def test_statements_with_other_numbers_are_no_copies():
    texts = Texts(a_txt="Of 3.5 mm, the port is 8443.", b_txt="Of 35 mm, the port is 8443.")
    candidates = [texts.candidate(file, "8443", 5.0) for file in ("a.txt", "b.txt")]
    (answer,) = answer_question("Which?", candidates, texts, FITTED).answers
    assert answer.signals["agreement"] == 1.0


def test_an_answer_in_the_questions_own_words_ranks_below_others_and_is_listed():
    texts = Texts(a_txt="How many seconds does the server wait? It waits 95 seconds.")
    candidates = [
        texts.candidate("a.txt", "How many seconds", 6.0),
        texts.candidate("a.txt", "95 seconds", 2.0),
        texts.candidate("a.txt", "It waits", -3.0),
    ]
    question = "How many seconds does the server wait?"
    assert answers_to(question, texts, candidates) == ["95 seconds", "It waits", "How many seconds"]
    result = answer_question(question, candidates, texts, Calibration())
    assert [answer.score for answer in result.answers] == [2.0, -3.0, 6.0]
    assert [answer.confidence for answer in result.answers] == sorted(
        (answer.confidence for answer in result.answers), reverse=True
    )


def test_the_questions_own_words_are_no_rival():
    texts = Texts(a_txt="Which port does it use? It is 8443.")
    right = texts.candidate("a.txt", "8443", 5.0)
    both = [texts.candidate("a.txt", "Which port", 6.0), right]
    alone, beside = (answer_question("Which port does it use?", given, texts, FITTED) for given in ([right], both))
    assert beside.answers[0] == alone.answers[0]


def test_a_choice_is_answered_in_the_questions_own_words():
    texts = Texts(a_txt="Ana drinks tea in the morning.")
    candidates = [texts.candidate("a.txt", "tea", 5.0), texts.candidate("a.txt", "morning", 1.0)]
    assert answers_to("Does Ana drink tea or coffee?", texts, candidates) == ["tea", "morning"]


def test_an_answer_keeps_its_sign_and_its_accent():
    texts = Texts(a_txt="It is -5 there. Ask Zoe\u0308.")
    candidates = [texts.candidate("a.txt", "5", 5.0), texts.candidate("a.txt", "Zoe", 4.0)]
    assert answers_to("What?", texts, candidates) == ["-5", "Zoe\u0308"]


def test_an_answer_does_not_widen_over_a_sentence_without_spaces():
    texts = Texts(a_txt="東京タワーの高さは333メートルです。", b_txt="กรุงเทพเป็นเมืองหลวงของประเทศไทย")
    candidates = [texts.candidate("a.txt", "東京", 5.0), texts.candidate("b.txt", "กรุงเทพ", 4.0)]
    assert answers_to("What?", texts, candidates) == ["東京", "กรุงเทพ"]
