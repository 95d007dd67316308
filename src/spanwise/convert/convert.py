"""One file to one source text."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from spanwise.convert.extracted import Extracted
from spanwise.convert.files import read_bytes, unpack_gzip
from spanwise.convert.kinds import HTML, SUPPORTED_SUFFIXES, TABLES, is_manual_name, unpacked_name
from spanwise.convert.limits import Limits, under
from spanwise.convert.office.office import OFFICE_SUFFIXES, convert_office
from spanwise.convert.text.manual import convert_manual, is_manual
from spanwise.convert.text.plain import convert_plain
from spanwise.convert.text.separated import convert_table
from spanwise.errors import ConversionError
from spanwise.text.visible import encodable
from spanwise.types import SourceText

_DEEPEST = 3  # documents one inside the other, as mails in mails


def convert_file(
    path: Path | str, file: str, *, password: str | None = None, limits: Limits | None = None
) -> SourceText:
    r"""
    Return the text of a file; the format is told by the suffix, in any case. Any other file is read as plain text.

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
    :param limits: How much of it is read; None for the usual limits. They bound sizes; time and memory are bounded
        where a file is converted in a process of its own, as an index does it.
    :returns: The text with the SHA-256 of the file's bytes, and page offsets where the format has pages.
    :raises ConversionError: If the file cannot be read, is damaged, encrypted, of another kind, or holds no text.
    """
    path, limits = Path(path), Limits() if limits is None else limits
    data = read_bytes(path, limits)
    if not data:
        msg = "no text in it: the file is empty (0 bytes)"
        raise ConversionError(msg)
    with under(limits):
        extracted = _convert(data, path.name, password)
    limits.check_text(len(extracted.text), len(data))
    if not extracted.text or extracted.text.isspace():
        msg = "no text in it"
        raise ConversionError(msg)
    return SourceText(
        file=file,
        text=encodable(extracted.text),
        sha256=sha256(data).hexdigest(),
        title=None if extracted.title is None else encodable(extracted.title),
        page_starts=extracted.page_starts,
        page_labels=None if extracted.page_labels is None else tuple(map(encodable, extracted.page_labels)),
        parts=tuple(
            part if part.value.isascii() else replace(part, value=encodable(part.value)) for part in extracted.parts
        ),
        has_lines=extracted.has_lines,
        warning=encodable(extracted.warning),
        wants_ocr=extracted.wants_ocr,
    )


def _convert(data: bytes, name: str, password: str | None, depth: int = 0) -> Extracted:
    if depth > _DEEPEST:
        msg = f"more than {_DEEPEST} documents one inside the other"
        raise ConversionError(msg)
    inner, is_packed = unpacked_name(name)
    if is_packed:
        data = unpack_gzip(data)
    suffix = Path(inner).suffix.lower()
    if suffix == ".pdf":
        from spanwise.convert.pdf.document import convert_pdf  # which loads numpy

        return convert_pdf(data, password)
    if suffix in HTML:
        from spanwise.convert.html.page import convert_html  # which loads turbohtml

        return convert_html(data)
    if suffix in TABLES:
        return convert_table(data, suffix)
    if suffix in OFFICE_SUFFIXES:
        return convert_office(data, suffix, lambda part, its_name: _convert(part, its_name, password, depth + 1))
    if is_manual_name(inner) and is_manual(data):
        return convert_manual(data)
    try:
        return convert_plain(data, suffix)
    except ConversionError as error:
        if not suffix or suffix in SUPPORTED_SUFFIXES:
            raise
        msg = f"unsupported file type {suffix!r}: {error}"
        raise ConversionError(msg) from None
