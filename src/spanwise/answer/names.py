"""Keep an answer from beginning or ending inside a name or number such as `read.table`, `--sign-off`, C++ or -5."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import regex

# Characters of words, but for those of scripts that put no space between words: there a run of them is a sentence.
_WORD = (
    r"[\w--[\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\p{Yi}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
    r"\p{Javanese}\p{Balinese}\p{Tai_Tham}\p{New_Tai_Lue}\u30fc]]"
)
_NAME = rf"""
    (?<!{_WORD}|-) --? [A-Za-z] (?:{_WORD}|-)*                   # options
  | (?<!{_WORD}|[.)\]]) [-+\u2212\u00b1]? [$\u20ac\u00a3\u00a5]? (?=\.?\d)  # what stands before a number,
    \.? {_WORD}+ (?: (?: [.,:/] (?=\d) | [._/@$] ) {_WORD}+ )* (?: (?<=\d) [ ]? [%\u2030\u00b0] )?  # the number
  | (?<!{_WORD}|\.) [.~/]? /? {_WORD}+ (?: (?: [._/@$] | :: | -> ) {_WORD}+ )+ (?: \(\) )?  # dotted, joined names
  | (?<!{_WORD}|\.) \. [A-Za-z] {_WORD}*                         # hidden files
  | {_WORD}+ (?: \(\) | (?: \+\+ | \# ) (?!{_WORD}) )?           # words, calls, C++ and C#
  | [\p{{Katakana}}\u30fc]+
"""
REACH = 100  # characters looked at on each side


def whole_names(text: str, start: int, end: int) -> tuple[int, int]:
    """
    Move the ends of `text[start:end]` outwards to the ends of the names they stand in.

    :returns: The new start and end.
    """
    low, high = max(0, start - REACH), min(len(text), end + REACH)
    for match in _name().finditer(text, low, high):
        if match.start() >= end:
            break
        if match.start() < start < match.end():
            start = match.start()
        if match.start() < end < match.end():
            end = match.end()
    return start, end


@cache
def _name() -> "regex.Pattern[str]":
    import regex

    return regex.compile(_NAME, regex.VERBOSE | regex.VERSION1)
