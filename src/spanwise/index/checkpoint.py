"""The points of a commit at which a process may die."""


def reached(name: str) -> None:
    """Mark the point `name`; does nothing, and exists so that a test can end the process exactly there."""
