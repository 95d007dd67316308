"""How long work says how far it is."""

from collections.abc import Callable

ReportStep = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is, 0 if unknown."""

ReportCount = Callable[[int], None]
"""Called with how much was done since the last call."""
