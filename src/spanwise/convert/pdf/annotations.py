"""
What has been put on a PDF's pages: values of form fields, notes written on the page itself, stamps, signatures.

A page is PDFium's own, and so is the form of its document, which is None without one.
"""

from collections.abc import Iterator
from ctypes import c_int, create_string_buffer
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from spanwise.convert.pdf.lines.characters import Places
from spanwise.convert.pdf.lines.functions import as_wide, unchecked
from spanwise.convert.pdf.lines.layout import Box
from spanwise.convert.pdf.lines.raised import Edit

_MOST_NOTES = 5000  # annotations of one page
_MOST_OPTIONS = 1000  # of one list
_HIGH = 20.0  # points; what is higher has room for more than one line
_LINE = 8.0  # points from the lower side of such a field to the middle of its last line
_LONGEST_VALUE = 100_000  # bytes
_WRITTEN = {pdfium.FPDF_ANNOT_FREETEXT, pdfium.FPDF_ANNOT_WIDGET}


@dataclass(frozen=True, slots=True)
class Field:
    """
    A value and where it stands.

    :param label: The field's name for people; "" where it has none.
    """

    text: str
    label: str
    box: Box


def fields(form: Any, page: Any) -> Iterator[Field]:
    """Yield the filled fields and the free-text notes of a page."""
    is_set_up = False  # for its form, which takes a while
    for _, note in _annotations(page):
        text = label = ""
        kind = _kind(note)
        # Most are links, of which nothing else is asked.
        if kind not in _WRITTEN or pdfium.FPDFAnnot_GetFlags(note) & pdfium.FPDF_ANNOT_FLAG_HIDDEN:
            continue
        if kind == pdfium.FPDF_ANNOT_FREETEXT:
            text = _string(pdfium.FPDFAnnot_GetStringValue, note, b"Contents").strip()
        elif form is not None:
            if not is_set_up:
                pdfium.FORM_OnAfterLoadPage(page, form)
                is_set_up = True
            text = _value(form, note).strip()
            label = _string(pdfium.FPDFAnnot_GetFormFieldAlternateName, form, note).strip() if text else ""
        if text:
            yield Field(text, label, _box(note))
    if is_set_up:
        pdfium.FORM_OnBeforeClosePage(page, form)


def field_edits(places: Places, found: list[Field]) -> list[Edit]:
    """Return what puts each value behind the words to its left, else at the end of the text."""
    text, edits = places.text, list[Edit]()
    for field in sorted(found, key=lambda field: (-field.box.top, field.box.left)):
        # A label stands level with the middle of its field, or of a high one with the lower end.
        levels = [(field.box.top + field.box.bottom) / 2]
        if field.box.top - field.box.bottom > _HIGH:
            levels.append(field.box.bottom + _LINE)
        place = -1
        for step, level in product(range(2, 200, 6), levels):
            place = pdfium.FPDFText_GetCharIndexAtPos(places.page, field.box.left - step, level, 4.0, 6.0)
            if place >= 0:
                break
        words = " ".join(field.text.split())
        if 0 <= place < len(text):
            while place < len(text) and not text[place].isspace():
                place += 1
            edits.append((place, place, f" {words}"))
        else:
            line = f"\r\n{field.label}: {words}" if field.label else f"\r\n{words}"
            edits.append((len(text), len(text), line))
    return edits


def _value(form: Any, note: Any) -> str:
    kind = pdfium.FPDFAnnot_GetFormFieldType(form, note)
    if kind in {pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON}:
        return "\u2611" if pdfium.FPDFAnnot_IsChecked(form, note) else "\u2610"
    if kind in {pdfium.FPDF_FORMFIELD_LISTBOX, pdfium.FPDF_FORMFIELD_COMBOBOX}:
        names = _chosen(form, note, 1 if kind == pdfium.FPDF_FORMFIELD_COMBOBOX else _MOST_OPTIONS)
        return ", ".join(names) or _string(pdfium.FPDFAnnot_GetFormFieldValue, form, note)
    if kind == pdfium.FPDF_FORMFIELD_TEXTFIELD:
        is_password = pdfium.FPDFAnnot_GetFormFieldFlags(form, note) & 1 << 13
        return "" if is_password else _string(pdfium.FPDFAnnot_GetFormFieldValue, form, note)
    return ""


def _chosen(form: Any, note: Any, most: int) -> list[str]:
    """Return what a field shows of its chosen options; its value may hold other names for them, which nobody sees."""
    options = range(min(pdfium.FPDFAnnot_GetOptionCount(form, note), _MOST_OPTIONS))
    chosen = (at for at in options if pdfium.FPDFAnnot_IsOptionSelected(form, note, at))
    return [_string(pdfium.FPDFAnnot_GetOptionLabel, form, note, c_int(at)) for at in islice(chosen, most)]


def _string(get: Any, *arguments: Any) -> str:
    """Return what one of PDFium's calls writes as UTF-16 into a buffer; "" for what is too long."""
    length = get(*arguments, None, 0)
    if length > _LONGEST_VALUE:
        return ""
    buffer = create_string_buffer(length)
    get(*arguments, as_wide(buffer), length)
    return buffer.raw.decode("utf-16-le", "replace").removesuffix("\0").replace("\r", "\n")


def _box(note: Any) -> Box:
    rectangle = pdfium.FS_RECTF()
    pdfium.FPDFAnnot_GetRect(note, rectangle)
    return Box(rectangle.left, rectangle.top, rectangle.right, rectangle.bottom)


def stamps_page(document: pypdfium2.PdfDocument, index: int, page: Any) -> pypdfium2.PdfPage | None:
    """
    Return a page of nothing but another one's stamps and signatures, beside which PDFium reads no text.

    They become a part of the page when it is loaded again, and the other annotations are taken off it, both in memory.

    :param index: The place of the page in its document.
    :returns: None if it has none.
    """
    count = pdfium.FPDFPage_GetAnnotCount(page)
    stamps = {at for at, note in _annotations(page) if _is_stamp(document.formenv, note)}
    if not stamps or count > _MOST_NOTES:
        return None
    for at in reversed(range(count)):
        if at not in stamps:
            pdfium.FPDFPage_RemoveAnnot(page, at)
    if pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY) != pdfium.FLATTEN_SUCCESS:
        return None
    flattened = document[index]
    # The stamps come after what stood there before.
    for _ in range(pdfium.FPDFPage_CountObjects(page)):
        item = pdfium.FPDFPage_GetObject(flattened, 0)
        if pdfium.FPDFPage_RemoveObject(flattened, item):
            pdfium.FPDFPageObj_Destroy(item)
    return flattened


def _is_stamp(form: Any, note: Any) -> bool:
    """Return whether an annotation is a stamp, or a signature with room for what it shows."""
    kind, box = _kind(note), _box(note)
    if kind == pdfium.FPDF_ANNOT_WIDGET and form is not None:
        is_stamp = pdfium.FPDFAnnot_GetFormFieldType(form, note) == pdfium.FPDF_FORMFIELD_SIGNATURE
    else:
        is_stamp = kind == pdfium.FPDF_ANNOT_STAMP
    return bool(is_stamp and box.left != box.right and box.bottom != box.top)


def _annotations(page: Any) -> Iterator[tuple[int, Any]]:
    """Yield a page's annotations with their numbers; each is closed when the next one is opened."""
    get, close = map(unchecked, ("FPDFPage_GetAnnot", "FPDFPage_CloseAnnot"))
    for at in range(min(pdfium.FPDFPage_GetAnnotCount(page), _MOST_NOTES)):
        note = get(page, at)
        if note:
            try:
                yield at, note
            finally:
                close(note)


def _kind(note: Any) -> int:
    return int(unchecked("FPDFAnnot_GetSubtype")(note))
