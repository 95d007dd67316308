"""The text of one page of a PDF."""

import re
from contextlib import closing
from typing import Any

from spanwise.convert.pdf_columns import in_columns
from spanwise.convert.pdf_fields import fields, insert_fields
from spanwise.convert.pdf_layers import remove_hidden
from spanwise.convert.pdf_raised import with_raised

_LEADERS = re.compile(r" ?\.(?: ?\.){3,} ?")  # the dots between a heading and its page in a table of contents


def page_text(page: Any, form: Any, hidden: frozenset[str]) -> str:
    """
    Return a page's text, with PDFium's marks of divided words.

    :param page: A page of pypdfium2; what stands on hidden layers is taken off it.
    :param form: The document's form environment, or None for one without a form.
    :param hidden: The names of the layers that are switched off.
    """
    import pypdfium2.raw as pdfium

    if hidden:
        remove_hidden(page, hidden)
    with closing(page.get_textpage()) as text_page:
        count = text_page.count_chars()
        text = text_page.get_text_range() if count > 0 else ""
        # Only then is a character's place in the text the one that PDFium counts it at.
        if len(text) == count:
            plain = text
            found = list(fields(form, page)) if pdfium.FPDFPage_GetAnnotCount(page) > 0 else []
            if found:
                text = insert_fields(text_page, text, found)
            else:
                text = with_raised(text_page, text)
                if text == plain:
                    text = in_columns(text_page, text)
        return _LEADERS.sub(" ... ", text)
