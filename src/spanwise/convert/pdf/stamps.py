"""What the stamps and signatures of a PDF's pages show: it stands beside a page, where PDFium reads no text."""

from contextlib import closing
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from spanwise.convert.pdf.page import page_text

_MOST_NOTES = 5000  # annotations of one page


def stamps_text(document: pypdfium2.PdfDocument, index: int, page: Any, hidden: frozenset[str]) -> str:
    """
    Return the text of a page's stamps and signatures.

    They become a part of the page when it is loaded again, and the other annotations are taken off it, both in memory.

    :param index: The place of the page in its document.
    :param page: PDFium's page.
    :param hidden: The names of the layers that are switched off.
    """
    count = pdfium.FPDFPage_GetAnnotCount(page)
    others = [at for at in range(min(count, _MOST_NOTES)) if not _is_stamp(document.formenv, page, at)]
    if len(others) == count or count > _MOST_NOTES:
        return ""
    for at in reversed(others):
        pdfium.FPDFPage_RemoveAnnot(page, at)
    if pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY) != pdfium.FLATTEN_SUCCESS:
        return ""
    with closing(document[index]) as flattened:
        # The stamps come after what stood there before.
        for _ in range(pdfium.FPDFPage_CountObjects(page)):
            item = pdfium.FPDFPage_GetObject(flattened, 0)
            if pdfium.FPDFPage_RemoveObject(flattened, item):
                pdfium.FPDFPageObj_Destroy(item)
        return page_text(flattened.raw, hidden, [])


def _is_stamp(form: Any, page: Any, at: int) -> bool:
    """Return whether an annotation is a stamp, or a signature with room for what it shows."""
    note = pdfium.FPDFPage_GetAnnot(page, at)
    if not note:
        return False
    try:
        kind, box = pdfium.FPDFAnnot_GetSubtype(note), pdfium.FS_RECTF()
        if kind == pdfium.FPDF_ANNOT_WIDGET and form is not None:
            is_stamp = pdfium.FPDFAnnot_GetFormFieldType(form, note) == pdfium.FPDF_FORMFIELD_SIGNATURE
        else:
            is_stamp = kind == pdfium.FPDF_ANNOT_STAMP
        pdfium.FPDFAnnot_GetRect(note, box)
        return bool(is_stamp and box.left != box.right and box.bottom != box.top)
    finally:
        pdfium.FPDFPage_CloseAnnot(note)
