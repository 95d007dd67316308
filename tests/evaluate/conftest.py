import pytest

from spanwise.evaluate.corpus import Settings
from spanwise.evaluate.document import FORMAT, result_of
from spanwise.evaluate.outcome import Isolated, Outcome
from spanwise.squad.questions import Misplaced, QuestionSet


@pytest.fixture
def make_outcome():
    """Make an outcome that was answered rightly, but for what is given."""

    def make(number=1, **given):
        fields = {
            "id": f"q{number}",
            "question": "Which port?",
            "golds": ("5310",),
            "answer": "5310",
            "file": "network.md",
            "page": 2,
            "confidence": 0.8,
            "no_answer_confidence": 0.1,
            "abstained": False,
            "threshold": 0.25,
            "calibrated": True,
            "verdict": "answer",
            "exact": 1,
            "f1": 1,
            "forced_exact": 1,
            "forced_f1": 1,
            "right_rank": 1,
            "passage_rank": 1,
            "deep_rank": 1,
            "lost_at": None,
            "timings_ms": {"retrieve": 10.0, "read": 100.0, "total": 110.0},
            "isolated": Isolated("5310", 1, 1.0),
        }
        return Outcome(**fields | given)

    return make


@pytest.fixture
def make_evaluation():
    """Make the document of an evaluation from outcomes."""

    def make(outcomes, data="some", misplaced=(), **index):
        settings = Settings()
        questions = QuestionSet(data, (), tuple(Misplaced(*fields) for fields in misplaced))
        return {
            "format": FORMAT,
            "spanwise": "0",
            "packages": {},
            "date": "2026-11-21T10:00:00+00:00",
            "index": {
                "path": "my.index",
                "root": "papers",
                "generation": 3,
                "files": 2,
                "passages": 5,
                "type": "flat",
                "embedder": None,
                "splitter": None,
                **index,
            },
            "settings": {"top_k": 5, "passages": 20, "threshold": None, "batch": 16, "right": "exact"},
            "results": [result_of(questions, outcomes, settings)],
        }

    return make
