"""
Words that were divided at the end of a line.

PDFium replaces the hyphen and the line end by one mark, whether the hyphen was the typesetter's ("reposi-tory") or
the writer's ("byte-compiled"). The rest of the document tells them apart.
"""

import re
from collections import Counter
from itertools import pairwise

_MARK = re.compile(r"[\x02\ufffe]|\u00ad\n")
_MARKS = ("\x02", "\ufffe", "\u00ad\n")
_WORD = re.compile(r"\w+")
_COMPOUND = re.compile(r"\b(?=(\w++-\w++))")
_LONGEST_TOKEN = 80  # characters that are looked at on either side of a mark


def join_hyphenated(pages: list[str]) -> list[str]:
    """
    Join the words that line ends divided, with or without a hyphen.

    :param pages: Texts in which U+0002 or U+FFFE, or a soft hyphen and a line end, stand for a division.
    :returns: The same texts without these marks.
    """
    divided = [_MARK.split(page) if any(map(page.__contains__, _MARKS)) else [page] for page in pages]
    if all(len(pieces) == 1 for pieces in divided):
        return pages
    counts = _counts(divided)
    # The halves themselves are no words of the document.
    for pieces in divided:
        counts.subtract(_tail(piece).casefold() for piece in pieces[:-1])
        counts.subtract(_head(piece).casefold() for piece in pieces[1:])
    return [_joined(pieces, counts) for pieces in divided]


def _counts(divided: list[list[str]]) -> Counter[str]:
    """Return how often each word, and each two words with a hyphen between, stand in pages that are cut in pieces."""
    tokens: Counter[str] = Counter()
    for pieces in divided:
        tokens.update(" ".join(pieces).casefold().split())
    counts: Counter[str] = Counter()
    for token, count in tokens.items():
        if token.isalnum():
            counts[token] += count
            continue
        for word in _WORD.findall(token):
            counts[word] += count
        if "-" in token:
            for compound in _COMPOUND.findall(token):
                counts[compound] += count
    return counts


def _joined(pieces: list[str], counts: Counter[str]) -> str:
    text = [pieces[0]]
    for before, after in pairwise(pieces):
        hyphen = _has_hyphen(_token(before), _tail(before), _head(after), counts)
        text += ["-" if hyphen else "", after]
    return "".join(text)


def _has_hyphen(token: str, left: str, right: str, counts: Counter[str]) -> bool:
    if not left or not right:
        return True
    as_word, as_compound = counts[(left + right).casefold()], counts[f"{left}-{right}".casefold()]
    if as_word != as_compound:
        return as_compound > as_word
    # "S-Plus" and "UTF-8", "OS-specific", "--with-blas"; then two words that make no third, as in "network-mounted".
    return (
        not right[0].islower()
        or (left.isupper() and right.islower())
        or token.startswith("--")
        or (counts[left.casefold()] > 0 and counts[right.casefold()] > 0)
    )


def _tail(text: str) -> str:
    words = _WORD.findall(text[-_LONGEST_TOKEN:])
    return words[-1] if words and text.endswith(words[-1]) else ""


def _head(text: str) -> str:
    word = _WORD.match(text[:_LONGEST_TOKEN])
    return word[0] if word else ""


def _token(text: str) -> str:
    return re.split(r"\s", text[-_LONGEST_TOKEN:])[-1]
