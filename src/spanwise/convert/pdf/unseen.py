"""
What a PDF's page holds but does not show: text outside of it, and what stands on layers that are switched off.

The pages of a cut spread each hold all of it, and show their own half. A page is PDFium's own, not pypdfium2's, here
and in the other modules for a page.
"""

from collections.abc import Callable
from ctypes import byref, c_float, c_ulong, create_string_buffer
from typing import Any

import numpy as np
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

from spanwise.convert.pdf.lines.functions import as_wide

_TOLERANCE = 2.0  # points
_MOST_OBJECTS = 100_000  # of one page
_DEEPEST = 9  # forms one inside the other
_SAME = np.eye(3)


def remove_hidden(page: Any, hidden: frozenset[str]) -> None:
    """Take what stands on hidden layers off a page, in memory."""
    _remove(page, lambda item, _: bool(_layers(item) & hidden))


def is_cut(page: Any, found: NDArray[np.float64]) -> bool:
    """
    Return whether some of a page's words stand where it does not show them, and others where it does.

    :param found: The rectangles around its words. *Shape:* (n, 4), as a `Box`.
    """
    if not len(found):
        return False
    shown = _shown(page)
    left, top, right, bottom = found.T
    outside = (right < shown[0]) | (bottom > shown[1]) | (left > shown[2]) | (top < shown[3])
    return bool(outside.any() and not outside.all())


def remove_outside(page: Any) -> None:
    """Take text that stands wholly outside of what a page shows off it, in memory."""
    shown = _shown(page)
    _remove(page, lambda item, placed: _is_text_outside(item, placed, shown))


def _remove(page: Any, is_unseen: Callable[[Any, NDArray[np.float64]], bool]) -> None:
    """
    Take objects off a page and off the forms on it.

    :param is_unseen: Tells which, by the object and the matrix of the form that it stands in.
    """
    of_page = pdfium.FPDFPage_CountObjects, pdfium.FPDFPage_GetObject, pdfium.FPDFPage_RemoveObject
    of_form = pdfium.FPDFFormObj_CountObjects, pdfium.FPDFFormObj_GetObject, pdfium.FPDFFormObj_RemoveObject
    pending = [(page, 0, _SAME)]
    while pending:
        owner, depth, placed = pending.pop()
        count, get, remove = of_form if depth else of_page
        for item in [get(owner, at) for at in range(min(count(owner), _MOST_OBJECTS))]:
            if is_unseen(item, placed):
                remove(owner, item)
            elif pdfium.FPDFPageObj_GetType(item) == pdfium.FPDF_PAGEOBJ_FORM and depth < _DEEPEST:
                pending.append((item, depth + 1, _matrix(item) @ placed))


def _layers(item: Any) -> set[str]:
    """Return the names of the layers that a page's object is marked with."""
    found = set()
    for at in range(pdfium.FPDFPageObj_CountMarks(item)):
        mark = pdfium.FPDFPageObj_GetMark(item, at)
        length, buffer = c_ulong(), create_string_buffer(2000)
        pdfium.FPDFPageObjMark_GetParamStringValue(mark, b"Name", as_wide(buffer), len(buffer), byref(length))
        if 2 < length.value <= len(buffer):
            found.add(buffer.raw[: length.value - 2].decode("utf-16-le", "replace"))
    return found


def _shown(page: Any) -> tuple[float, float, float, float]:
    """Return the left, top, right and bottom of what a page shows, before it is turned, with some tolerance."""
    box = pdfium.FS_RECTF()
    pdfium.FPDF_GetPageBoundingBox(page, byref(box))
    return box.left - _TOLERANCE, box.top + _TOLERANCE, box.right + _TOLERANCE, box.bottom - _TOLERANCE


def _is_text_outside(item: Any, placed: NDArray[np.float64], shown: tuple[float, float, float, float]) -> bool:
    if pdfium.FPDFPageObj_GetType(item) != pdfium.FPDF_PAGEOBJ_TEXT:
        return False
    left, bottom, right, top = c_float(), c_float(), c_float(), c_float()
    if not pdfium.FPDFPageObj_GetBounds(item, left, bottom, right, top):
        return False
    corners = np.array([(x.value, y.value, 1) for x in (left, right) for y in (bottom, top)]) @ placed
    (x_first, y_first, _), (x_last, y_last, _) = corners.min(axis=0), corners.max(axis=0)
    return bool(x_last < shown[0] or y_first > shown[1] or x_first > shown[2] or y_last < shown[3])


def _matrix(form: Any) -> NDArray[np.float64]:
    """Return the matrix that takes rows (x, y, 1) from a form to what it stands on. *Shape:* (3, 3)."""
    found = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(form, byref(found)):
        return _SAME
    return np.array([(found.a, found.b, 0), (found.c, found.d, 0), (found.e, found.f, 1)])
