"""
Hyphens of a PDF: those of words that were divided at the end of a line, and those written as soft ones.

PDFium replaces the hyphen and the line end by one mark, whether the hyphen was the typesetter's ("reposi-tory") or
the writer's ("byte-compiled"). The rest of the document tells them apart.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Set
from itertools import chain, compress, filterfalse, islice, pairwise
from operator import add
from typing import NamedTuple

from spanwise.convert.pdf.lines.characters import Places
from spanwise.convert.pdf.lines.raised import Edit

_MARK = "\x02"
_MARKS = ("\ufffe", "\u00ad\n")  # others, which mean the same
_WORD = re.compile(r"\w+")
_COMPOUND = re.compile(r"\b(?=(\w++-\w++))")
_LONGEST_TOKEN = 80  # characters that are looked at on either side of a mark
_SOFT = re.compile(r"(?<=\w)\u00ad(?=\w)")
_MOST_SOFT = 1000  # of one page
_GAP = 0.08  # of the characters' height; a hyphen that is printed parts its neighbors at least so far


class _Division(NamedTuple):
    token: str  # what stands before the mark, from the last white space on
    left: str  # the word before it
    right: str  # and behind it


def hyphen_edits(places: Places) -> list[Edit]:
    """Return what makes the soft hyphens that are printed within a line plain ones."""
    if "\u00ad" not in places.text:
        return []
    soft = [match.start() for match in islice(_SOFT.finditer(places.text), _MOST_SOFT)]
    _, top, right, bottom = places.loose_boxes([at - 1 for at in soft]).T
    left = places.loose_boxes([at + 1 for at in soft])[:, 0]
    is_printed = (left - right > _GAP * (top - bottom)).tolist()
    return [(at, at + 1, "-") for at in compress(soft, is_printed)]


def join_hyphenated(pages: list[str]) -> list[str]:
    """
    Join the words that line ends divided, with or without a hyphen.

    :param pages: Texts in which U+0002 or U+FFFE, or a soft hyphen and a line end, stand for a division.
    :returns: The same texts without these marks.
    """
    divided = [page.replace(_MARKS[0], _MARK).replace(_MARKS[1], _MARK).split(_MARK) for page in pages]
    if all(len(pieces) == 1 for pieces in divided):
        return pages
    divisions = [[_division(before, after) for before, after in pairwise(pieces)] for pieces in divided]
    # The halves themselves are no words of the document.
    halves = [word.casefold() for some in divisions for division in some for word in division[1:]]
    wholes = {_spelling(division, sign) for some in divisions for division in some for sign in ("", "-")}
    counts = _counts(divided, wholes.union(halves))
    counts.subtract(halves)
    return [_joined(pieces, some, counts) for pieces, some in zip(divided, divisions, strict=True)]


def _counts(divided: list[list[str]], words: Set[str]) -> Counter[str]:
    """
    Return how often words, and pairs of them with a hyphen between, stand in pages that are cut in pieces.

    :param words: Those to count, casefolded.
    """
    tokens = Counter(" ".join(chain.from_iterable(divided)).casefold().split())
    counts = Counter({word: tokens[word] for word in words if word.isalnum()})
    others: defaultdict[int, list[str]] = defaultdict(list)  # those with punctuation, by how often they occur
    for token in filterfalse(str.isalnum, tokens):
        others[tokens[token]].append(token)
    for count, some in others.items():
        found = _WORD.findall(" ".join(some))
        found += _COMPOUND.findall(" ".join(token for token in some if "-" in token))
        for word in filter(words.__contains__, found):
            counts[word] += count
    return counts


def _joined(pieces: list[str], divisions: list[_Division], counts: Counter[str]) -> str:
    signs = ["-" if _has_hyphen(division, counts) else "" for division in divisions]
    return pieces[0] + "".join(map(add, signs, pieces[1:]))


def _has_hyphen(division: _Division, counts: Counter[str]) -> bool:
    token, left, right = division
    if not left or not right:
        return True
    as_word, as_compound = counts[_spelling(division, "")], counts[_spelling(division, "-")]
    if as_word != as_compound:
        return as_compound > as_word
    # "S-Plus" and "UTF-8", "OS-specific", "--with-blas"; then two words that make no third, as in "network-mounted".
    return (
        not right[0].islower()
        or (left.isupper() and right.islower())
        or token.startswith("--")
        or (counts[left.casefold()] > 0 and counts[right.casefold()] > 0)
    )


def _division(before: str, after: str) -> _Division:
    token = "" if before[-1:].isspace() else "".join(before[-_LONGEST_TOKEN:].rsplit(maxsplit=1)[-1:])
    words = _WORD.findall(token)
    word = _WORD.match(after[:_LONGEST_TOKEN])
    return _Division(token, words[-1] if words and token.endswith(words[-1]) else "", word[0] if word else "")


def _spelling(division: _Division, sign: str) -> str:
    return f"{division.left}{sign}{division.right}".casefold()
