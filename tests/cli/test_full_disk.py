"""Asking goes on from a disk that is full or read-only; what writes says what it needs, and what may not be read."""

import json
import os
import re
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from crash import die_at
from spanwise.errors import IndexStateError
from spanwise.index import Change, Index
from spanwise.index.catalogue import room

OPEN = ["unshare", "--map-root-user", "--mount", "sh", "-c"]
FILL = 'mount -t tmpfs -o size=8m none "$0" && cp -r "$1" "$0/index" && shift && '
FILL += '{ dd if=/dev/zero of="$0/fill" bs=4k 2> /dev/null; truncate -s "-$1" "$0/fill"; shift; exec "$@"; }'
READ_ONLY = (
    'mount -t tmpfs -o size=8m none "$0" && cp -r "$1" "$0/index" && mount -o remount,ro "$0" && shift && exec "$@"'
)
NO_WRITES = ["sh", "-c", 'ulimit -f 0; exec "$@"', "sh"]
NO_OVERRIDE = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
"""What keeps root from writing where the permissions say no."""

READ = [
    (["status"], "384 dimensions"),
    (["show", "note.txt"], "keys of the lighthouse"),
    (["ask", "Where are the keys?", "--passages", "2"], "blue drawer"),
]


def _can_mount(folder="/tmp"):
    command = [*OPEN, 'mount -t tmpfs none "$0"', folder]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


MOUNTS = _can_mount()
"""Whether a disk can be made here; elsewhere limits and permissions stand for it."""


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """An index of one file."""
    import spanwise

    folder = tmp_path_factory.mktemp("kept")
    (folder / "notes").mkdir()
    (folder / "notes" / "note.txt").write_text("The keys of the lighthouse lie in a blue drawer.\n")
    with spanwise.Corpus(folder / "index") as corpus:
        corpus.sync(folder / "notes")
    return folder / "index"


@pytest.fixture
def logged(kept, tmp_path):
    """The same with a last commit that is only in its log, as a process that was killed leaves it."""
    folder = tmp_path / "logged"
    shutil.copytree(kept, folder)
    die_at("after commit", partial(_touch, folder))
    (folder / "catalogue.sqlite-shm").unlink()
    assert (folder / "catalogue.sqlite-wal").stat().st_size > 0
    return folder


def _touch(folder):
    with Index.open(folder, writable=True) as index:
        index.apply(Change(removed=["none.txt"]))


def run(command, *before):
    words = [*before, sys.executable, "-m", "spanwise", *command]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def on_full_disk(command, index, disk, free="0"):
    """Run a command on a copy of an index that fills a disk, but for some bytes."""
    disk.mkdir()
    return run([*command, "--index", disk / "index"], *OPEN, FILL, disk, index, free)


def on_read_only_disk(command, index, disk):
    disk.mkdir()
    if MOUNTS:
        return run([*command, "--index", disk / "index"], *OPEN, READ_ONLY, disk, index)
    shutil.copytree(index, disk / "index")
    for folder in (disk / "index", disk / "index" / "vectors"):
        folder.chmod(0o555)
    return run([*command, "--index", disk / "index"], *(NO_OVERRIDE if os.geteuid() == 0 else ()))


@pytest.mark.parametrize(("command", "said"), READ, ids=["status", "show", "ask"])
@pytest.mark.parametrize("state", ["kept", "logged"])
def test_reading_works_where_no_byte_can_be_written(request, state, command, said):
    index = request.getfixturevalue(state)
    code, text = run([*command, "--index", index], *NO_WRITES)
    assert code == 0, text
    assert said in text


@pytest.mark.parametrize(("command", "said"), READ, ids=["status", "show", "ask"])
@pytest.mark.parametrize("state", ["kept", "logged"])
def test_reading_works_on_a_read_only_disk(request, state, command, said, tmp_path):
    code, text = on_read_only_disk(command, request.getfixturevalue(state), tmp_path / "disk")
    assert code == 0, text
    assert said in text


def test_the_last_commit_is_seen_where_it_is_only_in_the_log(logged, kept, tmp_path):
    code, text = on_read_only_disk(["status", "--json"], logged, tmp_path / "disk")
    assert code == 0, text
    with Index.open(kept) as index:
        assert json.loads(text)["generation"] == index.generation + 1


def test_processes_that_read_a_full_disk_take_turns(logged):
    command = [*NO_WRITES, sys.executable, "-m", "spanwise", "show", "note.txt", "--plain", "--index", logged]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert {process.communicate()[0] for process in started} == {"The keys of the lighthouse lie in a blue drawer.\n"}
    assert {process.returncode for process in started} == {0}


@pytest.mark.parametrize("place", ["index", "temporary"])
def test_compacting_says_how_much_it_needs_and_where(kept, tmp_path, monkeypatch, place):
    index = shutil.copytree(kept, tmp_path / "index")
    temporary = Path("/dev/shm") if Path("/dev/shm").is_dir() else tmp_path
    monkeypatch.setenv("SQLITE_TMPDIR", str(temporary))
    full = index if place == "index" or temporary == tmp_path else temporary
    really = shutil.disk_usage
    monkeypatch.setattr(
        room.shutil, "disk_usage", lambda path: really(path)._replace(**({"free": 1000} if path == full else {}))
    )

    def sizes():
        """Of all files but SQLite's own beside the catalogue, which a reader may leave."""
        return {file: file.stat().st_size for file in index.rglob("*") if not file.name.endswith("-shm")}

    before = sizes()
    found = rf"MB free on the disk of {full} for compacting the index in {index}, found 0.0 MB: nothing was changed"
    with Index.open(index, writable=True) as opened, pytest.raises(IndexStateError, match=found):
        opened.compact()
    assert sizes() == before


if MOUNTS:  # else no disk can be filled here

    @pytest.mark.parametrize(("command", "said"), READ, ids=["status", "show", "ask"])
    def test_reading_works_on_a_full_disk(kept, command, said, tmp_path):
        code, text = on_full_disk(command, kept, tmp_path / "disk")
        assert code == 0, text
        assert said in text

    @pytest.mark.parametrize("free", ["0", "70k"], ids=["full", "nearly full"])
    @pytest.mark.parametrize("command", [["compact"], ["doctor", "--repair"], ["index"]], ids=lambda words: words[0])
    def test_writing_to_a_full_disk_says_how_much_is_missing(kept, command, free, tmp_path):
        more = tmp_path / "more"
        more.mkdir()
        (more / "note.txt").write_text("".join(f"Line {number} is of no use to anybody. " for number in range(900)))
        words = [*command, *([more, "--root-moved"] if command == ["index"] else [])]
        code, text = on_full_disk(words, kept, tmp_path / "disk", free)
        if command[0] == "doctor" and free != "0":
            assert code == 0, text  # it had nothing to write
            return
        assert code == 1
        text = text.splitlines()[-1]  # after the progress
        assert re.search(rf"[0-9.]+ MB (free|needed).*{tmp_path / 'disk'}|{tmp_path / 'disk'}.*[0-9.]+ MB", text)
        assert "nothing was changed" in text


def test_folders_that_may_not_be_entered_are_named(tmp_path):
    folder, alone = tmp_path / "papers", tmp_path / "alone"
    for closed in (folder / "closed", alone):
        closed.mkdir(parents=True)
        (closed / "inside.txt").write_text("Nobody may read this.")
    (folder / "open.txt").write_text("The keys lie in a blue drawer.")
    (folder / "link").symlink_to(alone / "inside.txt")
    (folder / "closed").chmod(0)
    alone.chmod(0)
    before = NO_OVERRIDE if os.geteuid() == 0 else ()
    try:
        code, text = run(["index", folder, "--index", tmp_path / "i"], *before)
        assert (code, "closed/: cannot be read: Permission denied" in text) == (0, True), text
        for path in (folder / "closed" / "inside.txt", alone / "inside.txt"):
            code, text = run(["index", path, "--index", tmp_path / "i"], *before)
            assert (code, "found nothing; name a folder" in text, "Traceback" in text) == (1, True, False), text
        code, text = run(["status", "--index", tmp_path / "i"], *before)
        assert (code, "Traceback" in text) == (0, False), text
    finally:
        (folder / "closed").chmod(0o700)
        alone.chmod(0o700)
