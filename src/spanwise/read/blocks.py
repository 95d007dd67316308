"""Where a text's blocks begin: paragraphs, headings, list items and table rows. An answer stands within one of them."""

import re

_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")
# A line of these belongs with no other.
_ALONE = re.compile(
    r"""
    [ \t]* (?:
        \#{1,6} (?: [ \t] | $ )                    # a heading
      | \| | .* \S (?: [ ]\|[ ] | \t | [ ]{3,} ) \S # a row of cells: bars, tabs or columns between them
      | ([-=*_~+]) \1{2,} [ \t]* $                 # a rule, or what underlines a heading
      | `{3} | ~{3}                                # a fence around code
    )
    """,
    re.VERBOSE,
)
# A line of these begins what goes on in the lines below it.
_ITEM = re.compile(
    r"""
    [ \t]* (?:
        [-*+\u2013\u2014\u2022\u2023\u25aa\u25cb\u25cf\u25e6\u00b7] (?: [ \t] | $ )
      | \d{1,3} [.)] (?: [ \t] | $ )
      | \(? (?: \d{1,3} | [A-Za-z] | [ivx]{2,4} ) \) [ \t]
    )
    """,
    re.VERBOSE,
)
# After the end of a sentence: a numbered heading, or the number of a page or a heading alone.
_NUMBERED = re.compile(r"[ \t]* \d{1,4} (?:\.\d{1,3})* (?: [ \t]+ [^\W\d_a-z] [^.!?]* )? [ \t]* $", re.VERBOSE)
_SENTENCE_END = re.compile(r"[.!?:;\u2026\u3002\uff01\uff1f][\"')\]\u201d\u2019]* [ \t]* $", re.VERBOSE)
_BEGINS_ANEW = re.compile(r"[ \t]*[\"'(\u201c\u2018]?[^\W_a-z\u00df-\u00f6\u00f8-\u00ff]\S*")
ROOM = 0.85  # share of the longest line; a line that ends below it, though the next word had fitted, is no wrapped one


def block_starts(text: str) -> list[int]:
    """
    Find where blocks begin, the first one left out.

    Blank lines, headings, rows and rules end a block on both sides, a list item ends the one before it. So does the end
    of a line that had room for the next word, where that has a capital letter or is a number: headings and rows without
    marks, as PDF files have them.

    :returns: Ascending offsets of the beginnings of lines.
    """
    if "\n" not in text and "\r" not in text:
        return []
    lines = [(match.start(), match[0].rstrip()) for match in _LINE.finditer(text)]
    width = max(len(line) for _, line in lines)
    starts = []
    before, alone = lines[0][1], _stands_alone(lines[0][1])
    for start, line in lines[1:]:
        was_alone, alone = alone, _stands_alone(line)
        numbered = _NUMBERED.match(line) is not None and _SENTENCE_END.search(before) is not None
        if alone or was_alone or numbered or _ITEM.match(line) is not None or _had_room(before, line, width):
            starts.append(start)
        before, alone = line, alone or numbered
    return starts


def _stands_alone(line: str) -> bool:
    return not line or _ALONE.match(line) is not None


def _had_room(line: str, following: str, width: int) -> bool:
    """Tell whether a line was ended before it was full, and something begins behind it."""
    word = _BEGINS_ANEW.match(following)
    return word is not None and line[-1] not in ",;-\u2013" and len(line) + 1 + len(word[0].strip()) < ROOM * width
