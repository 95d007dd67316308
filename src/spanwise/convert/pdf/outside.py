"""Text that stands outside a PDF's page: the pages of a cut spread each hold all of it, and show their own half."""

from ctypes import byref, c_float
from typing import Any

import numpy as np
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

_TOLERANCE = 2.0  # points
_MOST_OBJECTS = 100_000  # of one page
_DEEPEST = 9  # forms one inside the other
_SAME = np.eye(3)


def is_cut(page: Any, found: NDArray[np.float64]) -> bool:
    """
    Return whether some of a page's words stand where it does not show them, and others where it does.

    :param page: PDFium's page.
    :param found: The rectangles around its words. *Shape:* (n, 4), as a `Box`.
    """
    if not len(found):
        return False
    shown = _shown(page)
    left, top, right, bottom = found.T
    outside = (right < shown[0]) | (bottom > shown[1]) | (left > shown[2]) | (top < shown[3])
    return bool(outside.any() and not outside.all())


def remove_outside(page: Any) -> None:
    """
    Take text that stands wholly outside of what a page shows off it, in memory.

    :param page: PDFium's page.
    """
    of_page = pdfium.FPDFPage_CountObjects, pdfium.FPDFPage_GetObject, pdfium.FPDFPage_RemoveObject
    of_form = pdfium.FPDFFormObj_CountObjects, pdfium.FPDFFormObj_GetObject, pdfium.FPDFFormObj_RemoveObject
    shown = _shown(page)
    pending = [(page, 0, _SAME)]
    while pending:
        owner, depth, placed = pending.pop()
        count, get, remove = of_form if depth else of_page
        for item in [get(owner, at) for at in range(min(count(owner), _MOST_OBJECTS))]:
            kind = pdfium.FPDFPageObj_GetType(item)
            if kind == pdfium.FPDF_PAGEOBJ_TEXT and _is_outside(item, placed, shown):
                remove(owner, item)
            elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth < _DEEPEST:
                pending.append((item, depth + 1, _matrix(item) @ placed))


def _shown(page: Any) -> tuple[float, float, float, float]:
    """Return the left, top, right and bottom of what a page shows, before it is turned, with some tolerance."""
    box = pdfium.FS_RECTF()
    pdfium.FPDF_GetPageBoundingBox(page, byref(box))
    return box.left - _TOLERANCE, box.top + _TOLERANCE, box.right + _TOLERANCE, box.bottom - _TOLERANCE


def _is_outside(item: Any, placed: NDArray[np.float64], shown: tuple[float, float, float, float]) -> bool:
    """Return whether an object stands outside; `placed` is the matrix of the form that it stands in."""
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
