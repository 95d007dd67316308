"""
Put first on PYTHONPATH, notes in the file SPANWISE_GUARD what a process reaches for, and keeps it offline.

Noted are connections and names that are looked up, which are refused, and files that are written, renamed or removed
outside the folder SPANWISE_ALLOWED. Memory is limited, so that what asks for all there is harms no other process.
"""

import os
import sys

LOG = os.environ.get("SPANWISE_GUARD")
ALLOWED = os.path.realpath(os.environ.get("SPANWISE_ALLOWED", "")) + os.sep
MEMORY = 6_000_000_000
CHANGES = {"os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod"}
REQUESTS = {"socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC
writing = False


def note(line: str) -> None:
    """Append a line to the log."""
    global writing  # noqa: PLW0603  # the log is opened too
    writing = True
    try:
        with open(LOG or os.devnull, "a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(line.replace("\n", "\\n") + "\n")
    finally:
        writing = False


def is_outside(path: object) -> bool:
    """Whether a path is in none of the folders that may be written to."""
    if not isinstance(path, str | bytes):
        return False
    name = os.fsdecode(path)
    if name.startswith(("/dev/", "/proc/")) or "__pycache__" in name:
        return False
    return not (os.path.realpath(name) + os.sep).startswith(ALLOWED)


def watch(event: str, arguments: tuple[object, ...]) -> None:
    """Look at what is about to happen."""
    if writing:
        return
    if event in REQUESTS:
        local = event.startswith("socket.connect") and isinstance(arguments[1], str | bytes)  # a socket of this machine
        if not local:
            note(f"request {event} {arguments[-1]!r}")
            msg = "no network here"
            raise OSError(msg)
    elif event == "open":
        path, mode, flags = arguments
        changes = any(letter in mode for letter in "wax+") if isinstance(mode, str) else bool(int(flags or 0) & WRITES)
        if changes and is_outside(path):
            note(f"write {path!r}")
    elif event in CHANGES and any(is_outside(path) for path in arguments[:2]):
        note(f"change {event} {arguments[:2]!r}")


if LOG:
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    sys.addaudithook(watch)
