import json
import shutil
from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "papers"
    for name in ("a.txt", "b.md", "drafts/c.txt", "drafts/d.md"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"The name of this is {name}.", encoding="utf-8")
    return folder


def test_the_command_keeps_shows_and_clears_them(spanwise, folder, tmp_path, tiny_embedder):
    index = ("--index", tmp_path / "i")
    spanwise("index", folder, *index, "--embedder", tiny_embedder, "--include", "*.txt", "--include", "*.md")
    ran = spanwise("index", folder, *index, "--exclude", "drafts/")
    assert "taken out, since the patterns no longer match them: 2 files (drafts/c.txt, drafts/d.md).\n" in ran.out
    assert " 0 removed, 2 unchanged" in ran.out
    (root,) = json.loads(spanwise("status", *index, "--json").out)["roots"]
    assert (root["include"], root["exclude"]) == (["*.txt", "*.md"], ["drafts/"])
    assert "only *.txt, *.md; without drafts/" in spanwise("status", *index).out
    spanwise("index", folder, *index, "--include", "**")
    (root,) = json.loads(spanwise("status", *index, "--json").out)["roots"]
    assert (root["include"], root["exclude"]) == ([], [])
    ran = spanwise("index", folder, *index, "--exclude", "a[")
    assert (ran.code, ran.err.count("\n")) == (2, 1)


def test_an_index_from_before_patterns_has_none_that_are_known(spanwise, tmp_path):
    data = Path(__file__).parents[2] / "index/data/format3"
    shutil.copytree(data / "files", tmp_path / "old", copy_function=shutil.copy)
    papers = Path(shutil.copytree(data.parent / "papers", tmp_path / "papers"))
    index = ("--index", tmp_path / "old")
    ran = spanwise("index", papers, *index, "--root-moved")
    assert ran.code == 0
    assert "--include '**' if it had none" in ran.err
    (root,) = json.loads(spanwise("status", *index, "--json").out)["roots"]
    assert (root["include"], root["exclude"]) == (None, None)
    ran = spanwise("index", papers, *index, "--include", "**")
    assert ran.err == ""
    (root,) = json.loads(spanwise("status", *index, "--json").out)["roots"]
    assert (root["include"], root["exclude"]) == ([], [])
