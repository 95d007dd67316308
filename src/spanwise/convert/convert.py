"""One file to one source text."""

from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path

from spanwise.convert.extracted import Extracted
from spanwise.convert.files import read_bytes
from spanwise.convert.html import convert_html
from spanwise.convert.office import OFFICE_SUFFIXES, convert_office
from spanwise.convert.pdf import convert_pdf
from spanwise.convert.plain import convert_markdown, convert_plain
from spanwise.errors import ConversionError
from spanwise.types import SourceText

_CONVERTERS: dict[str, Callable[[bytes], Extracted]] = {
    **dict.fromkeys((".txt", ".text", ".log", ".rst"), convert_plain),
    **dict.fromkeys((".md", ".markdown"), convert_markdown),
    **dict.fromkeys((".html", ".htm", ".xhtml"), convert_html),
    ".pdf": convert_pdf,
}
SUPPORTED_SUFFIXES = frozenset(_CONVERTERS) | OFFICE_SUFFIXES
_DEEPEST = 3  # documents one inside the other, as mails in mails


def supported_suffixes() -> frozenset[str]:
    """Return the suffixes, in lower case, that can be converted here."""
    return SUPPORTED_SUFFIXES


def convert_file(path: Path, file: str, *, password: str | None = None) -> SourceText:
    r"""
    Return the text of a file; the format is told by the suffix, in any case.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "ports.md")
    ...     _ = path.write_text("# Ports\n\nIt listens on 8443.\n")
    ...     source = convert_file(path, "ports.md")
    >>> source.title, source.text[9:]
    ('Ports', 'It listens on 8443.\n')

    :param path: The file to read.
    :param file: The name that the source text gets, with forward slashes.
    :param password: Opens encrypted PDFs; others ignore it.
    :returns: The text with the SHA-256 of the file's bytes, and page offsets where the format has pages.
    :raises ConversionError: If the file cannot be read, is damaged, encrypted, of another kind, or holds no text.
    """
    convert = _converter(path.suffix.lower(), password)
    data = read_bytes(path)
    if not data:
        msg = "no text in it: the file is empty (0 bytes)"
        raise ConversionError(msg)
    extracted = convert(data)
    if not extracted.text or extracted.text.isspace():
        msg = "no text in it"
        raise ConversionError(msg)
    return SourceText(
        file=file,
        text=extracted.text,
        sha256=sha256(data).hexdigest(),
        title=extracted.title,
        page_starts=extracted.page_starts,
        page_labels=extracted.page_labels,
        parts=extracted.parts,
    )


def _converter(suffix: str, password: str | None, depth: int = 0) -> Callable[[bytes], Extracted]:
    if suffix == ".pdf":
        return lambda data: convert_pdf(data, password)
    if suffix in _CONVERTERS:
        return _CONVERTERS[suffix]
    if suffix not in OFFICE_SUFFIXES:
        msg = f"unsupported file type {suffix!r}" if suffix else "unsupported file type: its name has no suffix"
        raise ConversionError(msg)
    return lambda data: convert_office(data, suffix, partial(_convert_part, password, depth + 1))


def _convert_part(password: str | None, depth: int, data: bytes, name: str) -> Extracted:
    """Return the text of a document that stands in another one."""
    if depth > _DEEPEST:
        msg = f"more than {_DEEPEST} documents one inside the other"
        raise ConversionError(msg)
    return _converter(Path(name).suffix.lower(), password, depth)(data)
