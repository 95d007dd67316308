import json
import os

import pytest

from spanwise.cli.asking.show import _page_bounds
from spanwise.pipeline.corpus import Corpus
from spanwise.types import SourceText


def test_show_prints_the_source_text(spanwise, sample_index, sample_folder):
    ran = spanwise("show", "weather-station.md", "--plain", "--index", sample_index)
    assert ran.out == (sample_folder / "weather-station.md").read_text(encoding="utf-8")


def test_show_prints_one_page(spanwise, sample_index):
    file = "manuals/sollinger-operating-manual.pdf"
    whole = spanwise("show", file, "--plain", "--index", sample_index).out
    page = spanwise("show", file, "--page", "2", "--plain", "--index", sample_index).out
    assert "95 seconds" in page
    assert page.strip() in whole
    assert len(page) < len(whole) / 2


def test_a_page_begins_with_its_own_line():
    slides = SourceText("a.pptx", "One\n\nTwo\n\nThree", "", page_starts=(0, 3, 8))
    assert [_page_bounds(slides, "a.pptx", page) for page in (1, 2, 3)] == [(0, 3), (5, 8), (10, 15)]
    empty = SourceText("a.pdf", "One\f\n\n\fThree", "", page_starts=(0, 4, 7))
    assert _page_bounds(empty, "a.pdf", 2) == (6, 7)


def test_show_numbers_the_lines(spanwise, sample_index, sample_folder):
    lines = (sample_folder / "weather-station.md").read_text(encoding="utf-8").splitlines()
    ran = spanwise("show", "weather-station.md", "--lines", "3:5", "--index", sample_index)
    assert ran.out.splitlines() == [f"{number}  {lines[number - 1]}".rstrip() for number in (3, 4, 5)]
    whole = spanwise("show", "weather-station.md", "--index", sample_index).out.splitlines()
    assert [int(line.split()[0]) for line in whole] == list(range(1, len(lines) + 1))
    last = spanwise("show", "weather-station.md", "--lines", f"{len(lines)}:", "--index", sample_index).out
    assert last.rstrip() == whole[-1].strip()


def test_show_gives_the_lines_around_a_citation(spanwise, sample_index):
    text = spanwise("show", "weather-station.md", "--plain", "--index", sample_index).out
    start = text.index("12 meters")
    ran = spanwise("show", "weather-station.md", "--at", f"{start}:{start + 9}", "--index", sample_index)
    assert 1 < len(ran.out.splitlines()) <= 7
    assert "12 meters" in ran.out


def test_show_takes_paths_as_the_shell_completes_them(spanwise, sample_index, sample_folder, monkeypatch):
    cited = spanwise("show", "reports/annual-report-2023.pdf", "--index", sample_index).out
    monkeypatch.chdir(sample_folder / "reports")
    for path in (
        "annual-report-2023.pdf",
        "../reports/annual-report-2023.pdf",
        sample_folder / "reports/annual-report-2023.pdf",
    ):
        assert spanwise("show", path, "--index", sample_index).out == cited


def test_show_keeps_a_document_from_driving_the_terminal(spanwise, tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a\x1b[31m.txt").write_text("Red \x1b]0;title\x07 \x9b31m pump.\n")
    with Corpus(tmp_path / "i") as corpus:
        corpus.sync(tmp_path / "d")
    for command in (["show", "a\x1b[31m.txt"], ["files"], ["search", "pump"], ["ask", "What is red?", "-k", 5]):
        ran = spanwise(*command, "-i", tmp_path / "i")
        assert ran.code == 0
        assert not set(ran.out + ran.err) & {"\x1b", "\x07", "\x9b"}


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["no-such.txt"], 1, "no-such.txt"),
        (["~no-such-user/a.txt"], 1, "~no-such-user/a.txt"),
        (["/etc/passwd"], 1, "it holds 18 files, which `spanwise files` lists"),
        (["weather-station.md", "--page", "1"], 2, "expected a file with pages"),
        (["weather-station.md", "--lines", "5:3"], 2, "expected --lines A:B in ascending order, up to"),
        (["weather-station.md", "--lines", "9999"], 2, "expected --lines A:B in ascending order, up to"),
        (["weather-station.md", "--at", "x"], 2, "expected --at START:END as two numbers such as 10:20, found 'x'"),
        (["weather-station.md", "--at", "1:2", "--page", "1"], 2, "expected one of --page, --lines and --at"),
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
    assert facts["embedder"]["name"] == "spanwise/minilm-documents"


def test_status_as_text(spanwise, sample_index):
    ran = spanwise("status", "--index", sample_index)
    assert ran.code == 0
    assert "spanwise/minilm-documents, 384 dimensions" in ran.out


@pytest.mark.parametrize("command", [["show", "a.txt"], ["status"]])
def test_without_an_index_nothing_is_created(spanwise, tmp_path, command):
    ran = spanwise(*command, "--index", tmp_path / "none")
    assert ran.code == 1
    assert ran.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_not_utf8(spanwise, tmp_path, tiny_embedder, monkeypatch):
    name = os.fsdecode(b"caf\xe9.txt")
    try:
        (tmp_path / "d").mkdir()
        (tmp_path / "d" / name).write_text("The port is 8443.", encoding="utf-8")
    except OSError:
        pytest.skip("this file system has names in UTF-8 alone")
    at = ("--index", tmp_path / "i")
    assert spanwise("index", tmp_path / "d", *at, "--embedder", tiny_embedder).code == 0
    monkeypatch.chdir(tmp_path / "d")
    for given in (name, r"caf\xe9.txt", tmp_path / "d" / name):
        assert "The port is 8443." in spanwise("show", given, *at).out
    assert spanwise("show", os.fsdecode(b"\xe9"), *at).code == 1
    assert json.loads(spanwise("ask", "Which port?", *at, "--json").out)["stale"] == []
    (tmp_path / "d" / name).unlink()
    assert json.loads(spanwise("ask", "Which port?", *at, "--json").out)["stale"] == [r"caf\xe9.txt"]
