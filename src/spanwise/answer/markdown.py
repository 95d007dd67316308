"""Keep Markdown's marks out of the ends of an answer."""

import re

from spanwise.text.markup import INLINE_TAG

MARK = re.compile(
    r"""
    ^[ \t]* (?: >[ \t]* | (?: \#{1,6} | [-*+] | \d{1,9}[.)] )[ \t]+ )+ (?:\[[ xX]\][ \t])?  # quotes, headings, lists
  | [ \t]+\#+[ \t]*$                                     # the end of a heading
  | ^[ \t]*(?:`{3,}|~{3,}).*$                             # code fences
  | ^[ \t]*\|?(?:[ \t]*:?-{3,}:?[ \t]*\|)+[ \t:-]*$       # the rule under a table's head
  | \|                                                    # cells
  | `+
  | \*{1,3} | ~~ | (?<!\w)_{1,3}(?=\w) | (?<=[\w.,;:!?)])_{1,3}(?!\w)
  | !?\[(?=[^\]\n]*\]\() | \]\((?:[^()\n]|\([^()\n]*\))*\)  # links and images: the brackets and the address
  | \[\^[\w-]+\]:?                                       # notes
  | <!--(?:(?!<!--).)*?-->
  | \\(?=[\\`*_{}\[\]()\#+\-.!|]) |
    """
    + INLINE_TAG,
    re.VERBOSE | re.MULTILINE,
)
WRAPPED = re.compile(r"(?<!\w)!?\[([^\[\]\n]+)\]\[[^\[\]\n]*\]|<(https?:[^<>\s]+)>")  # [text][name], <address>
PIECE = re.compile(r"</?[\w-]*>?|/?[\w-]*>|\[?\^[\w-]+\]?")  # of a tag or a note's mark
_REACH = 1000  # characters of a line that are looked at on either side
CODE = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)


def trim_marks(text: str, start: int, end: int) -> tuple[int, int]:
    """
    Move the ends of `text[start:end]` inwards past marks and whitespace.

    What stands between back quotes is taken literally. A stretch that is nothing but marks, such as an address, stays
    as it is; a piece of a tag or of a note's mark is no answer and becomes empty.

    :returns: The new start and end.
    """
    line_start = max(text.rfind("\n", 0, start) + 1, start - _REACH)
    line_end = text.find("\n", end)
    line_end = min(len(text) if line_end < 0 else line_end, end + _REACH)
    code = [match.span(2) for match in CODE.finditer(text, line_start, line_end)]
    marks = [match.span() for match in MARK.finditer(text, line_start, line_end)]
    for match in WRAPPED.finditer(text, line_start, line_end):
        low, high = match.span(match.lastindex or 0)
        marks += [(match.start(), low), (high, match.end())]
    marks = [mark for mark in marks if not any(low <= mark[0] < high for low, high in code)]
    return _shrink(text, start, end, marks)


def _shrink(text: str, start: int, end: int, marks: list[tuple[int, int]]) -> tuple[int, int]:
    low, high = start, end
    moved = True
    while moved and low < high:
        moved = False
        for begin, stop in marks:
            if begin <= low < stop:
                low, moved = stop, True
            if begin < high <= stop:
                high, moved = begin, True
        while low < high and text[low].isspace():
            low, moved = low + 1, True
        while low < high and text[high - 1].isspace():
            high, moved = high - 1, True
    if low >= high:
        return start, start if PIECE.fullmatch(text, start, end) else end
    return low, high
