"""Keep an answer from beginning or ending inside a name or number such as `read.table`, `--sign-off`, C++ or -5."""

from collections.abc import Collection
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import regex

# Characters of words, but for those of scripts that put no space between words: there a run of them is a sentence.
_WORD = (
    r"[[\w\p{No}]--[\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\p{Yi}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
    r"\p{Javanese}\p{Balinese}\p{Tai_Tham}\p{New_Tai_Lue}\u30fc]]"
)
_NAME = rf"""
    (?<!{_WORD}) [a-z][a-z+.-]* :// [^\s<>"'()\[\]]* (?:{_WORD}|/)  # addresses
  | (?<!{_WORD}|[-.,;:)]) --? [A-Za-z] (?:{_WORD}|-)*            # options
  | (?<!{_WORD}|[-.]) \+? \d+ (?: -\d+ ){{2,}} (?!{_WORD})       # dates and telephone numbers
  | (?<!{_WORD}|[-.]) \d+ (?:,\d+)+ - [A-Za-z] {_WORD}+          # 2,4-xylenol
  | (?<!{_WORD}|[-=<>.)\]]) (?: [~\u2248\u2260\u2264\u2265] | [<>]=? )? [-+\u2212\u00b1]?
    (?: [$\u20ac\u00a3\u00a5] [ ]? )? (?=\.?\d)       # what stands before a number,
    \.? {_WORD}+ (?: (?: [.,:/\u00d7^] (?=\d) | [\u00a0\u2009\u202f] (?=\d{{3}}(?!\d))
    | (?<=\d[eE]) [-+\u2212] (?=\d) | \^ [-\u2212] (?=\d) | [._/@$] ) {_WORD}+ )*                # the number,
    (?: -(?:alpha|beta|dev|pre|rc) [.]? \d* )?
    (?: (?<=[\d\p{{No}}]) (?: [ \u00a0\u202f]? (?: [%\u2030] | \u00b0 (?: [CFK] (?!{_WORD}) )?
    | [\u20ac\u00a3\u00a5] (?![ ]?\d) ) | [\u2032\u2033] ) )?      # and what stands behind it
  | (?<!{_WORD}|[-.]) [A-Za-z] {_WORD}* (?: - {_WORD}* \d {_WORD}* )+  # UTF-8, R2-D2
  | (?<!{_WORD}|[-.]) (?i:anti|ex|mid|non|post|pre|semi|sub|un) - {_WORD}+
  | (?<!{_WORD}) [A-Z] ['\u2019] [A-Z] {_WORD}+                  # O'Brien
  | (?<!{_WORD}) [A-Z]+ & [A-Z]+                                # R&D
  | (?<!{_WORD}) (?: [A-Z][a-z]? \d* [+\u207a\u207b] (?!{_WORD}|\+) | [A-Z]{{1,2}} - (?=[\s.,;:)]|$) )  # Na+, A-
  | (?<!{_WORD}|\\) (?: [A-Za-z]: )? \\? {_WORD}+ (?: \\ {_WORD}+ )+  # C:\Users
  | (?<!{_WORD}|\.) [.~/]? /? {_WORD}+ (?: (?: [._/@$] | :: | -> ) {_WORD}+ )+ (?: \(\) )?  # dotted, joined names
  | (?<!{_WORD}|\.) [.@] [A-Za-z] {_WORD}*                       # hidden files, handles
  | (?<!{_WORD}|\$) \$ [A-Za-z_] {_WORD}++ (?!\$)                # variables
  | {_WORD}+ (?: \(\) | (?: \+\+ | \# ) (?!{_WORD}) )?           # words, calls, C++ and C#
  | [\p{{Katakana}}\u30fc]+
"""
# What before an answer turns it into its opposite, and before a number into another.
_NOT = r"(?<!\w)(?:not|never)[ \u00a0]+(?:(?:an?|the)[ ]+)?"
_BOUND = (
    r"(?<!\w)(?:at\s(?:least|most)|(?:earlier|fewer|greater|higher|later|less|lower|more)\sthan|up\sto"
    r"|above|after|before|below|over|under)\s"
)
REACH = 100  # characters looked at on each side


def whole_names(text: str, start: int, end: int) -> tuple[int, int]:
    """
    Move the ends of `text[start:end]` outwards to the ends of the names they stand in.

    :returns: The new start and end.
    """
    low, high = max(0, start - REACH), min(len(text), end + REACH)
    for match in _pattern(_NAME).finditer(text, low, high):
        if match.start() >= end:
            break
        if match.start() < start < match.end():
            start = match.start()
        if match.start() < end < match.end():
            end = match.end()
    return start, end


def with_qualifier(text: str, start: int, asked: Collection[str] = frozenset()) -> int:
    """
    Move the start of an answer in front of a "not" that stands before it; before a number also of "at least" and such.

    :param asked: The words of the question; to one that has a "not", what stands behind a "not" is the answer.
    :returns: The new start.
    """
    number = _pattern(r"[^\s\w]{0,2}\s?\d").match(text, start) is not None
    kinds = [*([] if "not" in asked or "never" in asked else [_NOT]), *([_BOUND] if number else [])]
    if not kinds:
        return start
    before = rf"(?i)(?:{'|'.join(kinds)})$"
    found = _pattern(before).search(text, max(0, start - REACH), start)
    return start if found is None else found.start()


@cache
def _pattern(pattern: str) -> "regex.Pattern[str]":
    import regex

    return regex.compile(pattern, regex.VERBOSE | regex.VERSION1)
