"""
The points at which a process may die: before and after each write, sync, rename, removal and commit.

Between two of them lies one such step, or none that others see.
"""


def reached(name: str) -> None:
    """Mark the point `name`; does nothing, and exists so that a test can end the process exactly there."""
