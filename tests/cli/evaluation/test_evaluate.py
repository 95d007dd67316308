import json
import re
import sys
from functools import partialmethod

import pytest
from huggingface_hub import ModelCard

FLAT = {"exact", "f1", "total"}
METRICS = FLAT | {f"{kind}_{name}" for kind in ("HasAns", "NoAns") for name in FLAT}
BEST = {"best_exact", "best_exact_thresh", "best_f1", "best_f1_thresh"}


@pytest.fixture(scope="module")
def questions(sample_folder):
    return sample_folder / "questions.json"


@pytest.fixture
def lines(tmp_path):
    """Two questions in lines, one of which the sample documents do not answer."""
    file = tmp_path / "lines.jsonl"
    some = [{"question": "How tall is the mast?", "answers": ["12 meters"]}, {"question": "Who is the king of Spain?"}]
    file.write_text("\n".join(map(json.dumps, some)), encoding="utf-8")
    return file


def write(file, content):
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


class TestPredictions:
    def test_keys_are_the_official_ones(self, spanwise, lines, tmp_path):
        texts = write(tmp_path / "p.json", {"1": "12 meters tall", "2": ""})
        ran = spanwise("evaluate", "predictions", texts, "--data", lines, "--json")
        found = json.loads(ran.out)
        assert (ran.code, ran.err, found.keys()) == (0, "", METRICS)
        assert (found["exact"], found["f1"], found["NoAns_exact"]) == (50.0, pytest.approx(90.0), 100.0)

    def test_probabilities_add_the_best_thresholds(self, spanwise, lines, tmp_path):
        texts = write(tmp_path / "p.json", {"1": "12 meters", "2": "Ana"})
        probabilities = write(tmp_path / "n.json", {"1": 0.25, "2": 0.5})
        arguments = ("evaluate", "predictions", texts, "--data", lines, "--na-prob", probabilities, "--json")
        found = json.loads(spanwise(*arguments).out)
        assert found.keys() == METRICS | BEST
        assert (found["exact"], found["best_exact"], found["best_exact_thresh"]) == (50.0, 100.0, 0.25)
        assert json.loads(spanwise(*arguments, "--na-prob-thresh", "0.4").out)["exact"] == 100.0

    def test_as_a_person_reads_it(self, spanwise, lines, tmp_path):
        texts = write(tmp_path / "p.json", {"1": "12 meters", "2": "Ana", "3": "x"})
        ran = spanwise("evaluate", "predictions", texts, "--data", lines)
        assert [row.split() for row in ran.out.splitlines()[1:]] == [
            ["all", "2", "50.00", "50.00"],
            ["answerable", "1", "100.00", "100.00"],
            ["unanswerable", "1", "0.00", "0.00"],
        ]
        assert ran.err == f"ignored 1 of 3 predictions, whose ids {lines} does not have: 3\n"

    def test_missing_predictions_are_a_usage_error_in_a_line(self, spanwise, lines, tmp_path):
        ran = spanwise("evaluate", "predictions", write(tmp_path / "p.json", {"1": "x"}), "--data", lines)
        assert (ran.code, ran.out) == (2, "")
        expected = "spanwise: expected a prediction for every question of lines, found none for 1 question of 2: 2\n"
        assert ran.err == expected

    def test_data_that_is_neither_is_a_usage_error_in_a_line(self, spanwise, tmp_path):
        file = write(tmp_path / "d.json", {"rows": []})
        ran = spanwise("evaluate", "predictions", file, "--data", file)
        assert (ran.code, ran.err.count("\n")) == (2, 1)
        assert 'found no list "data"' in ran.err


class TestReader:
    def test_keys_are_flat(self, spanwise, questions):
        ran = spanwise("evaluate", "reader", "default", "--data", questions, "--device", "cpu", "--json")
        found = json.loads(ran.out)
        assert ran.code == 0
        assert found.keys() == METRICS | BEST | {"data", "model", "null_threshold"}
        assert found["total"] == 60
        assert found["best_f1"] >= found["f1"]

    def test_the_threshold_decides_what_is_empty(self, spanwise, questions):
        arguments = ("evaluate", "reader", "default", "--data", questions, "--json", "--null-threshold")
        never, always = (json.loads(spanwise(*arguments, level).out) for level in ("1000", "-1000"))
        assert (never["NoAns_exact"], always["NoAns_exact"]) == (0.0, 100.0)
        assert (never["HasAns_f1"] > 50, always["HasAns_f1"]) == (True, 0.0)
        assert (never["null_threshold"], always["null_threshold"]) == (1000.0, -1000.0)

    def test_several_files_give_several_results(self, spanwise, questions, bert_reader, tmp_path):
        folder = tmp_path / "card"
        folder.mkdir()
        second = tmp_path / "second.json"
        second.write_bytes(questions.read_bytes())
        common = ("evaluate", "reader", "default", "--limit", "4", "--json")
        ran = spanwise(*common, "--data", questions, second, "--model-card", folder)
        found = json.loads(ran.out)["results"]
        assert [(result["data"], result["total"]) for result in found] == [("questions", 4), ("second", 4)]
        entries = ModelCard.load(folder / "README.md").data.eval_results
        assert {entry.dataset_name for entry in entries} == {"questions", "second"}
        again = spanwise(*common, "--data", questions, "--data", second)
        assert json.loads(again.out)["results"] == found

    def test_as_a_person_reads_it(self, spanwise, questions):
        ran = spanwise("evaluate", "reader", "default", "--data", questions, "--limit", "4", "--null-threshold", "-2.5")
        assert "empty where 'no answer' wins by more than -2.5" in ran.out
        assert "best F1" in ran.out

    def test_answers_that_do_not_stand_there_are_listed_and_counted(self, spanwise, tmp_path):
        answers = [{"text": "Ana", "answer_start": 4}]
        wrong = [{"id": f"q{number}", "question": "Who?", "answers": answers} for number in range(7)]
        data = {"data": [{"title": "t", "paragraphs": [{"context": "Ana is here.", "qas": wrong}]}]}
        ran = spanwise("evaluate", "reader", "default", "--data", write(tmp_path / "d.json", data), "--json")
        heading, *listed = ran.err.splitlines()
        assert heading.endswith("d.json: 7 answers not at the offset given; these offsets are ignored")
        assert listed[0] == "  q0: 'Ana' at 4, where 'is' stands"
        assert (len(listed), listed[-1]) == (6, "  and 2 more")
        assert json.loads(ran.out)["HasAns_total"] == 7

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ((), "expected a file of questions, found none: --data FILE"),
            (("--data", "{lines}"), "expected questions with contexts"),
            (("--data", "{lines}", "--data", "{lines}"), "expected files of different names, found 'lines' twice"),
            (("--data", "{lines}", "--model-card", "none/card.md"), "expected a model folder or a file"),
        ],
    )
    def test_usage(self, spanwise, lines, arguments, message):
        ran = spanwise("evaluate", "reader", "default", *(part.format(lines=lines) for part in arguments))
        assert (ran.code, ran.err.count("\n")) == (2, 1)
        assert message in ran.err


def count(self, init, made, *given, **named):
    made.append(type(self).__name__)
    init(self, *given, **named)


class TestCorpus:
    def test_measures_report_and_comparison(self, spanwise, sample_index, questions, tmp_path):
        common = ("evaluate", "corpus", "--index", sample_index, "--data", questions, "--limit", "6", "--passages", "5")
        ran = spanwise(*common, "--threshold", "0", "--json")
        document = json.loads(ran.out)
        assert ran.code == 0
        assert document["settings"]["passages"] == 5
        assert document["results"][0]["questions"] == len(document["results"][0]["outcomes"]) == 6

        other = write(tmp_path / "other.json", document)
        ran = spanwise(*common, "--threshold", "1", "--compare", other, "--report", tmp_path / "r.html")
        assert ran.code == 0
        assert ran.out.startswith("questions: 6 questions, 1 without answer\n")
        assert "abstaining      rate 100.0%, precision 16.7%, recall 100.0%" in ran.out
        assert "questions: abstention.rate" in ran.out
        assert re.search(r"questions? better than before, [1-9] worse\n$", ran.out)
        report = (tmp_path / "r.html").read_text(encoding="utf-8")
        assert "<svg" in report
        assert "abstention.rate" in report

    def test_models_and_calibration_of_its_own(
        self, spanwise, sample_index, lines, tmp_path, monkeypatch, tiny_cross_encoder
    ):
        """Each model is loaded once, by the corpus, and what is measured is what the corpus says with these options."""
        from spanwise.embed.minilm import MiniLMEncoder
        from spanwise.read.reader import SpanReader

        made = []
        for kind in (MiniLMEncoder, SpanReader):
            counted = partialmethod(count, kind.__init__, made)
            monkeypatch.setattr(kind, "__init__", counted)
        fields = {"null_threshold": 0, "slope": 1, "threshold": 0.75, "calibrated": True}
        file = write(tmp_path / "c.json", fields)
        common = ("evaluate", "corpus", "--index", sample_index, "--data", lines, "--json", "--device", "cpu")
        common += ("--passages", "5")
        ran = spanwise(*common, "--calibration", file, "--reranker", tiny_cross_encoder)
        document = json.loads(ran.out)
        assert sorted(made) == ["MiniLMEncoder", "SpanReader"]
        assert {outcome["threshold"] for outcome in document["results"][0]["outcomes"]} == {0.75}
        assert not any(outcome["calibrated"] for outcome in document["results"][0]["outcomes"])
        assert document["conditions"]["reranker"] is not None

    def test_lines_and_squad_together(self, spanwise, sample_index, questions, lines):
        common = ("evaluate", "corpus", "--index", sample_index, "--limit", "2", "--passages", "3", "--json")
        ran = spanwise(*common, "--data", questions, lines)
        found = json.loads(ran.out)["results"]
        alone = [(result["data"], result["isolation"] is None) for result in found]
        assert alone == [("questions", False), ("lines", True)]

    def test_without_matplotlib_only_the_report_is_refused(self, spanwise, sample_index, lines, tmp_path, monkeypatch):
        monkeypatch.setitem(sys.modules, "matplotlib", None)
        common = ("evaluate", "corpus", "--index", sample_index, "--data", lines, "--passages", "3")
        ran = spanwise(*common, "--report", tmp_path / "r.html")
        assert (ran.code, ran.out) == (2, "")
        assert ran.err == (
            "spanwise: expected matplotlib for the plots of a report, found none; pip install 'spanwise[eval]'\n"
        )
        assert spanwise(*common).code == 0

    def test_no_index(self, spanwise, lines, tmp_path):
        ran = spanwise("evaluate", "corpus", "--index", tmp_path / "none", "--data", lines)
        assert (ran.code, ran.err.count("\n")) == (1, 1)
        assert "there is no index in" in ran.err


def test_help_names_the_three(spanwise):
    ran = spanwise("evaluate", "--help")
    assert ran.code == 0
    assert all(command in ran.out for command in ("predictions", "reader", "corpus"))
