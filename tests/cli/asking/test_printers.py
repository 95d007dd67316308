import csv
import io

from spanwise.pipeline.corpus import Corpus

FEW = ("--passages", "4")


def test_csv_names_files_as_they_are(spanwise, tmp_path, tiny_embedder):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "two  spaces.txt").write_text("The port is\n8443.", encoding="utf-8")
    spanwise("index", tmp_path / "d", "-i", tmp_path / "i", "--embedder", tiny_embedder)
    ran = spanwise("ask", "Which  port?", "-i", tmp_path / "i", "--format", "csv")
    first = next(csv.DictReader(io.StringIO(ran.out)))
    assert (first["query"], first["file"], first["context"]) == ("Which  port?", "two  spaces.txt", "The port is 8443.")


def test_csv_has_a_row_for_each_answer_and_each_failure(spanwise, sample_index, tmp_path):
    (tmp_path / "q.txt").write_text("How tall is the mast of the weather station?\n\n")
    ran = spanwise("ask", "--questions", tmp_path / "q.txt", "-k", 2, *FEW, "-i", sample_index, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert ran.code == 1
    assert [row["rank"] for row in rows] == ["1", "2", ""]
    assert (rows[0]["verdict"], rows[2]["verdict"]) == ("answer", "error")
    assert rows[0]["answer"] == "12 meters tall" or rows[0]["answer"].startswith("12 meters")
    assert "expected a question" in rows[2]["error"]


def test_markdown_takes_no_text_for_marks(spanwise, tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a.txt").write_text("The cable of the pump is *3.5* <b>mm</b> thick.\n")
    with Corpus(tmp_path / "i") as corpus:
        corpus.sync(tmp_path / "d")
    ran = spanwise(
        "ask", "How thick is the cable?", "-i", tmp_path / "i", "--format", "markdown", "--answer", "sentence"
    )
    assert ran.out.startswith("## How thick is the cable?\n")
    assert r"\*3.5\* \<b\>mm\</b\> thick." in ran.out
    assert "- a.txt, line 1" in ran.out
