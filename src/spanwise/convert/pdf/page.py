"""The text of one page of a PDF."""

import re
from bisect import bisect_left, bisect_right
from itertools import accumulate
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spanwise.convert.pdf.annotations import Field, field_edits
from spanwise.convert.pdf.lines.accents import accent_edits
from spanwise.convert.pdf.lines.characters import Places, characters, opened
from spanwise.convert.pdf.lines.columns import Line, lines_in_columns
from spanwise.convert.pdf.lines.hyphens import hyphen_edits
from spanwise.convert.pdf.lines.layout import boxes
from spanwise.convert.pdf.lines.letters import join_letters
from spanwise.convert.pdf.lines.raised import Edit, raised_edits
from spanwise.convert.pdf.lines.spacing import spacing_edits
from spanwise.convert.pdf.unseen import is_cut, remove_hidden, remove_outside

_LEADERS = re.compile(r" ?\.(?: ?\.){3,} ?")  # the dots between a heading and its page in a table of contents


def page_text(page: Any, hidden: frozenset[str], notes: list[Field]) -> str:
    """
    Return a page's text, with PDFium's marks of divided words.

    :param page: PDFium's page; what stands on hidden layers is taken off it.
    :param notes: Its fields and notes that are filled in.
    :raises PdfiumError: If it cannot be read.
    """
    if hidden:
        remove_hidden(page, hidden)
    with opened(page) as text_page:
        found = boxes(text_page)
        text = None if is_cut(page, found) else _text(text_page, found, notes)
    if text is None:
        remove_outside(page)
        with opened(page) as text_page:
            text = _text(text_page, boxes(text_page), notes)
    has_leaders = (".." in text or ". ." in text) and "...." in text.replace(" .", ".")
    return _LEADERS.sub(" ... ", text) if has_leaders else text


def _text(text_page: Any, found: NDArray[np.float64], notes: list[Field]) -> str:
    """
    Return a page's text with what is edited in it.

    :param found: The rectangles around its words. *Shape:* (n, 4), as a `Box`.
    """
    text, has_places = characters(text_page)
    if has_places:
        places = Places(text_page, text)
        edits = join_letters(places) + accent_edits(places) + raised_edits(places)
        edits += spacing_edits(places) + hyphen_edits(places) + field_edits(places, notes)
        text, lines = places.text, lines_in_columns(places, found)
        if edits or lines:
            text = _edited(text, lines or [[(0, len(text))]], sorted(edits, key=itemgetter(0, 1)))
    elif notes:
        text = "\n".join([text, *(field.text for field in notes)])
    return text


def _edited(text: str, lines: list[Line], edits: list[Edit]) -> str:
    """
    Return lines of pieces of a text, with what the edits put in it.

    :param edits: In the order of their places.
    """
    firsts, used = [first for first, _, _ in edits], [False] * len(edits)
    # For each edit, up to where it and those before it have taken over the text.
    taken = list(accumulate((last for _, last, _ in edits), max, initial=0))
    done: list[str] = []
    for line in lines:
        written = ""
        goes_on = False
        for piece in line:
            if isinstance(piece, str):
                written += piece
                continue
            begin, end = piece
            # What an edit of another line has taken over is not written again: this line goes on where that one ends.
            taken_over = taken[bisect_left(firsts, begin)]
            is_taken = taken_over > begin or (taken_over == begin and text[begin - 2 : begin] == "\r\n")
            goes_on |= is_taken and not written
            begin = max(begin, taken_over)
            for at in range(bisect_left(firsts, begin), bisect_right(firsts, end)):
                first, last, words = edits[at]
                if begin <= first and not used[at]:
                    written += text[begin:first] + words
                    begin, used[at] = max(last, begin), True
            written += text[begin:end]
        if written and goes_on and done:
            done[-1] += written
        elif written:
            done.append(written)
    rest = "".join(words for (_, _, words), is_used in zip(edits, used, strict=True) if not is_used)
    return "\n".join(done) + rest
