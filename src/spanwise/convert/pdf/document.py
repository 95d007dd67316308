"""PDF through PDFium: one text a physical page."""

import re
import time
from contextlib import closing
from logging import ERROR, getLogger
from threading import Lock
from typing import TYPE_CHECKING

from spanwise.convert.extracted import Extracted, one_line
from spanwise.convert.limits import limits
from spanwise.convert.pdf.codes import cleaned, is_garbled, plain_lines, tex_characters
from spanwise.convert.pdf.hyphens import join_hyphenated
from spanwise.convert.pdf.layers import hidden_layers
from spanwise.convert.pdf.ocr import OCR_REMEDY, can_read, is_blank, is_picture, read_page
from spanwise.convert.pdf.page import page_text
from spanwise.convert.pdf.running import running_parts
from spanwise.convert.pdf.unread import Unread, warning_of
from spanwise.errors import ConversionError

if TYPE_CHECKING:
    import pypdfium2

PDFIUM = Lock()  # PDFium is not thread-safe
# Some tokenizers delete form feeds; the line end keeps the words of two pages apart.
_PAGE_END = "\n\f"
_HEADER = b"%PDF-"
_LATEST_HEADER = 1000  # bytes; PDFium looks for it in the first 1024
_PASSWORD_ERROR = 4  # FPDF_ERR_PASSWORD in PDFium's fpdfview.h
_OCR_SHARE = 0.6  # of the time that the file may take; pages that are pictures are read for so long
_NO_TITLE = re.compile(
    r"(?i)(?:untitled|no ?title|title|document|microsoft word\b.*|powerpoint presentation|slide 1)[ \d]*"
    r"|\S+\.(?:docx?|tex|dvi|indd|qxd|pdf|ps|pptx?|xlsx?|rtf|odt|html?|md)"
)


def convert_pdf(data: bytes, password: str | None = None) -> Extracted:
    """
    Return the text of a PDF's pages, each but the last ended by a form feed; one without text keeps its place.

    :param data: The file's bytes.
    :param password: Opens it if it is encrypted.
    :returns: The text; page n begins right after the form feed that ends page n - 1. Running headers and footers and
        tables of contents are parts that are left out of passages. A warning says which pages were not read.
    :raises ConversionError: If it is damaged, encrypted with another password, has no text on any page, or text whose
        characters stand for nothing known.
    """
    begin = data.find(_HEADER)
    if begin > _LATEST_HEADER:
        data = data[begin:]
    with PDFIUM:
        read, labels, title = _read(data, password)
    pages = [page if isinstance(page, str) else "" for page in read]
    pages = [cleaned(plain_lines(page)).strip("\n") for page in join_hyphenated(tex_characters(pages))]
    if not any(page.strip() for page in pages):
        raise ConversionError(_no_text(read))
    if is_garbled(pages):
        msg = f"garbled text: its fonts do not say which characters they show. {OCR_REMEDY}"
        raise ConversionError(msg)
    starts = [0]
    for page in pages[:-1]:
        starts.append(starts[-1] + len(page) + len(_PAGE_END))
    return Extracted(
        _PAGE_END.join(pages),
        title=title,
        page_starts=tuple(starts),
        page_labels=labels,
        parts=tuple(running_parts(pages, starts, labels)),
        warning=warning_of(read),
        wants_ocr=Unread.PICTURE in read,
    )


def _no_text(read: list[str | Unread]) -> str:
    """Return why a document without text is refused."""
    if Unread.DAMAGED in read or Unread.LATE in read:
        return f"no text on any of its {len(read)} pages: {warning_of(read)}"
    if can_read():
        return f"no text on any of its {len(read)} pages, nor did OCR find any"
    return f"no text on any of its {len(read)} pages: scanned images? {OCR_REMEDY}"


def _read(data: bytes, password: str | None) -> tuple[list[str | Unread], tuple[str, ...] | None, str | None]:
    import pypdfium2

    try:
        with pypdfium2.PdfDocument(data, password=password) as document:
            if document.get_formtype() != pypdfium2.raw.FORMTYPE_NONE:
                # It warns of forms that are XML, whose values it reads nevertheless.
                getLogger("pypdfium2").setLevel(ERROR)
                document.init_forms()
            hidden = hidden_layers(data)
            ends = time.monotonic() + _OCR_SHARE * limits().time_for(len(data))
            pages = [_page(document, index, hidden, ends) for index in range(len(document))]
            labels = [_label(document, index) for index in range(len(document))]
            counted = all(label in {"", str(number)} for number, label in enumerate(labels, 1))
            return pages, None if counted else tuple(labels), _title(document.get_metadata_value("Title"))
    except pypdfium2.PdfiumError as error:
        # PDFium's code of the last error may be that of another file.
        if getattr(error, "err_code", None) == _PASSWORD_ERROR and b"/Encrypt" in data:
            given = "it needs a password" if password is None else "the password given is not its own"
            msg = f"encrypted PDF: {given}; index it with --password, or save a copy without one"
        else:
            msg = "damaged file or not a PDF"
        raise ConversionError(msg) from error


def _page(document: "pypdfium2.PdfDocument", index: int, hidden: frozenset[str], ends: float) -> str | Unread:
    """
    Return a page's text, or why it could not be read.

    :param ends: The time from which pictures are read no more.
    """
    import pypdfium2

    try:
        with closing(document[index]) as page:
            text = page_text(page, document.formenv, hidden)
            if text.strip():
                return text
            if not can_read():
                return Unread.PICTURE if is_picture(page) else ""
            if is_blank(page):
                return ""
            return read_page(page) if time.monotonic() < ends else Unread.LATE
    except pypdfium2.PdfiumError:
        return Unread.DAMAGED  # it loses its own text only


def _label(document: "pypdfium2.PdfDocument", index: int) -> str:
    try:
        return str(document.get_page_label(index)).strip()
    except Exception:  # labels that are not well formed
        return ""


def _title(value: str) -> str | None:
    title = one_line(cleaned(value))
    return None if title is None or _NO_TITLE.fullmatch(title) or not re.search(r"[^\W\d_]", title) else title
