"""
The points at which a process may die: before and after each write, sync, rename, removal and commit.

Between two of them lies one such step, or none that others see.
"""

from collections.abc import Callable

observers: list[Callable[[str], None]] = []
"""Called with each point's name; empty but in tests, which end the process exactly there."""


def failpoint(name: str) -> None:
    """Mark the point `name` of the work that is done."""
    for observer in observers:
        observer(name)
