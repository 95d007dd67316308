"""
Measure what converting a folder's files takes, now and by an earlier version.

    git worktree add ../earlier COMMIT
    python -m benchmarks.conversion.speed FOLDER --earlier ../earlier/src [--kinds pdf html docx txt] [--every 1]
        [--repeats 3] [--out FILE]

Both sides convert the same files in processes of their own, one after the other, and again. Of each file the fewest
seconds of the processor count (user and system, without imports). Files that one of the sides refuses are left out.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.harness import environment, markdown_table, publish

ROOT = Path(__file__).parents[2]
Seconds = dict[str, float | None]  # by the file's path; None for one that was refused


def convert_all(paths: list[str]) -> Seconds:
    """Return the seconds that each file takes."""
    from spanwise.convert import convert_file
    from spanwise.errors import ConversionError

    seconds: Seconds = {}
    for path in [*paths[:1], *paths]:  # the first one twice: it imports
        began = time.process_time()
        try:
            convert_file(Path(path), Path(path).name)
        except ConversionError:
            seconds[path] = None
        else:
            seconds[path] = time.process_time() - began
    return seconds


def run_apart(source: Path, paths: list[str]) -> Seconds:
    """
    Return the seconds that each file takes, in a process of its own.

    :param source: The folder that holds the package.
    """
    command = [sys.executable, "-m", "benchmarks.conversion.speed", "--child"]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(source.resolve()), str(ROOT)])}
    run = subprocess.run(command, input=json.dumps(paths), env=environ, stdout=subprocess.PIPE, text=True, check=True)
    found: Seconds = json.loads(run.stdout)
    return found


def fewest_seconds(paths: list[str], sides: dict[str, Path], repeats: int) -> dict[str, dict[str, float]]:
    """
    Return the fewest seconds that each file takes on each side, without those that a side refuses.

    :param sides: The folder that holds the package of each side.
    """
    runs: dict[str, list[Seconds]] = {side: [] for side in sides}
    for repeat in range(repeats):
        for side, source in sides.items():
            runs[side].append(run_apart(source, paths))
            print(f"{repeat + 1}/{repeats} {side}", file=sys.stderr, flush=True)
    read = [path for path in paths if all(run[path] is not None for side in runs.values() for run in side)]
    return {side: {path: min(run[path] or 0.0 for run in runs[side]) for path in read} for side in sides}


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--earlier", type=Path, help="the folder that holds the package of an earlier version")
    parser.add_argument("--kinds", nargs="+", default=["pdf", "html", "docx", "txt"])
    parser.add_argument("--every", type=int, default=1, help="measure every Nth file of a kind alone")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(convert_all(json.load(sys.stdin))))
        return
    if options.folder is None or options.earlier is None:
        parser.error("expected a folder of files and --earlier")
    sides = {"earlier": options.earlier, "now": ROOT / "src"}
    rows = []
    for kind in options.kinds:
        paths = sorted(map(str, options.folder.rglob(f"*.{kind}")))[:: options.every]
        if not paths:
            continue
        least = fewest_seconds(paths, sides, options.repeats)
        earlier, now = (sum(least[side].values()) for side in sides)
        rows.append([kind, str(len(least["now"])), f"{earlier:.2f}", f"{now:.2f}", f"{now / earlier:.2f}"])
    title = f"# Seconds of a processor to convert files, now and at commit {_commit_of(options.earlier)}"
    table = markdown_table(["", "files", "earlier", "now", "now / earlier"], rows)
    publish("\n\n".join([title, environment(), table]), options.out)


def _commit_of(folder: Path) -> str:
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--exclude=*"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() or "unknown"


if __name__ == "__main__":
    main()
