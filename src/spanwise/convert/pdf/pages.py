"""The pages of a PDF, opened one after the other."""

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pypdfium2


def opened_pages(document: "pypdfium2.PdfDocument") -> Generator[Any, None, None]:
    """
    Yield PDFium's page for each page of a document, None for a damaged one. Each is closed when the next one is opened.

    pypdfium2's own pages take longer to make and to close than some pages to read.
    """
    import pypdfium2.raw as pdfium

    for index in range(len(document)):
        page = pdfium.FPDF_LoadPage(document, index)
        if not page:
            yield None
            continue
        try:
            yield page
        finally:
            pdfium.FPDF_ClosePage(page)
