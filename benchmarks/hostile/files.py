"""
What becomes of hostile files: each is indexed beside a good one, and a line says what happened, how long and how much.

    python -m benchmarks.hostile.files [--only NAME] [--out benchmarks/hostile/files.md]
"""

import sys
from pathlib import Path

from benchmarks.hostile.generators import hostile_files
from benchmarks.hostile.watched.run import Row, report, run

GOOD = "The harbor master of Lindau keeps the keys of the old lighthouse in a blue drawer.\n"
LONGEST = 300.0  # seconds; a file may take 60, and what it says is then embedded
FILES = hostile_files()


def judge(name: str, work: Path) -> Row:
    """Index a file beside a good one."""
    documents = work / "documents"
    documents.mkdir()
    (documents / name).write_bytes(FILES[name]())
    (documents / "zzz_good.txt").write_text(GOOD, encoding="utf-8")
    command = [sys.executable, "-m", "spanwise", "index", documents, "--index", work / "index"]
    ran = run(command, work, longest=LONGEST, outside=documents)
    skipped = [line for line in ran.text.splitlines() if line.startswith("skipped ")]
    if ran.fault:
        found = ran.fault
    elif "1 added" in ran.text and len(skipped) == 1 and name in skipped[0]:
        found = f"ok, {skipped[0]}"
    elif "2 added" in ran.text and not skipped:
        found = "ok, indexed"
    else:
        found = f"LOST the good file: {ran.text[-300:]!r}"
    return Row(name, found, ran)


if __name__ == "__main__":
    report("Files from strangers", FILES, judge, __doc__ or "")
