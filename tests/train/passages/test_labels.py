from spanwise.squad.questions import GoldAnswer, Question
from spanwise.train.passages.gather import LabeledPassage, labeled, passages_to_read, same_place

CONTEXT = "The dome opens at dusk. The server of Arden listens on port 8443 unless another is set in its configuration."


def ask(answer, context=CONTEXT):
    answers = () if answer is None else (GoldAnswer(answer, context.index(answer)),)
    return Question("one", "Which port?", answers, context)


def test_a_neighbor_that_overlaps_holds_the_answer_where_the_words_around_it_are_the_same():
    neighbor = "of Arden listens on port 8443 unless another is set in its configuration. Backups are kept."
    found = same_place(ask("8443"), neighbor)
    assert neighbor[found.start : found.start + 4] == found.text == "8443"
    begins_with_it = "8443 unless another is set in its configuration. Backups are kept."
    assert same_place(ask("8443"), begins_with_it) == GoldAnswer("8443", 0)
    ends_with_it = "opens at dusk. The server of Arden listens on port 8443"
    assert same_place(ask("8443"), f"Notes. {ends_with_it}").start == len(f"Notes. {ends_with_it}") - 4


def test_the_same_characters_elsewhere_are_not_the_answer():
    assert same_place(ask("8443"), "Ticket 8443 was closed, and so were many others.") is None
    assert same_place(ask(None), CONTEXT) is None
    assert same_place(ask("8443", "8443"), "8443 is a number") is None


def test_what_holds_the_words_elsewhere_is_left_out_and_the_rest_is_negative():
    question = ask("8443")
    assert labeled(question, f"Notes. {CONTEXT}").kind == "positive"
    assert labeled(question, "Ticket 8443 was closed.").kind == "left out"
    assert labeled(question, "Ticket 18443 was closed.").kind == "negative"
    assert labeled(ask(None), "Ticket 8443 was closed.").kind == "negative"


def test_the_first_that_are_not_left_out_are_read():
    kinds = ["own", "left out", "negative", "positive", "negative"]
    assert [found.kind for found in passages_to_read([LabeledPassage("", kind) for kind in kinds], 3)] == [
        "own",
        "negative",
        "positive",
    ]
