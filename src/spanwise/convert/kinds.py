"""Which files are read, by their names."""

import re
from collections.abc import Sequence
from pathlib import PurePath

from spanwise.convert.office.office import OFFICE_SUFFIXES
from spanwise.errors import UsageError
from spanwise.files.names import MARKDOWN

HTML = frozenset({".html", ".htm", ".xhtml"})
TABLES = frozenset({".csv", ".tsv"})
TEXT = frozenset(
    {
        ".adoc", ".asciidoc", ".cfg", ".conf", ".ini", ".latex", ".log", ".nfo", ".org", ".rest", ".rst", ".tex",
        ".texi", ".texinfo", ".text", ".textile", ".toml", ".txt", ".yaml", ".yml",
    }
)  # fmt: skip
SUPPORTED_SUFFIXES = frozenset({".pdf", *MARKDOWN, *HTML, *TABLES, *TEXT, *OFFICE_SUFFIXES})
_PACKED = ".gz"
# README.Debian and LICENSE-2.0 are no files of kinds of their own.
_TEXT_NAME = re.compile(
    r"(?:authors|changelog|changes|contributing|contributors|copying|copyright|credits|faq|hacking|history|install|"
    r"licen[cs]e|maintainers|news|notice|readme|release[-_]?notes|thanks|todo|version)(?:[-_.][\w.-]*)?",
    re.IGNORECASE,
)
_BUILD_NAME = re.compile(r"(?:make|docker|container|vagrant|jenkins|rake|gem|proc|pip|brew|just)file", re.IGNORECASE)
_OTHER_SUFFIX = re.compile(
    r"\.(?:avif|bmp|bz2|c|class|cpp|css|dll|exe|gif|go|h|ico|jar|java|jpe?g|js|json|mp[34]|o|p[ly]|png|rb|rs|s[ho]|so|svg|"
    r"tar|tgz|tiff?|ts|webp|woff2?|xml|xz|zip|zst)",
    re.IGNORECASE,
)
_SECTION = re.compile(r"\.(?:[1-9][a-z]*|[ln])", re.IGNORECASE)  # of a manual page; and what logs are rotated to


def supported_suffixes() -> frozenset[str]:
    """Return the suffixes, in lower case, of the kinds of documents that are read."""
    return SUPPORTED_SUFFIXES


def suffixes_of(kind: str) -> tuple[str, ...]:
    """
    Return the suffixes of a kind of documents, in lower case.

    >>> suffixes_of("PDF"), suffixes_of("htm")
    (('.pdf', '.pdf.gz'), ('.htm', '.htm.gz', '.html', '.html.gz', '.xhtml', '.xhtml.gz'))

    :param kind: One of its suffixes, with or without a dot.
    :raises UsageError: If it cannot be one.
    """
    suffix = f".{kind.strip().lower().removeprefix('.')}"
    if not re.fullmatch(r"\.[\w.+-]+", suffix):
        msg = f"expected a kind of files such as pdf or html, found {kind!r}"
        raise UsageError(msg)
    alike = next((kinds for kinds in (MARKDOWN, HTML) if suffix in kinds), {suffix})
    return tuple(name + packed for name in sorted(alike) for packed in ("", _PACKED))


def unpacked_name(name: str) -> tuple[str, bool]:
    """Return a file's name without `.gz`, and whether it had it."""
    return (name[: -len(_PACKED)], True) if name.lower().endswith(_PACKED) else (name, False)


def is_manual_name(name: str) -> bool:
    """Return whether a name may be a manual page's: `git.1`, `printf.3posix`."""
    return _SECTION.fullmatch(PurePath(name).suffix) is not None


def has_own_kind(name: str) -> bool:
    """Return whether a name says by its suffix what the file is; if not, only its content tells text."""
    inner, _ = unpacked_name(name)
    return PurePath(inner).suffix.lower() in SUPPORTED_SUFFIXES or is_manual_name(inner)


def is_document(name: str, include: Sequence[str] = ()) -> bool:
    """
    Return whether a file is read because of its name.

    >>> [is_document(name) for name in ("a.pdf", "README", "git.1.gz", "notes.rst", "setup.py", "data.tar.gz")]
    [True, True, True, True, False, False]
    >>> is_document("setup.py", ["src/*.py"])
    True

    :param include: Patterns that files must match; source code and data are read where one of them ends in their
        suffix.
    """
    if has_own_kind(name):
        return True
    inner, _ = unpacked_name(name)
    suffix = PurePath(inner).suffix
    if any(unpacked_name(pattern)[0].lower().endswith((suffix or inner).lower()) for pattern in include):
        return True
    if suffix and not (_TEXT_NAME.fullmatch(inner) and _OTHER_SUFFIX.fullmatch(suffix) is None):
        return False
    return _BUILD_NAME.fullmatch(inner) is None
