"""`index --watch` in a process of its own, and `ask --sync`."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from older import record_root

LONGEST = 90


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "sky.txt").write_text("The color of the sky is blue.", encoding="utf-8")
    (folder / "sea.txt").write_text("The color of the sea is green.", encoding="utf-8")
    return folder


def reports(process, wanted):
    """Read reports until one says what is wanted."""
    ends, found = time.monotonic() + LONGEST, {"added": [], "changed": [], "removed": []}
    while time.monotonic() < ends:
        report = json.loads(process.stdout.readline())
        for name in found:
            found[name] += report[name]
        if all(set(files) <= set(found[name]) for name, files in wanted.items()):
            return
    raise AssertionError(found)


def test_it_goes_on_until_it_is_interrupted(folder, tmp_path, tiny_embedder, spanwise):
    notes = tmp_path / "notes.txt"
    notes.write_text("The color of the note is yellow.", encoding="utf-8")
    heeding = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    program = f"{heeding}; from spanwise.cli.main import main; main()"
    index = ["--index", str(tmp_path / "i")]
    command = [sys.executable, "-c", program, "index", str(folder), "~/notes.txt", *index, "--watch", "--json"]
    process = subprocess.Popen(
        [*command, "--embedder", str(tiny_embedder)],
        env={**os.environ, "HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        reports(process, {"added": ["papers/sky.txt", "papers/sea.txt", "notes.txt"]})
        while "Watching" not in process.stderr.readline():
            pass
        time.sleep(1)
        (folder / "sub").mkdir()
        (folder / "sub" / "sun.txt").write_text("The color of the sun is yellow.", encoding="utf-8")
        (folder / "sea.txt").write_text("The color of the sea is blue.", encoding="utf-8")
        reports(process, {"added": ["papers/sub/sun.txt"], "changed": ["papers/sea.txt"]})
        (folder / "sub" / "sun.txt").unlink()
        reports(process, {"removed": ["papers/sub/sun.txt"]})
        new = tmp_path / "new"
        new.write_text("The color of the note is pink.", encoding="utf-8")
        os.replace(new, notes)  # as editors save
        reports(process, {"changed": ["notes.txt"]})
        folder.rename(tmp_path / "away")
        time.sleep(4)
        (tmp_path / "away").rename(folder)
        (folder / "moon.txt").write_text("The color of the moon is white.", encoding="utf-8")
        reports(process, {"added": ["papers/moon.txt"]})
        time.sleep(3)
        (folder / "star.txt").write_text("The color of the star is red.", encoding="utf-8")
        reports(process, {"added": ["papers/star.txt"]})
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=LONGEST)
    finally:
        process.kill()
    assert (process.returncode, "Traceback" in err) == (0, False)
    assert "No longer watching" in err
    files = json.loads(spanwise("files", *index, "--json").out)["files"]
    assert {one["file"] for one in files} == {
        *(f"papers/{name}.txt" for name in ("sky", "sea", "moon", "star")),
        "notes.txt",
    }


def test_ask_syncs_first_and_says_what_is_stale(spanwise, folder, tmp_path, tiny_embedder):
    index = ("--index", tmp_path / "i")
    spanwise("index", folder, *index, "--embedder", tiny_embedder)
    (folder / "sky.txt").write_text("The color of the sky is grey today.", encoding="utf-8")
    ask = ("ask", "What is the color of the sky?", *index)
    assert "sky.txt" in json.loads(spanwise(*ask, "--json").out)["stale"]
    assert "Changed since: sky.txt." in spanwise(*ask).out
    status = spanwise("status", *index).out
    assert "changed: sky.txt\n`spanwise index` brings the index up to date." in status
    result = json.loads(spanwise(*ask, "--sync", "--json").out)
    assert result["stale"] == []
    assert any("grey today" in answer["context"] for answer in result["answers"])
    assert "Nothing has changed since it was indexed." in spanwise("status", *index).out
    folder.rename(tmp_path / "away")
    ran = spanwise(*ask, "--sync", "--json")
    assert ran.code == 0
    assert ran.err.startswith("not synced: expected a folder that can be read at ")
    assert set(json.loads(ran.out)["stale"]) >= {"sky.txt"}


def test_an_index_from_before_patterns_is_not_synced_by_itself(spanwise, folder, tmp_path, tiny_embedder):
    from spanwise.index.index import Index

    index = ("--index", tmp_path / "i")
    spanwise("index", folder, *index, "--embedder", tiny_embedder)
    with Index.open(tmp_path / "i", writable=True) as opened:
        record_root(opened, str(folder))  # as an index of before has it
    (folder / "moon.txt").write_text("The color of the moon is white.", encoding="utf-8")
    for command in (("ask", "What?", "--sync"), ("index", "--watch"), ("index",), ("index", folder, "--watch")):
        ran = spanwise(*command, *index)
        assert (ran.code, ran.err.count("\n")) == (1, 1)
        assert "--include '**' if it had none" in ran.err
    assert spanwise("index", folder, *index).code == 0
    assert spanwise("ask", "What?", "--sync", *index).code == 1
    assert spanwise("index", folder, "--include", "**", *index).code == 0
    assert spanwise("ask", "What?", "--sync", *index).code == 0
    assert spanwise("index", *index).code == 0


def test_what_cannot_be_read_is_said_once_while_watching(spanwise, folder, tmp_path, tiny_embedder, monkeypatch):
    def changes(*_):
        yield  # nothing has changed since the first sync
        (folder / "new.pdf").write_bytes(b"%PDF-1.4 nothing")
        yield
        (folder / "moon.txt").write_text("The color of the moon is white.", encoding="utf-8")
        yield
        raise KeyboardInterrupt

    monkeypatch.setattr("spanwise.pipeline.sync.watching.changes_in", changes)
    (folder / "old.pdf").write_bytes(b"%PDF-1.4 nothing")
    index = ("--index", tmp_path / "i", "--embedder", tiny_embedder)
    ran = spanwise("index", folder, *index, "--watch")
    assert ran.code == 0
    said = [line.split(":")[0] for line in ran.err.splitlines() if line.startswith("skipped")]
    assert said == ["skipped old.pdf", "skipped new.pdf"]
    assert [line.split(":")[1] for line in ran.out.splitlines() if line.startswith("Indexed")] == [
        " 2 added, 0 changed, 0 removed, 0 unchanged, 1 skipped.",
        " 0 added, 0 changed, 0 removed, 2 unchanged, 1 skipped.",
        " 1 added, 0 changed, 0 removed, 2 unchanged, 0 skipped.",
    ]
