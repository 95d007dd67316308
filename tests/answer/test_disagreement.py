import pytest

from spanwise.answer.answering import answer_question, differing_answers
from spanwise.calibration import Calibration
from texts import Texts

CALIBRATION = Calibration(slope=0.2, threshold=0.4)
SAID = {
    "a_txt": "It is 3.5 mm thick.",
    "b_txt": "It is 35 mm thick.",
    "c_txt": "It is 3.5 mm and, no, 35 mm.",
    "d_txt": "Ask Ruiz.",
    "e_txt": "Ask Ana Ruiz.",
}


def differing(found, calibration=CALIBRATION):
    texts = Texts(**SAID)
    candidates = [texts.candidate(file, words, margin) for file, words, margin in found]
    result = answer_question("How thick?", candidates, texts, calibration)
    return [answer.answer for answer in differing_answers(result)]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([("a.txt", "3.5 mm", 5.0), ("b.txt", "35 mm", 4.0)], ["3.5 mm", "35 mm"]),
        ([("a.txt", "3.5 mm", 5.0), ("b.txt", "35 mm", 4.0), ("d.txt", "Ruiz", 3.0)], ["3.5 mm", "35 mm", "Ruiz"]),
        ([("a.txt", "3.5 mm", 5.0)], []),
        ([("a.txt", "3.5 mm", 5.0), ("c.txt", "3.5 mm", 4.0)], []),
        ([("c.txt", "3.5 mm", 5.0), ("c.txt", "35 mm", 4.0)], []),
        ([("a.txt", "3.5 mm", 5.0), ("c.txt", "3.5 mm", 4.5), ("c.txt", "35 mm", 4.0)], []),
        ([("a.txt", "3.5 mm", 9.0), ("b.txt", "35 mm", -1.0)], []),
        ([("a.txt", "3.5 mm", -1.0), ("b.txt", "35 mm", -2.0)], []),
        ([("a.txt", "3.5 mm", 5.0), ("a.txt", "thick", 4.0)], []),
        ([("e.txt", "Ana Ruiz", 5.0), ("d.txt", "Ruiz", 4.0)], []),
        ([], []),
    ],
)
def test_documents_differ(found, expected):
    assert differing(found) == expected


@pytest.mark.parametrize(("threshold", "expected"), [(0.1, ["3.5 mm", "35 mm"]), (0.2, [])])
def test_answers_that_are_unlikely_even_together_are_no_disagreement(threshold, expected):
    calibration = Calibration(null_threshold=3.0, threshold=threshold)  # 6% and 5%
    assert differing([("a.txt", "3.5 mm", 0.2), ("b.txt", "35 mm", 0.1)], calibration) == expected
