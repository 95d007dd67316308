"""PDF through PDFium: one text a physical page."""

import re
import time
from collections.abc import Generator, Sequence
from contextlib import closing
from itertools import accumulate
from logging import ERROR, getLogger
from typing import Any

import pypdfium2

from spanwise.convert.extracted import Extracted, is_untitled, one_line
from spanwise.convert.limits import limits
from spanwise.convert.pdf.annotations import fields, stamps_page
from spanwise.convert.pdf.fonts import install_blank_font
from spanwise.convert.pdf.lines.codes import cleaned, is_encoded, is_garbled, plain_lines, tex_characters
from spanwise.convert.pdf.lines.functions import PDFIUM
from spanwise.convert.pdf.lines.hyphens import join_hyphenated
from spanwise.convert.pdf.lines.letters import joined_columns
from spanwise.convert.pdf.objects import hidden_layers, may_hold, object_streams
from spanwise.convert.pdf.ocr import OCR_REMEDY, Ocr, Page, Unread, can_read, warning_of
from spanwise.convert.pdf.page import page_text
from spanwise.convert.pdf.running import running_parts
from spanwise.errors import ConversionError

# Some tokenizers delete form feeds; the line end keeps the words of two pages apart.
_PAGE_END = "\n\f"
_HEADER = b"%PDF-"
_LATEST_HEADER = 1000  # bytes; PDFium looks for it in the first 1024
_PASSWORD_ERROR, _SECURITY_ERROR = 4, 5  # FPDF_ERR_PASSWORD and FPDF_ERR_SECURITY in PDFium's fpdfview.h
_OCR_SHARE = 0.6  # of the time that the file may take; pages that are pictures are read for so long
_GARBLED = f"garbled text: its fonts do not say which characters they show. {OCR_REMEDY}"
_NO_TITLE = re.compile(
    r"(?i)(?:untitled|no ?title|title|document|microsoft word\b.*)[ \d]*"
    r"|\S+\.(?:docx?|tex|dvi|indd|qxd|pdf|ps|pptx?|xlsx?|rtf|odt|html?|md)"
)


def convert_pdf(data: bytes, password: str | None = None) -> Extracted:
    """
    Return the text of a PDF's pages, each but the last ended by a form feed; one without text keeps its place.

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
    reasons = [reason for _, reason in read]
    joined = join_hyphenated(tex_characters([text for text, _ in read]))
    pages = [joined_columns(cleaned(plain_lines(page)).strip("\n")) for page in joined]
    if not any(page.strip() for page in pages):
        raise ConversionError(_no_text(reasons))
    if is_garbled(pages):
        raise ConversionError(_GARBLED)
    starts = list(accumulate((len(page) + len(_PAGE_END) for page in pages[:-1]), initial=0))
    return Extracted(
        _PAGE_END.join(pages),
        title=title,
        page_starts=tuple(starts),
        page_labels=labels,
        parts=tuple(running_parts(pages, starts, labels)),
        warning=warning_of(reasons),
        wants_ocr=Unread.PICTURE in reasons or Unread.GARBLED in reasons,
    )


def _no_text(reasons: Sequence[Unread | None]) -> str:
    """Return why a document without text is refused."""
    if set(reasons) - {None} == {Unread.GARBLED}:
        return _GARBLED
    none = f"no text on any of its {len(reasons)} pages"
    if any(reason not in {None, Unread.PICTURE} for reason in reasons):
        return f"{none}: {warning_of(reasons)}"
    return f"{none}, nor did OCR find any" if can_read() else f"{none}: scanned images? {OCR_REMEDY}"


def _read(data: bytes, password: str | None) -> tuple[list[Page], tuple[str, ...] | None, str | None]:
    """Return the pages, their labels, and the title."""
    install_blank_font()
    try:
        with pypdfium2.PdfDocument(data, password=password) as document:
            if document.get_formtype() != pypdfium2.raw.FORMTYPE_NONE:
                # It warns of forms that are XML, whose values it reads nevertheless.
                getLogger("pypdfium2").setLevel(ERROR)
                document.init_forms()
            streams = list(object_streams(data))
            hidden = hidden_layers(data, streams)
            kinds = (b"/FreeText", b"/Stamp")
            has_notes = document.formenv is not None or any(may_hold(kind, data, streams) for kind in kinds)
            ocr = Ocr(time.monotonic() + _OCR_SHARE * limits().time_for(len(data)))
            with closing(_opened_pages(document)) as pages:
                read = [_page(document, index, page, hidden, ocr, has_notes) for index, page in enumerate(pages)]
            labels = [_label(document, index) for index in range(len(document))]
            counted = all(label in {"", str(number)} for number, label in enumerate(labels, 1))
            return read, None if counted else tuple(labels), _title(document.get_metadata_value("Title"))
    except pypdfium2.PdfiumError as error:
        # PDFium's code of the last error may be that of another file.
        code = getattr(error, "err_code", None) if b"/Encrypt" in data else None
        if code == _PASSWORD_ERROR:
            given = "it needs a password" if password is None else "the password given is not its own"
            msg = f"encrypted PDF: {given}; index it with --password, or save a copy without one"
        elif code == _SECURITY_ERROR:
            msg = "encrypted PDF: for a certificate, or in a way that is not supported; save a copy without encryption"
        else:
            msg = "damaged file or not a PDF"
        raise ConversionError(msg) from error


def _opened_pages(document: pypdfium2.PdfDocument) -> Generator[Any, None, None]:
    """
    Yield PDFium's page for each page of a document, None for a damaged one. Each is closed when the next one is opened.

    pypdfium2's own pages take longer to make and to close than some pages to read.
    """
    for index in range(len(document)):
        page = pypdfium2.raw.FPDF_LoadPage(document, index)
        if not page:
            yield None
            continue
        try:
            yield page
        finally:
            pypdfium2.raw.FPDF_ClosePage(page)


def _page(
    document: pypdfium2.PdfDocument, index: int, page: Any, hidden: frozenset[str], ocr: Ocr, has_notes: bool
) -> Page:
    """
    Return a page's text, or why it has none.

    :param page: PDFium's page; None for one that cannot be opened, which loses its own text only.
    :param has_notes: Whether any page may have fields, notes, stamps or signatures.
    """
    if page is None:
        return "", Unread.DAMAGED
    try:
        has_notes = has_notes and pypdfium2.raw.FPDFPage_GetAnnotCount(page) > 0
        notes = list(fields(document.formenv, page)) if has_notes else []
        stamps = _stamps(document, index, page, hidden) if has_notes else ""
        text, reason = page_text(page, hidden, notes), None
        has_codes = is_encoded(text)
        if has_codes or not text.strip():
            text, reason = ocr.read(document, index, page, has_codes=has_codes)
            stamps = "" if text else stamps  # OCR sees them
        return f"{text}\n{stamps}" if stamps else text, reason
    except pypdfium2.PdfiumError:
        return "", Unread.DAMAGED


def _stamps(document: pypdfium2.PdfDocument, index: int, page: Any, hidden: frozenset[str]) -> str:
    stamped = stamps_page(document, index, page)
    if stamped is None:
        return ""
    with closing(stamped):
        return page_text(stamped.raw, hidden, [])


def _label(document: pypdfium2.PdfDocument, index: int) -> str:
    try:
        return str(document.get_page_label(index)).strip()
    except Exception:  # labels that are not well formed
        return ""


def _title(value: str) -> str | None:
    title = one_line(cleaned(value))
    if title is None or is_untitled(title) or _NO_TITLE.fullmatch(title):
        return None
    return title if re.search(r"[^\W\d_]", title) else None
