"""An index that somebody sent can be wrong, and can neither touch what is outside of it nor end the process."""

import subprocess
import sys
import time

import numpy as np
import pytest
from benchmarks.hostile.indexes import TAMPERED

from spanwise.errors import SpanwiseError
from spanwise.index import Index

NAMES = list(TAMPERED)
QUICK = [name for name in NAMES[::3] if name != "source text is a bomb"]
VECTOR = np.ones((1, 8), dtype=np.float32)


@pytest.fixture
def sent(index, make_change, tmp_path):
    index.apply(make_change({"a.txt": ["zebra one", "zebra two"], "b.txt": ["common"]}))
    index.close()
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "victim").write_text("mine")
    return index.path, outside


def used(folder):
    """Do all that the commands do; returns the messages of what is refused."""
    refused = []

    def attempt(work):
        began = time.perf_counter()
        try:
            work()
        except SpanwiseError as error:
            refused.append(str(error))
        assert time.perf_counter() - began < 60

    def ask(index):
        with index.pinned() as snapshot:
            hits = [*snapshot.search(VECTOR, 3)[0], *snapshot.lexical("zebra", 3)]
            sources = snapshot.sources_of(hit.passage for hit in hits)
            for hit in hits:
                passage = hit.passage
                assert sources[passage.file].text[passage.start : passage.end] == passage.text
                assert hit.score >= -1 or hit.score > 0

    def opened(work, **options):
        def run():
            with Index.open(folder, **options) as index:
                work(index)

        return run

    attempt(opened(ask))
    attempt(opened(lambda index: (index.summary(), index.embedder, index.splitter, index.root, index.files())))
    attempt(opened(lambda index: [index.source(file) for file in ("a.txt", "b.txt")]))
    attempt(opened(lambda index: index.examine(), check=False))
    attempt(opened(lambda index: index.compact(), writable=True))
    attempt(opened(lambda index: index.repair(), check=False, writable=True))
    return refused


def check(name, sent):
    folder, outside = sent
    TAMPERED[name](folder, outside)
    before = {file: file.read_bytes() for file in outside.rglob("*") if file.is_file()}
    for line in used(folder):
        assert "\n" not in line
        assert len(line) < 1000
    assert {file: file.read_bytes() for file in outside.rglob("*") if file.is_file()} == before
    notes = folder / "vectors" / "notes.txt"
    assert name != "leftover is somebody's" or notes.read_text() == "mine"


@pytest.mark.parametrize("name", QUICK)
def test_a_tampered_index_harms_nothing(name, sent):
    check(name, sent)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if name not in QUICK])
def test_every_other_tampered_index_harms_nothing(name, sent):
    check(name, sent)


def test_a_file_named_outside_is_refused_and_kept(sent):
    folder, outside = sent
    TAMPERED["segment named '../../outside/victim'"](folder, outside)
    refused = used(folder)
    assert any("names a vector file '../../outside/victim', which no commit writes" in line for line in refused)
    assert (outside / "victim").read_text() == "mine"


def test_a_lock_that_is_a_link_is_refused(sent):
    folder, outside = sent
    TAMPERED["lock is a link"](folder, outside)
    with pytest.raises(SpanwiseError, match=r"cannot be written \(.*is a link, which is not followed\)"):
        Index.open(folder, writable=True)
    assert (outside / "victim").read_text() == "mine"


@pytest.mark.parametrize("name", ["view for a table", "trigger", "trigger with a shadow's name", "virtual table"])
def test_definitions_that_no_index_has_are_refused(name, sent):
    TAMPERED[name](*sent)
    with pytest.raises(SpanwiseError, match="expected the tables of format 5 in its catalogue and nothing else"):
        Index.open(sent[0])


def test_a_vector_file_cut_short_under_a_process_is_an_error(sent):
    folder, _ = sent
    code = f"""
import os, numpy as np
from pathlib import Path
from spanwise.index import Index
from spanwise.errors import SpanwiseError
with Index.open({str(folder)!r}) as index:
    vector = np.ones((1, 8), dtype=np.float32)
    assert len(index.search(vector, 3)[0]) == 3
    os.truncate(next((Path({str(folder)!r}) / "vectors").iterdir()), 0)
    try:
        index.search(vector, 3)
    except SpanwiseError as error:
        print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "was cut short" in done.stdout
