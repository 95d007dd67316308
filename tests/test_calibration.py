import json
import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from spanwise.calibration import Calibration, load_calibration, read_calibration
from spanwise.errors import ModelError

MARGINS = st.floats(-1e4, 1e4)


@given(MARGINS, MARGINS, st.floats(-20, 20), st.floats(0.01, 5))
def test_confidence_is_a_probability_that_rises_with_the_margin(one, other, null_threshold, slope):
    low, high = sorted([one, other])
    calibration = Calibration(null_threshold=null_threshold, slope=slope)
    assert 0 <= calibration.confidence(low) <= calibration.confidence(high) <= 1


@given(st.floats(-20, 20), st.floats(-20, 20))
def test_near_the_threshold_confidence_rises_strictly(one, other):
    low, high = sorted([one, other])
    assume(high - low > 1e-3)
    assert Calibration().confidence(low) < Calibration().confidence(high)


@pytest.mark.parametrize("margin", [-1e300, 1e300, -math.inf, math.inf])
def test_no_margin_is_too_large(margin):
    assert Calibration().confidence(margin) == (1.0 if margin > 0 else 0.0)


def test_confidence_is_one_half_at_the_null_threshold():
    assert Calibration(null_threshold=-4.05, slope=0.3).confidence(-4.05) == 0.5
    assert Calibration().confidence(math.log(3)) == pytest.approx(0.75)
    assert Calibration(null_threshold=1.0, slope=2.0).confidence(1 + math.log(3) / 2) == pytest.approx(0.75)


def test_a_model_without_a_file_is_uncalibrated(tmp_path):
    assert load_calibration(tmp_path) == Calibration(0.0, 1.0, 0.5, calibrated=False)
    assert load_calibration(tmp_path / "gone").calibrated is False


def test_a_file_is_read(tmp_path):
    fields = {"null_threshold": -2.5, "slope": 0.4, "threshold": 0.35, "calibrated": True, "made_by": "a test"}
    (tmp_path / "calibration.json").write_text(json.dumps(fields))
    assert load_calibration(tmp_path) == Calibration(-2.5, 0.4, 0.35, calibrated=True)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b"{}",
        b'{"null_threshold": "x", "slope": 1, "threshold": 0.5, "calibrated": true}',
        b'{"null_threshold": 0, "slope": 1, "threshold": null, "calibrated": true}',
        b'{"null_threshold": 0, "threshold": 0.5, "calibrated": true}',
    ],
)
def test_a_file_that_cannot_be_understood(tmp_path, content):
    (tmp_path / "calibration.json").write_bytes(content)
    with pytest.raises(ModelError, match=r"expected null_threshold, slope, .* in .*calibration\.json, found .*again"):
        load_calibration(tmp_path)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"slope": float("nan")}, "nan"),
        ({"null_threshold": float("inf")}, "inf"),
        ({"threshold": 2.0}, r"2\.0, which is not in \[0, 1\]"),
        ({"answer": {"intercept": 0.0, "weights": {"mood": 1.0}}}, "an unknown signal 'mood'"),
        ({"answer": {"intercept": 0.0, "weights": {"margin": float("-inf")}}}, "-inf"),
    ],
)
def test_numbers_that_are_none_and_unknown_signals_are_refused(change, found, tmp_path):
    file = tmp_path / "calibration.json"
    good = {"null_threshold": 0.0, "slope": 1.0, "threshold": 0.5, "calibrated": True}
    file.write_text(json.dumps({**good, **change}))
    with pytest.raises(ModelError, match=found):
        read_calibration(file)
