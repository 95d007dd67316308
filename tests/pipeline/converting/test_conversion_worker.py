import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from benchmarks.hostile.generators import hostile_files

from spanwise.convert.limits import Limits, parse_limits
from spanwise.errors import ConversionError, UsageError
from spanwise.pipeline.converting import ConversionWorker
from spanwise.pipeline.converting.messages import received_passages, received_source
from spanwise.runtime.tokenizer import load_tokenizer
from spanwise.split.splitter import Splitter, SplitterSettings

FILES = hostile_files()
QUICK = [
    "run_tab.txt",
    "run_feed.txt",
    "run_zwj.txt",
    "run_space.csv",
    "md_front.md",
    "md_toml.md",
    "quote_pairs.csv",
    "deep_a.html",
    "deep_math.html",
    "deep_dl.html",
    "sparse.html",
    "comments.html",
    "scripts.html",
    "lists.html",
    "headers.eml",
    "json.ipynb",
    "page.1",
    "bomb.txt.gz",
    "bomb.docx",
    "lies.docx",
    "bomb.xlsx",
    "lies.xlsx",
    "bomb.pptx",
    "lies.pptx",
    "many.odt",
    "bomb.epub",
    "level_9000.docx",
    "level_9999.docx",
    "boxes_5000.docx",
    "tables.docx",
    "far.xlsx",
    "digits.xlsx",
    "boxes.odt",
    "tables.odt",
    "spaces.odt",
    "page_count.pdf",
    "arrays.pdf",
    "numbers.pdf",
    "half.docx",
    "broken.doc",
    "broken.xls",
    "broken.msg",
    "boxes_60.docx",
    "run_space.txt",
    "deep_div.html",
    "boxes_tables.odt",
    "pages_loop.pdf",
]


@pytest.fixture(scope="module")
def splitter(tiny_embedder):
    return Splitter(load_tokenizer(Path(tiny_embedder)), SplitterSettings())


@pytest.fixture(scope="module")
def worker(splitter):
    with ConversionWorker(splitter, Limits(seconds=20)) as worker:
        yield worker


def written(folder, name, data):
    path = folder / name
    path.write_bytes(data)
    return path, name


def convert(worker, folder, name, data):
    path, name = written(folder, name, data)
    return worker.convert(path, name, size=len(data))


def survives(worker, folder, name, data):
    """Convert a file, whatever comes of it, and then a good one, for which the worker must be there."""
    reason = "converted"
    try:
        source, passages = convert(worker, folder, name, data)
        assert all(passage.stands_in(source) for passage in passages)
    except ConversionError as error:
        reason = str(error)
    assert reason.isprintable()
    assert reason
    source, passages = convert(worker, folder, "good.txt", b"The harbor master keeps the keys.")
    assert [passage.text for passage in passages] == [source.text]


@pytest.mark.parametrize("name", QUICK)
def test_a_hostile_file_harms_nothing_but_itself(worker, tmp_path, name):
    survives(worker, tmp_path, name, FILES[name]())


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in FILES if name not in QUICK])
def test_a_hostile_file_of_the_other_two_thirds_harms_nothing_but_itself(worker, tmp_path, name):
    survives(worker, tmp_path, name, FILES[name]())


def test_the_worker_gives_what_the_library_gives(splitter, worker, tmp_path):
    from spanwise.convert import convert_file

    text = "# Ports\n\n" + "It listens on port 8443, says J\u00fcrgen. \U0001f600 \n\n" * 200
    path, name = written(tmp_path, "ports.md", text.encode())
    source, passages = worker.convert(path, name, size=len(text))
    assert source == convert_file(path, name)
    assert passages == splitter.split(source)


@pytest.mark.skipif(sys.platform == "win32", reason="it has no signals to stop a process by")
def test_a_parser_that_dies_or_hangs_loses_its_file_only(splitter, tmp_path):
    data = b"x. " * 100_000
    path, name = written(tmp_path, "long.txt", data)
    with ConversionWorker(splitter, Limits(seconds=1)) as worker:
        for number, reason in ((signal.SIGSEGV, r"the parser crashed \(SIGSEGV\)"), (signal.SIGSTOP, "took over 1 s")):
            convert(worker, tmp_path, "good.txt", b"Good.")
            process = worker._process
            os.kill(process.pid, signal.SIGSTOP)
            if number != signal.SIGSTOP:
                threading.Timer(0.3, os.kill, (process.pid, number)).start()
                threading.Timer(0.4, os.kill, (process.pid, signal.SIGCONT)).start()
            with pytest.raises(ConversionError, match=reason):
                worker.convert(path, name, size=len(data))
            assert process.poll() is not None
        assert convert(worker, tmp_path, "good.txt", b"Good.")[0].text == "Good."


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no limit of a process's memory")
def test_a_file_that_needs_too_much_memory_says_so(splitter, tmp_path):
    with ConversionWorker(splitter, Limits(memory=700_000_000)) as worker:
        with pytest.raises(ConversionError, match=r"needs over 0.7 GB"):
            convert(worker, tmp_path, "much.txt", b"word " * 80_000_000)
        assert convert(worker, tmp_path, "good.txt", b"Good.")[0].text == "Good."


def test_the_process_ends_with_the_worker(splitter, tmp_path):
    worker = ConversionWorker(splitter)
    assert worker._process is None
    convert(worker, tmp_path, "good.txt", b"Good.")
    process = worker._process
    worker.close()
    assert process.poll() is not None


def test_the_process_loads_nothing_heavy():
    code = "import sys, spanwise.pipeline.converting.worker; print({'torch', 'haystack', 'numpy'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": 3}, {"text": "\ud800"}, {"sha256": "a" * 63}, {"title": 1}, {"page_starts": [1]},
        {"page_starts": [0, 99]}, {"page_starts": [0, True]}, {"page_labels": [1]}, {"parts": [[0, 99, "row", ""]]},
        {"parts": [[0, 1, "other", ""]]}, {"warning": None}, {"wants_ocr": None},
        {"parts": [[0, 1, "row", "-1"]]}, {"parts": 1}, {"passages": [[0, 99]]}, {"passages": [[2, 1]]},
        {"passages": [[1, 2], [0, 1]]}, {"passages": [[0.0, 1]]}, {"passages": {"a": 1}},
    ],
)  # fmt: skip
def test_a_reply_that_no_parser_gives_is_refused(wrong):
    right = {"text": "Good.", "sha256": "a" * 64, "title": None, "page_starts": None, "page_labels": None,
             "has_lines": True, "warning": "", "wants_ocr": False, "parts": [], "passages": [[0, 5]]}  # fmt: skip
    assert received_passages(right, received_source(right, "a"))[0].text == "Good."
    with pytest.raises(ConversionError, match="the parser failed"):
        received_passages(right | wrong, received_source(right | wrong, "a"))


@pytest.mark.parametrize("given", ["seconds", "seconds=", "seconds=-1", "seconds=0", "other=1", "memory=1x", "=1"])
def test_a_limit_that_is_none_is_refused(given):
    with pytest.raises(UsageError, match="expected a limit"):
        parse_limits([given])


@pytest.mark.parametrize(
    ("limits", "name", "data", "reason"),
    [
        (Limits(file_bytes=10), "a.txt", b"x" * 11, r"has 11 bytes, over the limit of 10; .*--limit file_bytes"),
        (Limits(characters=10), "a.txt", b"x" * 11, r"11 characters .*--limit characters"),
        (Limits(unpacked_bytes=10**6), "bomb.docx", None, r"unpack to .*--limit unpacked_bytes"),
        (Limits(), "bomb.docx", None, r"times its size.*--limit ratio"),
        (Limits(), "lies.odt", None, r"times its size.*--limit ratio"),
        (Limits(), "bomb.txt.gz", None, r"times its size.*--limit ratio"),
        (Limits(cells=10), "rows.csv", None, r"cells.*--limit cells"),
    ],
)
def test_each_limit_has_its_message(splitter, tmp_path, limits, name, data, reason):
    with ConversionWorker(splitter, limits) as worker, pytest.raises(ConversionError, match=reason):
        convert(worker, tmp_path, name, FILES[name]() if data is None else data)


@pytest.mark.skipif(sys.platform == "win32", reason="files are not sparse there by themselves")
def test_a_huge_file_is_refused_by_its_size_alone(worker, tmp_path):
    path = tmp_path / "big.txt"
    with path.open("wb") as file:
        file.truncate(200 << 30)
    began = time.monotonic()
    with pytest.raises(ConversionError, match="over the limit"):
        worker.convert(path, "big.txt", size=path.stat().st_size)
    with pytest.raises(ConversionError, match="over the limit"):
        worker.convert(path, "big.txt", size=1)  # it grew since it was listed
    assert time.monotonic() - began < 10
