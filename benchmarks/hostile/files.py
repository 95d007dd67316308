"""
What becomes of hostile files: each is indexed beside a good one, and a line says what happened, how long and how much.

    python -m benchmarks.hostile.files [--only NAME] [--out FILE]
"""

import argparse
import fnmatch
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.hostile.generators import hostile_files

GOOD = "The harbor master of Lindau keeps the keys of the old lighthouse in a blue drawer.\n"
COMMAND = [sys.executable, "-m", "spanwise", "index"]
LONGEST = 90.0  # seconds
FAULTS = ("Traceback", "Fatal", "panicked")


def outcome(name: str, data: bytes, folder: Path) -> tuple[str, float, int]:
    """
    Index a file beside a good one in a process of its own.

    :returns: What happened, which begins with "ok" where it should have; seconds; and bytes of the largest process.
    """
    documents = folder / "documents"
    documents.mkdir()
    (documents / name).write_bytes(data)
    (documents / "zzz_good.txt").write_text(GOOD, encoding="utf-8")
    began = time.monotonic()
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            [*COMMAND, str(documents), "--index", str(folder / "index")], stdout=said, stderr=said
        )
        peak, ended, status = 0, 0, 0
        while not ended and time.monotonic() - began < LONGEST:
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            peak = max(peak, usage.ru_maxrss * 1024) if ended else peak
            time.sleep(0.02)
    seconds = time.monotonic() - began
    if not ended:
        process.kill()
        return "HANGS", seconds, peak
    process.returncode = os.waitstatus_to_exitcode(status)
    text = (folder / "said").read_text(encoding="utf-8", errors="replace")
    if process.returncode or any(fault in text for fault in FAULTS):
        return f"FAILS with code {process.returncode}: {text[-300:]!r}", seconds, peak
    lines = [line for line in text.splitlines() if line.startswith("skipped ")]
    if ("1 added" in text and len(lines) == 1 and name in lines[0]) or ("2 added" in text and not lines):
        return "ok, " + (lines[0] if lines else "indexed"), seconds, peak
    return f"LOST the good file: {text[-300:]!r}", seconds, peak


def main() -> None:
    """Print a line for each file, and a count of those with which something went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="*", help="a glob of names")
    parser.add_argument("--out", type=Path, help="also write the lines here")
    arguments = parser.parse_args()
    lines, wrong = [], 0
    for name, make in hostile_files().items():
        if not fnmatch.fnmatch(name, arguments.only):
            continue
        with tempfile.TemporaryDirectory() as folder:
            data = make()
            found, seconds, peak = outcome(name, data, Path(folder))
        wrong += not found.startswith("ok")
        lines.append(f"{name:<24} {len(data):>10,} bytes {seconds:6.1f} s {peak / 1e6:7,.0f} MB  {found}")
        print(lines[-1], flush=True)
    lines.append(f"{len(lines)} files; {wrong} wrong")
    print(lines[-1])
    if arguments.out is not None:
        arguments.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
