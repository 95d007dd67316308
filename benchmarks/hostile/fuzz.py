"""
Look with hypothesis for files and indexes that end in anything but a result or one line.

    python -m benchmarks.hostile.fuzz --minutes 20 [--seed 0] [--work DIR] [--out benchmarks/hostile/fuzz.md]

Files are the sample documents and small ones of each kind, and parts of archives, changed by a few drawn edits. Indexes
have drawn values in a row of the catalogue or in an entry of the manifest, the checksums made right again. A round is
a process of its own, with its seed printed, that may take 4 GB of memory, and 20 s an example. The run goes on where it
was stopped if DIR is that of an earlier one; what was found lies there, with what makes it again.
"""

import argparse
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.harness import environment, markdown_table, publish
from benchmarks.hostile.generators import ODF, hostile_files, zipped
from benchmarks.hostile.indexes import setting, sql
from benchmarks.hostile.using import make_small_index, use
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from spanwise.convert import convert_file
from spanwise.errors import ConversionError
from spanwise.index.catalogue import checksums

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
LARGEST = 40_000  # bytes of a file to begin with
ROUND_S, EXAMPLE_S, EXAMPLES = 240.0, 20, 150
MEMORY = 4 << 30
TOKENS = (
    *(b"-1", b"0", b"99999999999", b"1e999", b"NaN", b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\r", b"\x0c", b"]]>"),
    *(b"<!--", b"&#xD800;", b"&a;", b'="', b"<w:p>", b"</w:p>", b"<a>", b"</a>", b"<table>", b"<td rowspan=9>"),
    *(b"stream\n", b"endobj", b"/Kids", b"<<", b">>", b"PK\x03\x04", b"From ", b"\n\n", b"---\n", b"|", b"# ", b"```"),
    *(b'"', b","),
)
NAMES = tuple(
    sorted({f"x.{suffix}" for suffix in ("txt", "md", "html", "csv", "tsv", "eml", "mbox", "ipynb", "rst", "1")})
)
EDIT = st.tuples(
    st.sampled_from(["insert", "delete", "repeat", "move", "overwrite"]),
    st.floats(0, 1, exclude_max=True),
    st.integers(1, 400),
    st.one_of(st.sampled_from(TOKENS), st.binary(min_size=1, max_size=8)),
)
VALUE = st.one_of(
    st.none(), st.integers(-(2**63), 2**63 - 1), st.floats(), st.text(max_size=40), st.binary(max_size=60),
    st.sampled_from([-1, 0, 1, 2**31, 2**62, "", "../x", "[]", "[0]", "[0, 5]", "{}", "null", "NaN", "\x1b[2J"]),
    st.just("a" * 9999),
)  # fmt: skip
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=10)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=6,
)
COLUMNS = [(table, column) for table, columns in checksums.COLUMNS.items() for column in columns]
KEYS = ("generation", "embedder", "splitter", "root", "dimension", "index_type", "unpurged", "other")
EMBEDDER_KEYS = ("name", "fingerprint", "dimension", "normalized", "max_tokens", "other")
ENTRY = st.one_of(
    st.tuples(st.sampled_from(KEYS), JSON),
    st.tuples(st.just("embedder"), st.dictionaries(st.sampled_from(EMBEDDER_KEYS), JSON, min_size=2)),
)


class TooSlowError(Exception):
    """An example took too long."""


def seed_files() -> dict[str, bytes]:
    """Return small files to begin with, by name."""
    files = {file.name: file.read_bytes() for file in sorted(SAMPLE.rglob("*")) if file.is_file()}
    files |= {name: make() for name, make in hostile_files().items() if name.startswith(("broken", "half", "boxes_60"))}
    body = '<text:h text:outline-level="2">Head</text:h><text:p>Hello <text:s text:c="3"/></text:p>'
    content = f"<office:document-content {ODF}><office:body><office:text>{body}</office:text></office:body>"
    files["x.odt"] = zipped({"content.xml": f"{content}</office:document-content>"})
    text = (
        b"# Title\n\nA line, and *another*.\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\nFrom: a@b\nSubject: c\n\n1. x\n2. y\n"
    )
    files |= dict.fromkeys(NAMES, text)
    files["x.ipynb"] = (
        b'{"cells":[{"cell_type":"code","source":["1+1"],"outputs":[],"metadata":{}}],"metadata":{},"nbformat":4}'
    )
    files["x.html"] = b"<title>t</title><h1>T</h1><ul><li>a<li>b</ul><table><tr><th>a<td>b</table><pre>x\ny</pre>"
    files["x.1"] = b".TH x 1\n.SH NAME\nx \\- y\n.TP\n.B a\nb\n"
    files["x.eml"] = (
        b"From: a@b\nSubject: c\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n"
        b"--b\nContent-Type: text/html\n\n<p>y\n--b--\n"
    )
    return {name: data for name, data in files.items() if 0 < len(data) <= LARGEST}


def edited(data: bytes, edits: list[tuple[str, float, int, bytes]]) -> bytes:
    """Return bytes after a few edits; of an archive one part is edited."""
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = {info.filename: archive.read(info) for info in archive.infolist() if not info.is_dir()}
        name = sorted(parts)[int(edits[0][1] * len(parts))]
        return zipped(parts | {name: _edited(parts[name], edits)})
    return _edited(data, edits)


def _edited(data: bytes, edits: list[tuple[str, float, int, bytes]]) -> bytes:
    for kind, place, length, token in edits:
        at = int(place * len(data))
        piece = data[at : at + length]
        if kind == "insert":
            data = data[:at] + token + data[at:]
        elif kind == "delete":
            data = data[:at] + data[at + length :]
        elif kind == "repeat":
            data = data[:at] + piece * 20 + data[at + length :]
        elif kind == "move":
            data = data[: at // 2] + piece + data[at // 2 : at] + data[at + length :]
        else:
            data = data[:at] + token + data[at + len(token) :]
    return data


def try_file(work: Path, name: str, data: bytes) -> None:
    """Convert a file; it has a text, or is refused."""
    file = work / name
    file.write_bytes(data)
    try:
        source = convert_file(file, name)
    except ConversionError as error:
        lines, source = str(error).count("\n"), None
    else:
        lines = 0
        source.text.encode()
    assert lines == 0
    assert source is None or list(source.page_starts or ()) == sorted(source.page_starts or ())


def try_index(work: Path, tamper: Callable[[Path, Path], object]) -> None:
    """Use a tampered copy of an index; nothing outside of it changes."""
    folder = work / "copy"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(work / "index", folder)
    tamper(folder, work)
    for line in use(folder):
        assert "\n" not in line
    assert (work / "victim").read_text() == "mine"


def convert_target(work: Path) -> Any:
    """Return the test of files."""
    files = seed_files()

    @given(st.sampled_from(sorted(files)), st.lists(EDIT, min_size=1, max_size=6))
    def check(name: str, edits: list[tuple[str, float, int, bytes]]) -> None:
        data = edited(files[name], edits)
        (work / "last.json").write_text(json.dumps({"name": name, "data": data.hex()}))
        _within(lambda: try_file(work, name, data))

    return check


def rows_target(work: Path) -> Any:
    """Return the test of values in the catalogue's rows."""

    @given(st.sampled_from(COLUMNS), VALUE)
    def check(place: tuple[str, str], value: Any) -> None:
        (work / "last.json").write_text(json.dumps({"place": place, "value": repr(value)}))
        _within(lambda: try_index(work, _lenient(sql(f"UPDATE {place[0]} SET {place[1]} = ?", values=(value,)))))

    return check


def manifest_target(work: Path) -> Any:
    """Return the test of entries of the manifest."""

    @given(ENTRY)
    def check(entry: tuple[str, Any]) -> None:
        (work / "last.json").write_text(json.dumps({"entry": repr(entry)}))
        _within(lambda: try_index(work, setting(*entry)))

    return check


TARGETS = {"convert": convert_target, "rows": rows_target, "manifest": manifest_target}
ORDER = ("convert", "rows", "convert", "manifest", "convert")  # the first is tried faster


def _lenient(tamper: Callable[[Path, Path], object]) -> Callable[[Path, Path], object]:
    """Return what tampers, or leaves the index as it is where SQLite itself refuses the value."""
    import sqlite3

    def attempt(folder: Path, outside: Path) -> None:
        try:
            tamper(folder, outside)
        except (sqlite3.IntegrityError, sqlite3.InterfaceError, UnicodeEncodeError):
            return

    return attempt


def _within(act: Callable[[], object]) -> None:
    """Do something in the time of an example."""

    def slow(*_: object) -> None:
        msg = f"more than {EXAMPLE_S} s"
        raise TooSlowError(msg)

    signal.signal(signal.SIGALRM, slow)
    signal.alarm(EXAMPLE_S)
    try:
        act()
    finally:
        signal.alarm(0)


def run_round(target: str, number: int, work: Path) -> None:
    """Try examples of one seed in this process."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    (work / "victim").write_text("mine")
    if target != "convert" and not (work / "index").exists():
        make_small_index(work / "index")
    options = settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],  # what is found is small, and making it smaller takes longer than a round has
        report_multiple_bugs=False,
    )
    seed(number)(options(TARGETS[target](work)))()


def run_for(minutes: float, first: int, work: Path) -> dict[str, Any]:
    """Run rounds, each in a process of its own; returns what was done, earlier runs in the same folder included."""
    file = work / "state.json"
    state = json.loads(file.read_text()) if file.exists() else {"round": 0, "seconds": 0.0, "rounds": {}, "found": []}
    until = time.monotonic() + 60 * minutes
    while time.monotonic() < until:
        target = ORDER[state["round"] % len(ORDER)]
        number = first + state["round"]
        print(f"{target}, seed {number}", flush=True)
        began = time.monotonic()
        with tempfile.TemporaryDirectory(dir=work) as scratch:
            command = [sys.executable, "-m", "benchmarks.hostile.fuzz", "--round", target, str(number), scratch]
            try:
                done = subprocess.run(command, capture_output=True, text=True, timeout=ROUND_S, check=False)
                code, said = done.returncode, done.stdout + done.stderr
            except subprocess.TimeoutExpired as error:
                code, said = -9, f"more than {ROUND_S} s: {(error.stderr or b'').decode()[-500:]}"
            last = Path(scratch, "last.json")
            hangs = last.exists() and time.time() - last.stat().st_mtime > 2 * EXAMPLE_S
            if code and (hangs or not said.startswith("more than")):
                example = last.read_text()[:20_000] if last.exists() else ""
                state["found"].append(
                    {"target": target, "seed": number, "code": code, "last": example, "said": said[-4000:]}
                )
                print(said[-1500:], flush=True)
        cut = said.startswith("more than") and not hangs
        state["cut"] = state.get("cut", 0) + cut
        print(f"{time.monotonic() - began:.0f} s{', cut short' if cut else ''}", flush=True)
        state["round"] += 1
        state["seconds"] += time.monotonic() - began
        state["rounds"][target] = state["rounds"].get(target, 0) + 1
        file.write_text(json.dumps(state, indent=1))
    return dict(state)


def main() -> None:
    """Run, print what was found, and exit with 1 if anything was."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=0, help="of the first round; the next has the next")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "spanwise-fuzz")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--round", nargs=3, metavar=("TARGET", "SEED", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.round:
        target, number, folder = arguments.round
        run_round(target, int(number), Path(folder))
        return
    arguments.work.mkdir(parents=True, exist_ok=True)
    os.environ["PYTHONHASHSEED"] = "0"
    state = run_for(arguments.minutes, arguments.seed, arguments.work)
    rows = [[target, str(rounds), str(EXAMPLES)] for target, rounds in sorted(state["rounds"].items())]
    found = [
        f"- {entry['target']}, seed {entry['seed']}: `{entry['said'].strip().splitlines()[-1]}`"
        for entry in state["found"]
    ]
    report = [
        f"Seeds {arguments.seed} to {arguments.seed + state['round'] - 1}, {state['seconds'] / 60:.1f} minutes.",
        "",
        markdown_table(["what", "rounds", "examples a round, at most"], rows),
        "",
        f"{len(found)} rounds found something; {state.get('cut', 0)} were cut short after {ROUND_S:.0f} s.",
        *found,
    ]
    publish("\n".join([*report, "", environment()]) + "\n", arguments.out)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
