import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanwise.train.data import check
from spanwise.train.data.ngrams import ngrams_of, overlap, words_of
from squad_files import MAST, PORT, entry, squad

LONG = (
    "The observatory opens its dome at dusk and closes it before dawn. On a clear night the night assistant wakes the "
    "mirror an hour earlier, so that the glass has the temperature of the air when the first plate is taken. Nobody "
    "enters the dome with a lamp, and the door stays shut until the last plate has been carried to the dark room."
)
SENTENCES = LONG.split(". ")


@pytest.fixture
def leaks(write):
    def found(training, evaluation, question="Why is that so?"):
        train = write(squad((training, entry("t", "Who said so?"))), "train.json")
        held = write(squad((evaluation, entry("e", question))), "held.json")
        return list(check([train], evaluation=[held]).files[0].findings)

    return found


@pytest.mark.parametrize(
    ("training", "how"),
    [
        (LONG, "100% of its words' runs, or of the other's, in held.json data[0].paragraphs[0]; questions about it: 1"),
        (LONG.upper().replace(". ", "\n"), "100% of its words' runs"),
        (". ".join(SENTENCES[:2]), "100% of its words' runs"),
        (SENTENCES[2], "100% of its words' runs"),
        (f"{MAST} {LONG} {PORT}", "100% of its words' runs"),
        (f"{SENTENCES[0]}. {MAST} {SENTENCES[1]}. {PORT} {SENTENCES[2]}", "75% of its words' runs"),
    ],
    ids=["whole", "other signs", "first part", "last part", "added to", "added between"],
)
def test_a_context_that_was_changed_is_found(leaks, training, how):
    (finding,) = leaks(training, LONG)
    assert (finding.kind, finding.question_id, finding.where) == ("leaked_context", None, "data[0].paragraphs[0]")
    assert finding.detail.startswith(how)


def test_other_contexts_are_no_leak(leaks):
    assert leaks(MAST, LONG) == []
    assert leaks(f"{MAST} {' '.join(SENTENCES[0].split()[:8])}.", LONG) == []


def test_a_context_below_eight_words_leaks_as_a_whole(leaks):
    assert [finding.kind for finding in leaks("A mast is tall!", "a mast is tall")] == ["leaked_context"]
    assert leaks("A mast is low!", "a mast is tall") == []


def test_the_share_decides(write):
    half = f"{SENTENCES[0]}. {MAST}"
    train, held = write(squad((half, entry("t", "Who?"))), "t.json"), write(squad((LONG, entry("e", "Why?"))), "e.json")
    shared = overlap(ngrams_of(words_of(half)), ngrams_of(words_of(LONG)))
    assert 0.1 < shared < 0.3
    assert check([train], evaluation=[held]).clean
    assert not check([train], evaluation=[held], near=shared).clean


def test_a_shared_question_is_named(leaks):
    (finding,) = leaks(MAST, LONG, question="who  said so")
    assert (finding.kind, finding.question_id) == ("leaked_question", "t")
    assert finding.detail == "'Who said so?', in held.json data[0].paragraphs[0].qas[0]"


@given(st.lists(st.sampled_from("abcdefgh"), max_size=40), st.integers(0, 40))
def test_a_part_has_nothing_that_the_whole_lacks(words, cut):
    part = words[:cut]
    shared = overlap(ngrams_of(part), ngrams_of(words))
    assert shared == (1 if len(part) >= 8 or (part and part == words) else shared)
    assert 0 <= shared <= 1
    assert shared == overlap(ngrams_of(words), ngrams_of(part))
