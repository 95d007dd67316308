"""PDF through PDFium: one text a physical page."""

import re
from contextlib import closing
from threading import Lock
from typing import TYPE_CHECKING

from spanwise.convert.extracted import Extracted, one_line
from spanwise.convert.hyphens import join_hyphenated
from spanwise.errors import ConversionError

if TYPE_CHECKING:
    import pypdfium2

_PDFIUM = Lock()  # PDFium is not thread-safe
# Some tokenizers delete form feeds; the line end keeps the words of two pages apart.
_PAGE_END = "\n\f"
_PASSWORD_ERROR = 4  # FPDF_ERR_PASSWORD in PDFium's fpdfview.h
_LINE_END = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_LEADERS = re.compile(r" ?\.(?: \.){3,} ?")  # the dots between a heading and its page in a table of contents
_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
_SYMBOL_BULLET = {0xF0B7: "\u2022"}  # the bullet of the Symbol font, in the private use area
_DROPPED = dict.fromkeys(
    [code for code in (*range(0x20), *range(0x7F, 0xA0), 0xAD, 0xFEFF, 0xFFFF) if code not in {0x09, 0x0A}]
)
_CLEANED = {**_DROPPED, **_LIGATURES, **_SYMBOL_BULLET, 0xA0: " "}
_NO_TITLE = re.compile(
    r"(?i)(?:untitled|no ?title|title|document|microsoft word\b.*|powerpoint presentation|slide 1)[ \d]*"
    r"|\S+\.(?:docx?|tex|dvi|indd|qxd|pdf|ps|pptx?|xlsx?|rtf|odt|html?|md)"
)


def convert_pdf(data: bytes, password: str | None = None) -> Extracted:
    """
    Return the text of a PDF's pages, each but the last ended by a form feed; one without text keeps its place.

    :param data: The file's bytes.
    :param password: Opens it if it is encrypted.
    :returns: The text; page n begins right after the form feed that ends page n - 1.
    :raises ConversionError: If it is damaged, encrypted with another password, or has no text on any page.
    """
    with _PDFIUM:
        pages, title = _read(data, password)
    pages = [page.translate(_CLEANED).strip("\n") for page in join_hyphenated(pages)]
    if not any(page.strip() for page in pages):
        msg = "no text: scanned images? Run it through OCR first"
        raise ConversionError(msg)
    starts = [0]
    for page in pages[:-1]:
        starts.append(starts[-1] + len(page) + len(_PAGE_END))
    return Extracted(_PAGE_END.join(pages), title=title, page_starts=tuple(starts))


def _read(data: bytes, password: str | None) -> tuple[list[str], str | None]:
    import pypdfium2

    try:
        with pypdfium2.PdfDocument(data, password=password) as document:
            pages = [_page_text(document, index) for index in range(len(document))]
            return pages, _title(document.get_metadata_value("Title"))
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == _PASSWORD_ERROR:
            given = "it needs a password" if password is None else "the password given is not its own"
            msg = f"encrypted PDF: {given}; index it with --password, or save a copy without one"
        else:
            msg = "damaged file or not a PDF"
        raise ConversionError(msg) from error


def _page_text(document: "pypdfium2.PdfDocument", index: int) -> str:
    import pypdfium2

    try:
        with closing(document[index]) as page, closing(page.get_textpage()) as text_page:
            text = text_page.get_text_bounded()
    except pypdfium2.PdfiumError:
        return ""  # one damaged page loses its own text only
    return _LEADERS.sub(" ... ", _LINE_END.sub("\n", text))


def _title(value: str) -> str | None:
    title = one_line(value.translate(_CLEANED))
    return None if title is None or _NO_TITLE.fullmatch(title) or not re.search(r"[^\W\d_]", title) else title
