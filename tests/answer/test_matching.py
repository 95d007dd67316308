"""When two answers say the same, and when they do not."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanwise.answer.matching import answers_differ, answers_match, repeats_question
from spanwise.answer.wording import answer_words


def match(one, other, question=""):
    words, asked = (answer_words(one), answer_words(other)), frozenset(answer_words(question))
    found = answers_match(*words, asked)
    assert answers_match(*reversed(words), asked) is found
    return found


DIFFERENT = [
    ["3.5 mm", "35 mm", "3,5 mm", "-3.5 mm", "3.5 cm", "3.5"],
    ["5", "-5", "+5", "$5", "€5", "5%", "5°", "#5", "<5", "~5", "5+", "1/5", ".5", "5!=4"],
    ["10.0.0.1", "100.0.1", "10.0.01", "1000.1"],
    ["1/2", "12", "1.2", "1:2", "1-2", "1 2"],
    ["1.000", "1000", "1,00", "1.0"],
    ["C", "C++", "C#", "F#", "F"],
    [".NET", "NET", "ASP.NET"],
    ["git", "git blame", "git log", "git add", "git add ."],
    ["-d", "-D", "--d", "d"],
    ["5 GB", "5 MB", "5 Mb", "5 mb", "5 TB"],
    ["5 mW", "5 MW"],
    ["5 minutes", "5 hours", "5"],
    ["May 5", "May 5 2020", "May 2020", "May"],
    ["allowed", "not allowed", "never allowed"],
    ["8443", "8443 or 8080", "8080", "not 8443", "over 8443", "less than 8443"],
    ["Ana Ruiz", "Ruiz", "Bo Ruiz", "Ana Ruiz and Bo Lee"],
    ["five", "five hundred", "half five"],
    ["Plan A", "Plan B", "Plan"],
    ["vitamin C", "vitamin D", "vitamin"],
    ["12b", "12", "12c"],
    ["*args", "**args", "args"],
    ["__init__", "init"],
    ["/etc", "etc", "~/etc"],
    ["5'", '5"', "5"],
    ["東京", "京都", "東京都"],
]


@pytest.mark.parametrize("answers", DIFFERENT, ids=lambda answers: answers[0])
def test_different_answers_do_not_match(answers):
    assert [pair for pair in combinations(answers, 2) if match(*pair)] == []


@pytest.mark.parametrize("answers", DIFFERENT, ids=lambda answers: answers[0])
def test_different_answers_do_not_match_in_a_sentence_either(answers):
    """What stands around two answers, as far as it is compared for copies."""
    said = [answer_words(f"The value is {answer}, as they say.") for answer in answers]
    assert len(set(said)) == len(answers)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1,000", "1000"),
        ("1,234,567.5", "1234567.5"),
        ("$1,000", "$ 1000"),
        ("5 %", "5%"),
        ("5 percent", "5%"),
        ("5GB", "5 GB"),
        ("20 °C", "20°C"),
        ("9 a.m.", "9 am"),
        ("5 PM", "5pm"),
        ("five", "5"),
        ("\u22125", "-5"),
        ("5\u201310", "5-10"),
        ("U.S.", "US"),
        ("The  Dome!", "dome"),
        ("an apple", "apple"),
        ("(8443)", "8443."),
        ("\u201c8443\u201d", "'8443'"),
        ("**8443**", "8443"),
        ("`git blame`", "git blame"),
        ("wait()", "wait"),
        ("Zoe\u0308", "Zo\u00eb"),
        ("- Ana Ruiz", "Ana Ruiz"),
        ("https://example.org/", "https://example.org"),
        ("port 8443", "8443"),
        ("Ana Ruiz", "ana ruiz."),
        ("June", "in June"),
        ("Dr. Ana Ruiz", "Ana Ruiz"),
        ("MAY 12", "May 12"),
    ],
)
def test_the_same_in_other_signs_matches(one, other):
    assert match(one, other)
    assert not answers_differ(answer_words(one), answer_words(other))


@pytest.mark.parametrize(
    ("one", "other", "question", "same"),
    [
        ("5", "5 minutes", "How many minutes does it wait?", True),
        ("5", "5 minutes", "How long does it wait?", False),
        ("blame", "git blame", "Which git command shows who changed a line?", True),
        ("git", "git blame", "Which git command shows who changed a line?", False),
        ("git", "git log", "Which of git log and git blame is it?", False),
        ("gate 5", "5", "Which gate is it?", True),
        ("allowed", "not allowed", "Is it allowed or not allowed?", False),
        ("5", "at least 5", "How many are there at least?", False),
        ("5 GB", "5 MB", "How many GB or MB?", False),
        ("May", "May 2020", "In which month of 2020?", False),
    ],
)
def test_words_of_the_question_add_nothing(one, other, question, same):
    assert match(one, other, question) is same


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("3.5 mm", "35 mm", True),
        ("allowed", "not allowed", True),
        ("May 5", "May 5 2020", True),
        ("Ana Ruiz", "Bo Lee", True),
        ("Ana Ruiz", "Ruiz", False),
        ("12 May", "May 12", False),
        ("8443", "port 8443", False),
        ("git", "git blame", False),
    ],
)
def test_what_differs(one, other, differ):
    words = answer_words(one), answer_words(other)
    assert answers_differ(*words) is answers_differ(*reversed(words)) is differ


@pytest.mark.parametrize(
    ("answer", "question", "repeats"),
    [
        ("how many seconds", "How many seconds does the server wait?", True),
        ("The server", "How many seconds does the server wait?", True),
        ("95 seconds", "How many seconds does the server wait?", False),
        ("C++", "Is it C#?", False),
        ("tea", "Does Ana drink tea or coffee?", False),
        ("coffee", "Does Ana drink tea or coffee?", False),
        ("cocoa", "Does Ana drink tea, cocoa or coffee?", False),
        ("wood", "Is it made of steel or of wood?", False),
        ("the dome", "Which is taller, the mast or the dome?", False),
        ("Ana", "Does Ana drink tea or coffee?", True),
        ("Ana", "Does Ana drink tea?", True),
        ("A", "What is the grade of a cow's milk?", False),
    ],
)
def test_what_only_repeats_the_question(answer, question, repeats):
    assert repeats_question(answer_words(answer), question) is repeats


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("the", ("the",)),
        (" ... ", ("...",)),
        ("git add .", ("git", "add", ".")),
        ("the Lord of the Rings", ("lord", "of", "rings")),
        ("- 5", ("-", "5")),
        ("", ()),
    ],
)
def test_the_words_of_an_answer(text, words):
    assert answer_words(text) == words


@given(st.text(max_size=30))
def test_every_answer_has_words_and_matches_itself(text):
    words = answer_words(text)
    assert bool(words) == bool(text.strip())
    assert all(words)
    assert answers_match(words, words)
    assert not answers_differ(words, words)


TOKENS = ["a", "the", "-5", "5%", "$5", "C++", "not", "port", "8443", "git", "or", ".", "(x)", "\u201cy\u201d", "5GB"]


@given(
    st.lists(st.sampled_from(TOKENS), max_size=6),
    st.data(),
)
def test_matching_is_symmetric(tokens, data):
    other = data.draw(st.permutations(tokens))[: data.draw(st.integers(0, 6))]
    match(" ".join(tokens), " ".join(other), "Which port of git?")
