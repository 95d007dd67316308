"""The folder for what is kept between two commands, such as the last answer."""

import os
import sys
from pathlib import Path


def state_folder() -> Path | None:
    """Return the folder for what is kept between two commands, as the system has it; None without a home."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.expanduser("~/AppData/Local")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Application Support")
    else:
        base = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return Path(base, "spanwise") if os.path.isabs(base) else None
