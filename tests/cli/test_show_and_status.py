import json

import pytest


def test_show_prints_the_source_text(spanwise, sample_index, sample_folder):
    ran = spanwise("show", "weather-station.md", "--index", sample_index)
    assert ran.out == (sample_folder / "weather-station.md").read_text(encoding="utf-8")


def test_show_prints_one_page(spanwise, sample_index):
    whole = spanwise("show", "manuals/sollinger-operating-manual.pdf", "--index", sample_index).out
    page = spanwise("show", "manuals/sollinger-operating-manual.pdf", "--page", "2", "--index", sample_index).out
    assert "95 seconds" in page
    assert page.strip() in whole
    assert len(page) < len(whole) / 2


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["no-such.txt"], 1, "no-such.txt"),
        (["weather-station.md", "--page", "1"], 2, "expected a file with pages"),
        (["manuals/sollinger-operating-manual.pdf", "--page", "99"], 2, "expected a page from 1 to 4"),
    ],
)
def test_show_refuses_what_is_not_there(spanwise, sample_index, arguments, code, message):
    ran = spanwise("show", *arguments, "--index", sample_index)
    assert ran.code == code
    assert message in ran.err
    assert ran.err.count("\n") == 1


def test_status_as_json(spanwise, sample_index, sample_folder):
    facts = json.loads(spanwise("status", "--index", sample_index, "--json").out)
    assert facts["files"] == 18
    assert facts["passages"] > facts["files"]
    assert facts["bytes"] > 0
    assert facts["root"] == str(sample_folder)
    assert facts["embedder"]["name"] == "sentence-transformers/all-MiniLM-L6-v2"


def test_status_as_text(spanwise, sample_index):
    ran = spanwise("status", "--index", sample_index)
    assert ran.code == 0
    assert "all-MiniLM-L6-v2, 384 dimensions" in ran.out


@pytest.mark.parametrize("command", [["show", "a.txt"], ["status"]])
def test_without_an_index_nothing_is_created(spanwise, tmp_path, command):
    ran = spanwise(*command, "--index", tmp_path / "none")
    assert ran.code == 1
    assert ran.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
