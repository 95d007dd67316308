"""Models that were never trained to say "no answer"."""

import json
import math
import shutil

import numpy as np
import pytest
from haystack import Document

from reference_reader import ReferenceReader
from spanwise.calibration import Calibration, load_calibration
from spanwise.read import ExtractiveReader, ReaderSettings, SpanReader
from spanwise.read import reader as reader_module

QUESTION = "Which port does the server use?"
TEXT = "The server listens on port 8443 by default. Ana Ruiz has been the mayor of the capital since 2019. " * 2
# In float32, which every processor computes alike to seven digits; bfloat16 is taken only where there is hardware.
SETTINGS = {"max_seq_length": 64, "stride": 16, "device": "cpu", "model_kwargs": {"dtype": "float32"}}


@pytest.mark.parametrize(
    ("model", "calibrated", "stated", "expected"),
    [
        ("default", True, None, True),
        ("deepset/electra-base-squad2", True, None, True),
        ("valhalla/electra-base-discriminator-finetuned_squadv1", True, None, False),
        ("valhalla/electra-base-discriminator-finetuned_squadv1", True, True, True),
        ("some/folder", False, None, False),
        ("some/folder", False, True, True),
        ("some/folder", True, False, False),
    ],
)
def test_what_is_stated_counts_before_what_is_known(monkeypatch, model, calibrated, stated, expected):
    monkeypatch.setattr(reader_module, "load_calibration", lambda _: Calibration(null_answer=calibrated))
    assert SpanReader(ReaderSettings(model, null_answer=stated)).null_answer == expected


def test_a_calibration_file_may_say_so(architecture_folder, tmp_path):
    folder = tmp_path / "squad1"
    shutil.copytree(architecture_folder("electra"), folder)
    fields = {"null_threshold": 0, "slope": 1, "threshold": 0.5, "calibrated": False}
    (folder / "calibration.json").write_text(json.dumps(fields))
    assert load_calibration(folder).null_answer is True
    assert SpanReader(ReaderSettings(str(folder), **SETTINGS)).null_answer is True
    (folder / "calibration.json").write_text(json.dumps({**fields, "null_answer": False}))
    assert load_calibration(folder).null_answer is False
    assert SpanReader(ReaderSettings(str(folder), **SETTINGS)).null_answer is False
    said, stated = (
        SpanReader(ReaderSettings(str(path), null_answer=null_answer, **SETTINGS)).read([(QUESTION, TEXT)])
        for path, null_answer in ((folder, None), (architecture_folder("electra"), False))
    )
    assert said == stated


@pytest.mark.parametrize("name", ["electra", "distilbert", "xlnet"])
def test_a_score_is_the_probability_the_model_gives_the_span(architecture_folder, name):
    """Start times end probability, each a softmax over all tokens of the window, as in its training."""
    folder = architecture_folder(name)
    reference = ReferenceReader(folder, name)
    encoded = reference.encode(QUESTION, TEXT)
    found = ExtractiveReader(folder, null_answer=False, **SETTINGS).run(QUESTION, [Document(content=TEXT)], top_k=4)
    answers = [answer for answer in found["answers"] if answer.data is not None]
    assert len(answers) == 4
    probabilities = []
    for number in range(len(encoded["input_ids"])):
        logits = reference.logits(encoded, number)
        start, end = np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))
        offsets = encoded["offset_mapping"][number]
        inside = reference.passage_positions(encoded, number)
        probabilities += [
            (start[first] * end[last], offsets[first][0], offsets[last][1])
            for first in inside
            for last in inside
            if first <= last < first + 30
        ]
    best = max(probabilities)
    assert (answers[0].document_offset.start, answers[0].document_offset.end) == best[1:]
    assert answers[0].score == pytest.approx(best[0], abs=1e-4)
    for answer in answers:
        assert answer.score == pytest.approx(1 / (1 + math.exp(-answer.meta["margin"])))
        assert answer.meta["margin"] == pytest.approx(
            answer.meta["start_logit"] + answer.meta["end_logit"] - answer.meta["null_logit"]
        )
    (none,) = (answer for answer in found["answers"] if answer.data is None)
    assert none.score == pytest.approx(1 - answers[0].score)


def test_it_survives_serialization(architecture_folder):
    reader = ExtractiveReader(architecture_folder("electra"), null_answer=False, **SETTINGS)
    again = ExtractiveReader.from_dict(reader.to_dict())
    documents = [Document(content=TEXT)]
    assert again.run(QUESTION, documents) == reader.run(QUESTION, documents)
    with_null = ExtractiveReader(architecture_folder("electra"), **SETTINGS)
    assert with_null.run(QUESTION, documents) != reader.run(QUESTION, documents)
