"""
Run a command, and write to a file how it ended and the kilobytes of its largest process.

    python launch.py FILE COMMAND...

Linux counts as a process's largest memory also what it had before the command replaced its copy of the process that
started it; this one is small, however large its own starter is.
"""

import os
import sys

_, file, *command = sys.argv
process = os.posix_spawnp(command[0], command, os.environ)
_, status, usage = os.wait4(process, 0)
with open(file, "w") as report:
    report.write(f"{status} {usage.ru_maxrss}")
