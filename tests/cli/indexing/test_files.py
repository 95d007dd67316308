import json
import os
import time
from datetime import datetime

import pytest

from spanwise.pipeline.corpus import Corpus


def test_files_are_listed_with_size_time_and_passages(spanwise, sample_index, sample_folder):
    listed = json.loads(spanwise("files", "--json", "-i", sample_index).out)["files"]
    assert len(listed) == 18
    one = next(entry for entry in listed if entry["file"] == "weather-station.md")
    assert one["size"] == (sample_folder / "weather-station.md").stat().st_size
    assert one["passages"] > 1
    ran = spanwise("files", "*.pdf", "-i", sample_index)
    assert [line.split()[0] for line in ran.out.splitlines()[1:]] == [
        "manuals/sollinger-operating-manual.pdf",
        "reports/annual-report-2023.pdf",
    ]
    assert ran.err.startswith("2 files, ")


def test_the_time_of_a_change_is_shown(spanwise, tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a.txt").write_text("The pump is red.\n")
    os.utime(tmp_path / "d" / "a.txt", (1_700_000_000, 1_700_000_000))
    (tmp_path / "d" / "b.txt").write_text("The pump is blue.\n")
    soon = time.time() + 600  # however slow the machine is, it has only just changed when it is indexed
    os.utime(tmp_path / "d" / "b.txt", (soon, soon))
    (tmp_path / "d" / "c.jpg").write_bytes(b"\xff\xd8")
    with Corpus(tmp_path / "i") as corpus:
        corpus.sync(tmp_path / "d")
    first, second = json.loads(spanwise("files", "--json", "-i", tmp_path / "i").out)["files"]
    assert datetime.fromisoformat(first["changed"]).timestamp() == 1_700_000_000
    assert second["changed"] is None
    ran = spanwise("ask", "What is red?", "--since", "1d", "--json", "--explain", "-i", tmp_path / "i")
    assert {passage["file"] for passage in json.loads(ran.out)["passages"]} == {"b.txt"}
    assert (
        json.loads(spanwise("files", "--ignored", "--json", "-i", tmp_path / "i").out)["ignored"][0]["file"] == "c.jpg"
    )
    assert spanwise("files", "--ignored", "*.png", "-i", tmp_path / "i").out == ""


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--skipped", "--ignored"], 2, "expected either --skipped or --ignored"),
        (["*.docm"], 2, "expected a filter that a file of the index meets, found none; it holds 18 files"),
    ],
)
def test_what_cannot_be_listed_is_one_line(spanwise, sample_index, arguments, code, message):
    ran = spanwise("files", *arguments, "-i", sample_index)
    assert (ran.code, ran.out, ran.err.count("\n")) == (code, "", 1)
    assert message in ran.err
