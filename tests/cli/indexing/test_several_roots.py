import json
import re
import shlex
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[3] / "docs" / "indexing.md").read_text(encoding="utf-8")


def write(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"The port of {folder.name} {name} is 8443.", encoding="utf-8")
    return folder


@pytest.fixture
def index(tmp_path, tiny_embedder):
    return ("--index", tmp_path / "i", "--embedder", tiny_embedder)


def test_the_commands_of_the_page_work_in_their_order(spanwise, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "papers", "2024/a.txt", "drafts/b.txt", "minutes/c.txt", "d.log")
    write(tmp_path / "reports", "e.txt")
    write(tmp_path, "notes.pdf")
    (tmp_path / "notes.pdf").rename(tmp_path / "notes.txt")
    commands = re.findall(r"^\$ spanwise (.*?)(?: +#.*)?$", PAGE, re.MULTILINE)
    assert len(commands) > 10
    for command in commands:
        if "--watch" not in command and "://" not in command:  # stores have tests of their own
            ran = spanwise(*shlex.split(command.replace("notes.pdf", "notes.txt")))
            assert ran.code == 0, (command, ran.err)


def test_each_root_is_named_and_can_be_taken_out(spanwise, tmp_path, index):
    docs, other = write(tmp_path / "docs", "a.txt", "b.txt"), write(tmp_path / "x" / "docs", "a.txt")
    report = json.loads(spanwise("index", docs, other, *index, "--json").out)
    assert report["roots"] == [{"name": "docs", "path": str(docs)}, {"name": "docs-2", "path": str(other)}]
    assert report["added"] == ["docs/a.txt", "docs/b.txt", "docs-2/a.txt"]
    at = index[:2]
    status = json.loads(spanwise("status", *at, "--json").out)
    assert (status["root"], [root["name"] for root in status["roots"]]) == (None, ["docs", "docs-2"])
    files = json.loads(spanwise("files", "docs-2/", *at, "--json").out)["files"]
    assert [one["file"] for one in files] == ["docs-2/a.txt"]
    assert "docs-2" not in spanwise("show", "docs/a.txt", *at).out
    assert "The port of docs a.txt" in spanwise("show", str(other / "a.txt"), *at).out
    asked = json.loads(spanwise("ask", "Which port?", "--filter", "docs-2/", "--json", "--explain", *at).out)
    assert {passage["file"] for passage in asked["passages"]} == {"docs-2/a.txt"}
    found = json.loads(spanwise("search", "port", *at, "--json").out)
    assert {passage["file"] for passage in found["passages"]} == {"docs/a.txt", "docs/b.txt"}  # two are copies
    ran = spanwise("index", "--remove", "docs-2", *at)
    assert ran.out == f"Took docs-2 out of {index[1]}: 1 file.\n"
    assert "The port of docs a.txt" in spanwise("show", "a.txt", *at).out
    ran = spanwise("index", "--remove", "nothing", *at)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    ran = spanwise("index", docs, "--remove", "docs", *at)
    assert (ran.code, "expected --remove PATH without folders" in ran.err) == (2, True)


def test_what_is_taken_out_is_one_object(spanwise, tmp_path, index):
    spanwise("index", write(tmp_path / "docs", "a.txt"), write(tmp_path / "other", "b.txt"), *index)
    found = json.loads(spanwise("index", "--remove", "docs", "--remove", "other", *index[:2], "--json").out)
    assert [(entry["root"], len(entry["removed"])) for entry in found["roots"]] == [("docs", 1), ("other", 1)]


def test_a_root_that_is_not_there_is_named_and_the_others_synced(spanwise, tmp_path, index):
    docs, other = write(tmp_path / "docs", "a.txt"), write(tmp_path / "other", "b.txt")
    spanwise("index", docs, other, *index)
    docs.rename(tmp_path / "away")
    write(other, "c.txt")
    ran = spanwise("index", *index[:2])
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert ran.err.startswith("not synced: docs: expected a folder that can be read at ")
    assert ran.out.startswith(f"Indexed 2 roots in {index[1]}: 1 added, 0 changed, 0 removed, 1 unchanged, 0 skipped.")
    ran = spanwise("status", *index[:2])
    assert f"not there: docs: expected a folder that can be read at {docs}" in ran.out
    moved = (tmp_path / "away").rename(tmp_path / "moved")
    ran = spanwise("index", moved, *index[:2])
    assert (ran.code, "--root-moved docs" in ran.err) == (1, True)
    for option in (["--root-moved", "docs"], ["--root-moved"]):
        ran = spanwise("index", moved, *index[:2], *option)
        assert (ran.code, ran.err) == (0, "")
    assert spanwise("index", *index[:2]).code == 0
    assert "docs/a.txt" in spanwise("files", *index[:2]).out


def test_a_name_that_is_also_a_path_takes_nothing_out(spanwise, tmp_path, index, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first, second = write(tmp_path / "x" / "docs", "a.txt"), write(tmp_path / "docs", "b.txt")
    spanwise("index", first, second, *index)
    ran = spanwise("index", "--remove", "docs", *index[:2])
    assert (ran.code, ran.out) == (2, "")
    assert f"docs means docs ({first}) and docs-2 ({second}); give the absolute path of one" in ran.err
    ran = spanwise("index", "--remove", second, "--remove", "nothing", *index[:2], "--json")
    assert (ran.code, ran.out, "expected a root of the index, found nothing" in ran.err) == (2, "", True)
    assert len(json.loads(spanwise("status", *index[:2], "--json").out)["roots"]) == 2
    ran = spanwise("show", "docs/a.txt", *index[:2])
    assert (ran.code, ran.err) == (0, "")
    write(second, "a.txt")
    spanwise("index", *index)
    ran = spanwise("show", "docs/a.txt", *index[:2])
    assert ran.err == f"This is {first / 'a.txt'}; the file here is docs-2/a.txt.\n"


def test_a_new_path_without_files_is_named_and_the_others_indexed(spanwise, tmp_path, index, monkeypatch):
    monkeypatch.chdir(write(tmp_path / "docs", "~$a.txt", "sub/a.txt"))
    (tmp_path / "docs" / "b.png").write_bytes(bytes(range(256)))
    (tmp_path / "docs" / "pictures").mkdir()
    (tmp_path / "docs" / "pictures" / "c.png").write_bytes(bytes(range(256)))
    for added in (["sub/a.txt", "~$a.txt"], []):
        ran = spanwise("index", "b.png", "pictures", "sub", "~$a.txt", *index, "--json")
        report = json.loads(ran.out)
        assert (ran.code, report["added"], report["skipped"]) == (0, added, [])
        assert [one["file"] for one in report["refused"]] == ["b.png", "pictures"]
        assert "nothing in" in report["refused"][0]["reason"]
        assert [root["name"] for root in report["roots"]] == ["sub", "~$a.txt"]
    ran = spanwise("index", "b.png", "pictures", *index)
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    ran = spanwise("index", "b.png", "pictures", "--index", tmp_path / "other")
    assert (ran.code, ran.err.count("\n"), (tmp_path / "other").exists()) == (1, 1, False)
    ran = spanwise("index", "b.png", "sub", *index)
    assert (ran.code, ran.err.startswith("not synced: b.png: nothing in ")) == (0, True)
    (tmp_path / "docs" / "sub").rename(tmp_path / "away")
    assert spanwise("index", *index).code == 1


def test_that_links_are_followed_is_shown_and_can_be_undone(spanwise, tmp_path, index):
    docs = write(tmp_path / "docs", "a.txt", "b.txt")
    write(tmp_path / "other", "c.txt")
    (docs / "c.txt").symlink_to(tmp_path / "other" / "c.txt")
    spanwise("index", docs, "--follow-links", *index)
    assert f"{docs} (with files that links lead to)" in spanwise("status", *index[:2]).out
    assert json.loads(spanwise("index", *index, "--json").out)["unchanged"] == 3
    ran = spanwise("index", "--no-follow-links", *index, "--json")
    assert (ran.code, json.loads(ran.out)["removed"]) == (0, ["c.txt"])
    assert not json.loads(spanwise("status", "--json", *index[:2]).out)["roots"][0]["follow_links"]
