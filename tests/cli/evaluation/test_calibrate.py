import json
import re
import shutil
from contextlib import chdir

import pytest
from typer.testing import CliRunner

import spanwise as spanwise_module
from spanwise.calibration import SIGNALS, read_calibration
from spanwise.cli.main import app
from spanwise.evaluate.calibrating import calibrate
from spanwise.runtime.default_reader import DEFAULT_READER, reader_folder
from spanwise.squad.questions import read_questions

PLACES = ["Arden", "Belmont", "Corin", "Dover", "Elsinore", "Florence", "Genoa", "Harfleur", "Illyria", "Kent"]
THINGS = {
    "library": "The library of {place} holds {number} books.",
    "bridge": "The bridge at {place} is {number} meters long.",
    "market": "The market in {place} has {number} stalls.",
}
ASKED = {
    "library": "How many books does the library of {place} hold?",
    "bridge": "How long is the bridge at {place}?",
    "market": "How many stalls has the market in {place}?",
}


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """An index of a page about each place, and a file of questions; what is asked of the last three is not said."""
    folder = tmp_path_factory.mktemp("town")
    (folder / "pages").mkdir()
    lines = []
    for row, place in enumerate(PLACES):
        told = []
        for column, thing in enumerate(THINGS):
            number = str(100 + 37 * row + 411 * column)
            unsaid = row >= 7
            if not unsaid:
                told.append(THINGS[thing].format(place=place, number=number))
            right = [] if unsaid else [number, f"{number} meters"]
            lines.append({"question": ASKED[thing].format(place=place), "answers": right})
        lines.append({"question": f"Who is the mayor of {place}?", "answers": []})
        text = " ".join([f"{place} is a small town by the sea.", *told])
        (folder / "pages" / f"{place}.txt").write_text(text, encoding="utf-8")
    lines += [{"question": entry["question"].replace("?", " today?"), "answers": entry["answers"]} for entry in lines]
    (folder / "questions.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def indexed(town):
    import spanwise

    with spanwise.Corpus(town / "index") as corpus:
        corpus.sync(town / "pages")
    return town


@pytest.fixture(scope="module")
def calibrated(indexed):
    """What the command printed, and the file that it wrote."""
    file = indexed / "calibration.json"
    command = ["calibrate", "--data", "questions.jsonl", "--index", "index", "--out", file, "--passages", 5, "--json"]
    with chdir(indexed):
        ran = CliRunner().invoke(app, list(map(str, command)))
    assert ran.exit_code == 0
    return json.loads(ran.stdout), file


def test_a_calibration_is_fitted_and_used(spanwise, indexed, calibrated):
    index, (measured, file) = indexed / "index", calibrated
    fitted = json.loads(file.read_text())
    assert fitted["calibrated"] is True
    assert measured["threshold"] == fitted["threshold"]
    assert fitted["fitted_on"]["questions"] == 80
    assert fitted["fitted_on"]["unanswerable"] == 38
    assert fitted["fitted_on"]["data"] == ["questions"]
    assert fitted["fitted_with"]["passages"] == 5
    assert fitted["fitted_with"]["language"] == "en"
    assert measured["auroc_right"] > 0.7
    question = "How long is the bridge at Dover?"
    ask = ("ask", question, "--index", index, "--calibration", file, "--passages", 5, "--json", "--explain")
    strict, loose = (json.loads(spanwise(*ask, *choice).out) for choice in (("--recall", 0.5), ("--recall", 0.9)))
    assert strict["threshold"] > loose["threshold"]
    assert strict["calibrated"] is True
    precise = json.loads(spanwise(*ask, "--precision", 0.9).out)
    assert precise["threshold"] == read_calibration(file).threshold_for(precision=0.9)
    first = strict["answers"][0]
    assert first["answer"] in {"622", "622 meters", "622 meters long"}
    assert set(first["signals"]) == set(SIGNALS)
    nothing = json.loads(spanwise("ask", "Who is the mayor of Genoa?", *ask[2:]).out)
    assert nothing["no_answer_confidence"] > strict["no_answer_confidence"]
    assert nothing["abstained"] is True


@pytest.mark.slow
def test_it_is_written_beside_the_reader(spanwise, indexed, tmp_path):
    reader = tmp_path / "reader"
    shutil.copytree(reader_folder(DEFAULT_READER), reader)
    before = (reader / "calibration.json").read_text()
    data, index = indexed / "questions.jsonl", indexed / "index"
    ran = spanwise("calibrate", data, "--index", index, "--reader", reader, "--right", "holds")
    assert ran.code == 0
    assert f"Wrote {reader / 'calibration.json'}; the threshold is " in ran.out
    assert re.search(r"expected calibration error +0\.", ran.out)
    fitted = json.loads((reader / "calibration.json").read_text())
    assert fitted != json.loads(before)
    assert fitted["fitted_on"]["right"] == "holds"


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--limit", 5, "--out", "c.json"], 2, "expected at least 25 right first answers to calibrate with, found "),
        (["--reader", "some/name"], 2, "expected a reader in a folder, found the name 'some/name'; name a file"),
        ([], 2, "expected --out FILE, found none: the packaged reader keeps its own calibration; name a file"),
        (["--out", "nowhere/c.json"], 2, "expected to be able to write nowhere/c.json: No such file or directory"),
        (["--out", "."], 2, "expected to be able to write .: Is a directory; name another file with --out"),
    ],
)
def test_what_cannot_be_calibrated(spanwise, indexed, tmp_path, monkeypatch, options, code, message):
    monkeypatch.chdir(tmp_path)
    packaged = reader_folder(DEFAULT_READER) / "calibration.json"
    before = packaged.read_bytes()
    ran = spanwise("calibrate", indexed / "questions.jsonl", "--index", indexed / "index", *options)
    assert (ran.code, ran.err.count("\n")) == (code, 1)
    assert message in ran.err
    assert packaged.read_bytes() == before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("named", [False, True])
def test_where_nothing_can_be_written_nothing_is_asked(spanwise, indexed, tmp_path, monkeypatch, named):
    reader = tmp_path / "reader"
    (reader / "calibration.json").mkdir(parents=True)
    monkeypatch.setattr(spanwise_module.Corpus, "ask_many", None)  # would raise if it were called
    where = ["--out", reader / "calibration.json"] if named else ["--reader", reader]
    ran = spanwise("calibrate", indexed / "questions.jsonl", "--index", indexed / "index", *where)
    assert (ran.code, "expected to be able to write" in ran.err) == (2, True)


def test_the_calibration_before_has_no_part_in_it(indexed, calibrated, tmp_path):
    """Of all answers, not those that it put first: here it holds the worst to be the best."""
    turned = {"intercept": 0, "weights": {"margin": -1, "retrieval": -9}}
    before = {"null_threshold": 0, "slope": 1, "threshold": 0.5, "calibrated": True, "answer": turned}
    (tmp_path / "turned.json").write_text(json.dumps(before))
    sets = [read_questions(indexed / "questions.jsonl")]
    usual = read_calibration(calibrated[1])
    with spanwise_module.Corpus(indexed / "index", calibration=tmp_path / "turned.json") as corpus:
        other = calibrate(corpus, sets, passages=5).calibration
    assert other.answer.weights == pytest.approx(usual.answer.weights, abs=1e-3)
    assert other.threshold == pytest.approx(usual.threshold, abs=1e-3)
    assert other.fitted_with == usual.fitted_with
    assert usual.fitted_on["answers"] > 5 * usual.fitted_on["questions"]


def test_nothing_to_calibrate_with(spanwise, indexed, tmp_path):
    ran = spanwise("calibrate", "--index", indexed / "index", "--out", tmp_path / "c.json")
    assert (ran.code, "expected a file of questions, found none" in ran.err) == (2, True)


def test_thresholds_that_exclude_one_another(spanwise, indexed):
    ran = spanwise("ask", "Who?", "--index", indexed / "index", "--precision", 0.9, "--threshold", 0.5)
    assert (ran.code, "expected one of --threshold, --precision and --recall" in ran.err) == (2, True)


def test_a_reader_without_a_fitted_curve(spanwise, indexed, tmp_path):
    file = tmp_path / "c.json"
    file.write_text('{"null_threshold": 0, "slope": 1, "threshold": 0.5, "calibrated": false}')
    ran = spanwise("ask", "Who?", "--index", indexed / "index", "--precision", 0.9, "--calibration", file)
    assert (ran.code, "expected a calibrated reader to choose by precision or recall" in ran.err) == (2, True)
    ran = spanwise("ask", "Who?", "--index", indexed / "index", "--calibration", tmp_path / "none.json")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "expected a calibration file at" in ran.err
