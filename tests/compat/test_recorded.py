"""The pipeline returns what transformers' own returned; `record_pipeline.py` says how that was recorded."""

import builtins
import json
from itertools import count, islice
from pathlib import Path

import pytest

from record_pipeline import CASES, PACKAGED, TINY
from spanwise.compat import pipeline
from tiny_models import make_model

RECORDED = {
    version: json.loads((Path(__file__).parent / f"transformers-{version}.json").read_text(encoding="utf-8"))
    for version in ("5.2.0", "4.57.6")
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Give the pipeline of a recorded model by its name."""
    folder, pipelines = tmp_path_factory.mktemp("recorded"), {}

    def give(name):
        if name not in pipelines:
            source = PACKAGED if name == "packaged" else make_model(folder / name, name)
            pipelines[name] = pipeline("question-answering", model=str(source), device=-1)
        return pipelines[name]

    return give


def is_junk(answer):
    """Where a context held fewer spans than were looked for, transformers filled up with spans of probability 0."""
    return answer["score"] == 0.0


def comparable(result):
    """Round scores as coarsely as the comparison is exact, and leave out junk."""
    if isinstance(result, dict):
        return {**result, "score": pytest.approx(result["score"], rel=1e-5, abs=1e-5)}
    answers = [answer for answer in result if isinstance(answer, list) or not is_junk(answer)]
    rounded = [comparable(answer) for answer in answers]
    return rounded[0] if len(rounded) == 1 and len(result) > 1 else rounded


RUNS = [
    (version, model, case)
    for version, recorded in RECORDED.items()
    for model, results in recorded["results"].items()
    for case in results
    # 5.2 took named arguments only, and no longer knew two old names.
    if version != "5.2.0" or not (CASES[case][0] or {"topk", "data"} & set(CASES[case][1]))
]


def in_turn():
    """Every case, each with the next of the models and versions that it was recorded with, and again."""
    for turn in count():
        for number, case in enumerate(CASES):
            recorded = [run for run in RUNS if run[2] == case]
            yield recorded[(number + turn) % len(recorded)]


QUICK = set(islice(in_turn(), 60))
PARAMETERS = [pytest.param(*run, id="-".join(run), marks=[] if run in QUICK else pytest.mark.slow) for run in RUNS]


@pytest.mark.parametrize(("version", "model", "case"), PARAMETERS)
def test_recorded(made, version, model, case):
    expected = RECORDED[version]["results"][model][case]
    arguments, named = CASES[case]
    nlp = made(model)
    if isinstance(expected, dict) and "raises" in expected:
        # What came from the tokenizers library or from PyTorch as an error without a class is a ValueError here.
        kind = getattr(builtins, expected["raises"], None)
        kind = kind if kind in (ValueError, KeyError, TypeError) else ValueError
        with pytest.raises(kind, match=r"expected .* found "):
            nlp(*arguments, **named)
    else:
        assert nlp(*arguments, **named) == comparable(expected)


def test_the_quick_runs_have_every_case_and_every_model():
    assert len(QUICK) == 60
    assert {case for *_, case in QUICK} == set(CASES)
    assert {run[:2] for run in QUICK} == {run[:2] for run in RUNS}


def test_every_model_and_case_was_recorded():
    assert set(RECORDED["5.2.0"]["results"]) == {"packaged", *TINY}
    assert all(set(results) == set(CASES) for recorded in RECORDED.values() for results in recorded["results"].values())
    assert RECORDED["5.2.0"]["versions"]["transformers"] == "5.2.0"
