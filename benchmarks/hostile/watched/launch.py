"""
Run a command, and write to a file how it ended and the kilobytes of its largest process.

    python launch.py FILE COMMAND...

Linux counts as a process's largest memory also what it had before the command replaced its copy of the process that
started it; this one is small, however large its own starter is.
"""

import os
import sys


def launch(report: str, *command: str) -> None:
    """Run a command, and say what became of it."""
    process = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(process, 0)
    with open(report, "w") as file:
        file.write(f"{status} {usage.ru_maxrss}")


if __name__ == "__main__":
    launch(*sys.argv[1:])
