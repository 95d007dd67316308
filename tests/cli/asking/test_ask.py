import io
import json
import re
import select
import subprocess
import sys
from types import SimpleNamespace

import pytest

from spanwise.pipeline.corpus import Corpus

KEYS = {
    "query",
    "generation",
    "answers",
    "abstained",
    "threshold",
    "no_answer_confidence",
    "calibrated",
    "calibration_note",
    "verdict",
    "timings_ms",
    "stale",
    "stale_note",
}
ANSWER_KEYS = {
    "answer",
    "confidence",
    "file",
    "page",
    "line",
    "start",
    "end",
    "context",
    "context_start",
    "page_label",
    "section",
    "row",
    "location",
    "score",
    "retrieval_score",
    "citations",
}
PLACE_KEYS = {"file", "page", "page_label", "section", "row", "line", "location", "start", "end"}
FEW = ("--passages", "4")
"""Where it does not matter what is read: most of the time goes there."""


def test_json_has_the_keys_of_the_contract(spanwise, sample_index):
    ran = spanwise(
        "ask",
        "How cold does the detector of the Quillon camera have to be before observing?",
        "--index",
        sample_index,
        "--json",
    )
    result = json.loads(ran.out)
    assert ran.code == 0
    assert result.keys() == KEYS
    assert result["answers"][0].keys() == ANSWER_KEYS
    assert result["answers"][0]["answer"] == "-85 degrees Celsius"
    assert result["answers"][0]["file"] == "manuals/sollinger-operating-manual.pdf"
    assert result["answers"][0]["page"] == 3
    assert result["answers"][0]["citations"][0].keys() == PLACE_KEYS
    assert result["answers"][0]["location"].endswith("page 3")
    assert result["timings_ms"].keys() == {"retrieve", "read", "total"}
    assert result["abstained"] == (result["answers"][0]["confidence"] < result["threshold"])
    assert (result["calibrated"], result["calibration_note"]) == (True, None)


def test_an_answer_that_is_sure(spanwise, sample_index):
    ran = spanwise("ask", "What did the lightning hit on 17 July 2022?", "--index", sample_index, "--json")
    result = json.loads(ran.out)
    assert (result["abstained"], result["verdict"]) == (False, "answer")
    assert "weather mast" in result["answers"][0]["answer"]


@pytest.mark.parametrize(
    ("question", "options", "note"),
    [
        ("How tall is the mast?", ["--passages", 7], "fitted with 20 passages a question, not 7."),
        ("Wie hoch ist der Mast der Wetterstation?", [], "and the question is plainly not English."),
    ],
)
def test_what_the_calibration_was_not_fitted_with_is_said(spanwise, sample_index, question, options, note):
    command = ["ask", question, "--index", sample_index, *options]
    result = json.loads(spanwise(*command, "--json").out)
    assert result["calibrated"] is False
    assert result["calibration_note"].endswith(note)
    assert 0 < result["answers"][0]["confidence"] < 1
    assert f"Confidences are not calibrated here. {result['calibration_note']}" in spanwise(*command).out


def test_explain_adds_the_passages_in_reading_order(spanwise, sample_index):
    ran = spanwise("ask", "How tall is the mast?", "--index", sample_index, "--json", "--explain", "--passages", "7")
    passages = json.loads(ran.out)["passages"]
    assert len(passages) == 7
    assert passages[0].keys() == {"file", "page", "section", "start", "end", "text", "retrieval_score"}
    scores = [passage["retrieval_score"] for passage in passages]
    assert scores == sorted(scores, reverse=True)


def test_answers_are_sorted_and_counted_by_top_k(spanwise, sample_index):
    ran = spanwise("ask", "Who works at the observatory?", *FEW, "--index", sample_index, "--json", "--top-k", "3")
    confidences = [answer["confidence"] for answer in json.loads(ran.out)["answers"]]
    assert len(confidences) == 3
    assert confidences == sorted(confidences, reverse=True)


def test_filter_keeps_to_matching_files(spanwise, sample_index):
    ran = spanwise(
        "ask", "How tall is the mast?", *FEW, "--index", sample_index, "--json", "--explain", "--filter", "*.html"
    )
    result = json.loads(ran.out)
    files = {passage["file"] for passage in result["passages"]}
    assert files
    assert all(file.endswith(".html") for file in files)
    assert {answer["file"] for answer in result["answers"]} <= files


def test_a_threshold_of_one_makes_it_abstain_and_still_lists_candidates(spanwise, sample_index):
    ran = spanwise("ask", "How tall is the mast?", *FEW, "--index", sample_index, "--json", "--threshold", "1")
    result = json.loads(ran.out)
    assert ran.code == 0
    assert result["abstained"]
    assert result["threshold"] == 1
    assert result["answers"]


def test_text_shows_answer_context_place_and_confidence(spanwise, sample_index):
    ran = spanwise("ask", "How tall is the mast of the weather station?", *FEW, "--index", sample_index)
    assert ran.code == 0
    assert "12 meters" in ran.out
    assert re.search(r"weather-station\.md, .+, line \d+$", ran.out, re.MULTILINE)
    assert "%" in ran.out
    assert "\x1b" not in ran.out


def test_text_says_so_when_the_documents_do_not_say(spanwise, sample_index):
    ran = spanwise("ask", "How tall is the mast?", *FEW, "--index", sample_index, "--threshold", "1")
    assert ran.code == 0
    result = json.loads(
        spanwise("ask", "How tall is the mast?", *FEW, "--index", sample_index, "--threshold", "1", "--json").out
    )
    said = {"unsure": "Not sure. The best candidates:", "no_answer": "These documents do not seem to say."}
    assert ran.out.startswith(said[result["verdict"]])
    assert "could not be read" not in ran.out


def test_top_k_shows_that_many(spanwise, sample_index):
    asked = ("ask", "How tall is the mast of the weather station?", *FEW, "--index", sample_index)
    for options, shown in (((), 1), (("--top-k", "4"), 4), (("-k", "4", "--threshold", "1"), 4)):
        ran = spanwise(*asked, *options)
        assert len(re.findall(r"^  \S.*   >?\d+%$", ran.out, re.MULTILINE)) == shown
        assert ("weaker candidates; --top-k 5 shows them" in ran.out) == (not options)


def test_words_need_no_quotation_marks(spanwise, sample_index):
    words = "How tall is the mast of the weather station?"
    ran = spanwise("ask", *words.split(), *FEW, "--index", sample_index, "--json")
    assert json.loads(ran.out)["query"] == words


@pytest.mark.parametrize(("given", "asked"), [(b"Why?\n", ["Why?"]), (b"\nWhy?\nHow tall?\n\n", ["Why?", "How tall?"])])
def test_a_dash_reads_standard_input(spanwise, sample_index, monkeypatch, given, asked):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(given), isatty=lambda: False))
    ran = spanwise("ask", "-", *FEW, "--index", sample_index, "--json")
    assert [json.loads(line)["query"] for line in ran.out.splitlines()] == asked


def test_a_dash_and_nothing_there_is_usage(spanwise, sample_index, monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"\n"), isatty=lambda: False))
    ran = spanwise("ask", "-", "--index", sample_index)
    assert (ran.code, ran.err) == (2, 'spanwise: expected a question, found an empty one: spanwise ask "QUESTION"\n')


def test_a_question_of_one_character_is_one(spanwise, sample_index):
    assert spanwise("ask", "x", *FEW, "--index", sample_index).code == 0


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (
            ["--filter", "nowhere/*"],
            2,
            "expected a filter that a file of the index meets, found none; it holds 18 files",
        ),
        (["-f", "*.md", "--kind", "pdf"], 2, "in the folders archive/"),
        (["--since", "9999-01-01"], 2, "5 .txt"),
        (["--since", "soon"], 2, "expected a date such as 2026-05-01, 2026-05-01T18:00 or 7d, found 'soon'"),
        (["--kind", "a/b"], 2, "expected a kind of files such as pdf or html, found 'a/b'"),
    ],
)
def test_filters_that_no_file_meets_are_usage(spanwise, sample_index, options, code, message):
    ran = spanwise("ask", "How tall is the mast?", *options, "--index", sample_index)
    assert (ran.code, ran.out, ran.err.count("\n")) == (code, "", 1)
    assert message in ran.err


def test_kinds_bound_what_is_asked(spanwise, sample_index):
    asked = ("ask", "How tall is the mast?", *FEW, "--index", sample_index, "--json", "--explain")
    found = json.loads(spanwise(*asked, "--kind", "pdf", "--kind", "HTML", "--since", "20000d").out)
    assert {passage["file"].rpartition(".")[2] for passage in found["passages"]} == {"pdf", "html"}


def test_a_whole_sentence_is_an_exact_quotation_too(spanwise, sample_index):
    asked = ("ask", "How tall is the mast of the weather station?", *FEW, "--index", sample_index)
    answer = json.loads(spanwise(*asked, "--answer", "sentence", "--json").out)["answers"][0]
    assert answer["answer"].endswith(".")
    assert "12 meters" in answer["answer"]
    text = Corpus(sample_index).source_text(answer["file"])
    place = answer["citations"][0]
    assert text[answer["start"] : answer["end"]] == text[place["start"] : place["end"]] == answer["answer"]


def test_each_question_is_printed_before_its_answers(spanwise, sample_index, tmp_path):
    (tmp_path / "q.txt").write_text("How tall is the mast of the weather station?\nWho is the chief engineer?\n")
    ran = spanwise("ask", "--questions", tmp_path / "q.txt", *FEW, "--index", sample_index)
    assert ran.out.startswith("How tall is the mast of the weather station?\n")
    assert "\n\nWho is the chief engineer?\n" in ran.out


def test_a_filter_that_no_file_meets_ends_a_list_of_questions(spanwise, sample_index, tmp_path):
    (tmp_path / "q.txt").write_text("Who?\nWhat?\n", encoding="utf-8")
    ran = spanwise("ask", "--questions", tmp_path / "q.txt", "--json", "-f", "nope/", "-i", sample_index)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)


def test_several_questions_of_standard_input_stand_above_their_answers(spanwise, sample_index, monkeypatch):
    asked = io.TextIOWrapper(io.BytesIO(b"How high may hedges be?\nWho owns the press?\n"))
    monkeypatch.setattr("sys.stdin", asked)
    ran = spanwise("ask", "-", *FEW, "-i", sample_index)
    assert ran.out.index("How high may hedges be?") < ran.out.index("Who owns the press?")


def test_what_could_not_be_read_is_said_beside_an_abstention(spanwise, tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a.txt").write_text("The pump is red.\n")
    (tmp_path / "d" / "b.pdf").write_bytes(b"none")
    with Corpus(tmp_path / "i") as corpus:
        corpus.sync(tmp_path / "d")
    ran = spanwise("ask", "Who founded Rome?", "-i", tmp_path / "i", "--threshold", 1)
    assert "1 file could not be read: spanwise files --skipped\n" in ran.out
    ran = spanwise("files", "--skipped", "-i", tmp_path / "i")
    assert ran.out.startswith("b.pdf: ")
    (tmp_path / "d" / "b.pdf").unlink()
    with Corpus(tmp_path / "i") as corpus:
        corpus.sync(tmp_path / "d")
    assert spanwise("files", "--skipped", "-i", tmp_path / "i").out == ""


@pytest.fixture(scope="module")
def two_reports(tmp_path_factory):
    """The index of two documents that say different things."""
    folder = tmp_path_factory.mktemp("reports")
    for name, thickness in (("a.txt", "3.5 mm"), ("b.txt", "35 mm")):
        (folder / "texts").mkdir(exist_ok=True)
        (folder / "texts" / name).write_text(f"The cable of the pump is {thickness} thick.\n", encoding="utf-8")
    with Corpus(folder / "index") as corpus:
        corpus.sync(folder / "texts")
    return folder / "index"


def test_documents_that_do_not_agree_are_shown_as_such(spanwise, two_reports):
    asked = ("ask", "How thick is the cable of the pump?", "--index", two_reports)
    both = {"3.5 mm (a.txt)", "35 mm (b.txt)"}
    for threshold, headline in (
        (0.1, "Different documents give different answers"),
        (1, "These documents do not agree"),
    ):
        ran = spanwise(*asked, "--threshold", threshold)
        first, *rest = ran.out.splitlines()
        said, listed = first.split(": ", 1)
        assert (said, set(listed.removesuffix(".").split("; "))) == (headline, both)
        assert {"[1] a.txt, line 1", "[2] b.txt, line 1"} <= {line.strip() for line in rest} or {
            "[1] b.txt, line 1",
            "[2] a.txt, line 1",
        } <= {line.strip() for line in rest}
    answers = json.loads(spanwise(*asked, "--json").out)["answers"]
    assert {(answer["answer"], *(place["file"] for place in answer["citations"])) for answer in answers[:2]} == {
        ("3.5 mm", "a.txt"),
        ("35 mm", "b.txt"),
    }


@pytest.mark.parametrize("question", ["", "   ", "\n\t"])
def test_an_empty_question_is_usage(spanwise, sample_index, question):
    ran = spanwise("ask", question, "--index", sample_index)
    assert ran.code == 2
    assert "expected a question, found an empty one" in ran.err


def test_a_question_of_two_thousand_words_is_refused_in_one_line(spanwise, sample_index):
    ran = spanwise("ask", "why " * 2000, "--index", sample_index)
    assert ran.code == 2
    assert "expected a question of at most" in ran.err
    assert ran.err.count("\n") == 1


def test_asking_before_indexing_fails_and_creates_nothing(spanwise, tmp_path):
    ran = spanwise("ask", "Why?", "--index", tmp_path / "none")
    assert ran.code == 1
    assert ran.err.count("\n") == 1
    assert "spanwise index" in ran.err
    assert list(tmp_path.iterdir()) == []


def test_no_question_without_a_terminal_is_usage(spanwise, sample_index, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    ran = spanwise("ask", "--index", sample_index)
    assert ran.code == 2
    assert "expected a question, found none" in ran.err


def test_questions_from_a_file_give_one_line_each_in_order(spanwise, sample_index, tmp_path):
    file = tmp_path / "questions.txt"
    file.write_text(f"How tall is the mast?\n{'why ' * 2000}\n\nWhat did the lightning hit?\n", encoding="utf-8")
    ran = spanwise("ask", "--questions", file, *FEW, "--index", sample_index, "--json")
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 1
    assert [line["query"].strip()[:8] for line in lines] == ["How tall", "why why ", "", "What did"]
    assert [line.keys() == {"query", "error"} for line in lines] == [False, True, True, False]


def test_only_a_line_feed_ends_a_question(spanwise, sample_index, tmp_path):
    file = tmp_path / "questions.txt"
    asked = ["How tall\u2028is the mast?", "How tall\fis\x85it?\rHow?", "How tall is it?"]
    file.write_bytes(f"{asked[0]}\r\n{asked[1]}\n{asked[2]}".encode())
    ran = spanwise("ask", "--questions", file, *FEW, "--index", sample_index, "--json")
    assert [json.loads(line)["query"] for line in ran.out.splitlines()] == asked


def test_questions_from_standard_input(spanwise, sample_index, monkeypatch):
    stdin = SimpleNamespace(buffer=io.BytesIO(b"How tall is the mast?\n"), isatty=lambda: False)
    monkeypatch.setattr(sys, "stdin", stdin)
    ran = spanwise("ask", "--questions", "-", *FEW, "--index", sample_index, "--json")
    assert ran.code == 0
    assert json.loads(ran.out)["answers"][0]["answer"].startswith("12 meters")


def test_questions_from_a_pipe_are_answered_as_they_come(sample_index):
    command = [
        sys.executable,
        "-m",
        "spanwise",
        "ask",
        "--questions",
        "-",
        *FEW,
        "--json",
        "--index",
        str(sample_index),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as process:
        for question in ("How tall is the mast?", "What did the lightning hit?"):
            process.stdin.write(f"{question}\n".encode())  # and the pipe stays open
            assert select.select([process.stdout], [], [], 120)[0]
            assert json.loads(process.stdout.readline())["query"] == question
        process.stdin.write(b"Who is the")
        process.stdin.close()
        assert json.loads(process.stdout.readline())["query"] == "Who is the"
    assert process.returncode == 0


def test_a_missing_file_of_questions_is_usage(spanwise, sample_index, tmp_path):
    ran = spanwise("ask", "--questions", tmp_path / "none.txt", *FEW, "--index", sample_index, "--json")
    assert (ran.code, "No such file" in ran.err) == (2, True)


def test_a_question_that_is_no_utf_8_fails_alone(spanwise, sample_index, tmp_path):
    file = tmp_path / "questions.txt"
    file.write_bytes(b"Who assists at night?\nbad \xff byte\nHow wide is the dome?\n")
    ran = spanwise("ask", "--questions", file, *FEW, "--index", sample_index, "--json")
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 1
    assert [line["query"] for line in lines] == ["Who assists at night?", "bad \ufffd byte", "How wide is the dome?"]
    assert "write it in UTF-8" in lines[1]["error"]
    assert all("answers" in line for line in (lines[0], lines[2]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--top-k", "0"], "top-k"),
        (["--threshold", "1.5"], "threshold"),
        (["--device", "tpu"], "expected a device of auto, cpu, cuda, mps"),
        (["--questions", "x"], "expected either a QUESTION or --questions"),
    ],
)
def test_bad_options_are_usage(spanwise, sample_index, options, message):
    ran = spanwise("ask", "Why?", "--index", sample_index, *options)
    assert ran.code == 2
    assert message in ran.err


def test_a_reader_that_does_not_exist_fails_in_one_line(spanwise, sample_index, tmp_path):
    ran = spanwise("ask", "Why?", "--index", sample_index, "--reader", tmp_path / "none")
    assert ran.code == 1
    assert "expected a model folder" in ran.err


def test_a_reranker_sorts_what_is_read(spanwise, sample_index, tiny_cross_encoder):
    command = ["ask", "How tall is the mast?", "--index", sample_index, "--json", "--explain", "--passages", "4"]
    plain = json.loads(spanwise(*command).out)["passages"]
    ran = spanwise(*command, "--reranker", tiny_cross_encoder)
    passages = json.loads(ran.out)["passages"]
    scores = [passage["retrieval_score"] for passage in passages]
    assert scores == sorted(scores, reverse=True)
    assert [passage["start"] for passage in passages] != [passage["start"] for passage in plain]
    result = json.loads(ran.out)
    assert (result["calibrated"], "no reranker" in result["calibration_note"]) == (False, True)


def test_a_second_reader_decides(spanwise, sample_index):
    command = ["ask", "How tall is the mast?", "--index", sample_index, "--json", "--passages", "5"]
    alone = json.loads(spanwise(*command).out)
    both = json.loads(spanwise(*command, "--second-reader", "default").out)
    assert both["answers"] == alone["answers"]  # the same reader again, and of five passages five are read again
    assert both["calibrated"] is False
    assert "no second reader" in both["calibration_note"]


def test_a_second_reader_that_is_not_there(spanwise, sample_index, tmp_path):
    ran = spanwise("ask", "How tall is the mast?", "--index", sample_index, "--second-reader", tmp_path / "none")
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert "expected a model folder" in ran.err


def test_a_reranker_that_is_not_there(spanwise, sample_index):
    ran = spanwise("ask", "How tall is the mast?", "--index", sample_index, "--reranker", "no/such")
    assert (ran.code, ran.out) == (1, "")
    assert "expected a cross-encoder named 'no/such', found none" in ran.err
    assert ran.err.count("\n") == 1
