"""The pages of a PDF, opened one after the other."""

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pypdfium2


def opened_pages(document: "pypdfium2.PdfDocument") -> Generator[Any, None, None]:
    """
    Yield PDFium's page for each page of a document, None for a damaged one. Each is closed when the next one is opened.

    pypdfium2's own pages take longer to make and to close than some pages to read.

    :param document: If it has a form, its environment has to be there.
    """
    import pypdfium2.raw as pdfium

    form = document.formenv
    for index in range(len(document)):
        page = pdfium.FPDF_LoadPage(document, index)
        if not page:
            yield None
            continue
        try:
            if form is not None:
                pdfium.FORM_OnAfterLoadPage(page, form)
            yield page
        finally:
            if form is not None:
                pdfium.FORM_OnBeforeClosePage(page, form)
            pdfium.FPDF_ClosePage(page)
