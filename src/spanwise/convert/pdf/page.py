"""The text of one page of a PDF."""

import re
from contextlib import closing
from typing import Any

from spanwise.convert.pdf.columns import Line, lines_in_columns
from spanwise.convert.pdf.fields import field_edits, fields
from spanwise.convert.pdf.layers import remove_hidden
from spanwise.convert.pdf.raised import Edit, Places, raised_edits
from spanwise.convert.pdf.spacing import spacing_edits

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
        if count > 0 and len(text) == count:
            places = Places(text_page)
            edits = raised_edits(places, text) + spacing_edits(text_page, text)
            if pdfium.FPDFPage_GetAnnotCount(page) > 0:
                edits += field_edits(text_page, text, list(fields(form, page)))
            lines = lines_in_columns(text_page, text, places) or [[(0, len(text))]]
            text = _edited(text, lines, sorted(edits, key=lambda edit: edit[:2]))
        elif pdfium.FPDFPage_GetAnnotCount(page) > 0:
            text = "\n".join([text, *(field.text for field in fields(form, page))])
        return _LEADERS.sub(" ... ", text) if ".." in text or ". ." in text else text


def _edited(text: str, lines: list[Line], edits: list[Edit]) -> str:
    """Return lines of pieces of a text, with what the edits put in it."""
    done: list[str] = []
    used: set[int] = set()
    for line in lines:
        written = ""
        for piece in line:
            if isinstance(piece, str):
                written += piece
                continue
            begin, end = piece
            # What an edit of another line has taken over is not written again.
            begin = max([begin, *(last for first, last, _ in edits if first < begin < last)])
            for at, (first, last, words) in enumerate(edits):
                if at not in used and begin <= first <= end:
                    written += text[begin:first] + words
                    begin = max(last, begin)
                    used.add(at)
            written += text[begin:end]
        if written:
            done.append(written)
    return "\n".join(done) + "".join(words for at, (_, _, words) in enumerate(edits) if at not in used)
