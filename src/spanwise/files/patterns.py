"""Patterns on paths as in .gitignore: which files are meant."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from spanwise.errors import UsageError

EVERYTHING = "**"


@dataclass(frozen=True, slots=True)
class Patterns:
    """
    Which files of a folder are indexed.

    :param include: If given, only files that one of these matches.
    :param exclude: Files, and folders with all that is in them, that are left out.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def replaced_by(self, include: Sequence[str], exclude: Sequence[str]) -> "Patterns":
        """Return what holds when some are given anew; those of a kind that is not given stay, `**` clears both."""
        if EVERYTHING in include:
            return Patterns((), tuple(exclude))
        return Patterns(tuple(include) or self.include, tuple(exclude) or self.exclude)

    def match(self, file: str) -> bool:
        """Return whether a file is meant, given its path relative to the folder."""
        if self.include and not path_matcher(self.include)(file):
            return False
        folders = (file[: place + 1] for place, character in enumerate(file) if character == "/")
        return not self.exclude or not any(map(path_matcher(self.exclude), (file, *folders)))

    def leave_out(self, folder: str) -> bool:
        """Return whether nothing in a folder is meant, given its relative path without a slash at its end."""
        return bool(self.exclude) and path_matcher(self.exclude)(f"{folder}/")


@lru_cache(256)
def path_matcher(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    """
    Return a function that tells whether a path, with forward slashes, is matched as in .gitignore.

    >>> matches = path_matcher(("*.pdf", "reports/"))
    >>> [matches(path) for path in ("a/b.pdf", "2024/reports/x.txt", "reports.txt")]
    [True, True, False]

    :raises UsageError: If a pattern is empty, a comment, or malformed.
    """
    from pathspec import GitIgnoreSpec

    for pattern in patterns:
        if not is_pattern(pattern):
            remedy = "write \\# for a name that begins so" if pattern.startswith("#") else "such as *.pdf or drafts/"
            msg = f"expected a pattern as in .gitignore, found {pattern!r}; {remedy}"
            raise UsageError(msg)
    return GitIgnoreSpec.from_lines(patterns).match_file


def is_pattern(text: str) -> bool:
    """Return whether a text is one pattern that can match, and not empty, a comment or malformed."""
    from pathspec import GitIgnoreSpec

    try:
        found = [pattern.include for pattern in GitIgnoreSpec.from_lines([text]).patterns]
    except ValueError:
        return False
    return len(found) == 1 and found[0] is not None and "\n" not in text
