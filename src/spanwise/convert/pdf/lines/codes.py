"""Repairs of a PDF's characters: codes of TeX fonts, doubled letters; and whether a text is one at all."""

import re
import unicodedata
from collections import Counter

import numpy as np

from spanwise.convert.symbols import plain_symbols

# Codes that PDFium passes on from TeX's fonts without a table of characters. EC fonts (T1 encoding):
_T1 = dict(
    zip(range(0x0E, 0x20), ["\u02bc", "\u2039", "\u201c", "\u201d", "\u201e", "\u00ab", "\u00bb", "\u2013", "\u2014",
                            "", "\u2080", "\u0131", "\u0237", "ff", "fi", "fl", "ffi", "ffl"], strict=True)
)  # fmt: skip
# CM fonts (OT1 encoding):
_OT1 = {
    0x00: "\u0393", 0x01: "\u0394", 0x03: "\u039b", 0x0B: "ff", 0x0C: "fi", 0x0E: "ffi", 0x0F: "ffl", 0x10: "\u0131",
    0x19: "\u00df", 0x1A: "\u00e6", 0x1B: "\u0153", 0x1C: "\u00f8", 0x1D: "\u00c6", 0x1E: "\u0152", 0x1F: "\u00d8",
}  # fmt: skip
_LONE_RETURN = re.compile(r"(?<=[^\W\d_])\r(?=[^\W\d_])")  # OT1's "fl"
_LINE_END = re.compile(r"[\r\x0b\x0c\x85\u2028\u2029]")
_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
_DROPPED = dict.fromkeys(
    [code for code in (*range(0x20), *range(0x7F, 0xA0), 0xAD, 0xFEFF, 0xFFFF) if code not in {0x09, 0x0A}]
)
_CLEANED = {**_DROPPED, **_LIGATURES, 0xA0: " "}
_UNCLEAN = re.compile(f"[{re.escape(''.join(map(chr, _CLEANED)))}]")
_LETTER = r"[^\W\d_]"
_DOUBLED = re.compile(rf"(?<!\w)(?:({_LETTER})\1){{3,}}(?!\w)")
_OT1_CODE = re.compile(
    # The code first: it is rare, and found fast.
    rf"[\x0b\x0c\x0e\x0f](?:(?<={_LETTER}[\x0b\x0e\x0f])|(?<=[^\x0c])(?={_LETTER})|(?<={_LETTER}\x0c)(?={_LETTER}))"
)
_T1_CODE = re.compile(r"[\x0e-\x1f]")
# What is left of a text without these bytes says at once whether there is anything to look for.
_NO_TEX_CODES = bytes({*range(256)} - {0x0B, 0x0C, *range(0x0E, 0x20)})
# U+0080 to U+00BF begin with 0xC2, U+F000 to U+FFFF with 0xEF.
_CLEAN = bytes({0x09, 0x0A, *range(0x20, 0x100)} - {0x7F, 0xC2, 0xEF})
_JUDGED = 2000  # characters of a page
_MOST_JUDGED = 20  # pages
_ENOUGH = 200  # characters from which a text can be judged
_ENOUGH_WORDS = 30
_MOST_STRANGE = 0.3  # share of characters that are none
_MOST_VOWELLESS = 0.6  # share of long Latin words without a vowel
_NO_CODES = bytes({*range(0x20, 0x100), 0x02, 0x09, 0x0A, 0x0D})  # PDFium's mark of a division is U+0002
_MOST_CODES = 0.1  # share of a page's characters; TeX's ligatures are fewer
_ENOUGH_OF_PAGE = 100  # characters from which a page can be judged by itself
_ASCII = re.compile(r"[!-~]+")
_LATIN_WORD = re.compile(r"(?<!\w)[A-Za-z]{4,}(?!\w)")
# Its first letter before what stands before it, which is found faster.
_VOWELLESS = re.compile(r"[B-DF-HJ-NP-TV-XZb-df-hj-np-tv-xz](?<!\w.)[B-DF-HJ-NP-TV-XZb-df-hj-np-tv-xz]{3,}(?!\w)")


def tex_characters(texts: list[str]) -> list[str]:
    """
    Return texts with the ligatures, quotes and dashes that TeX's fonts keep at control codes.

    :param texts: The pages of one document, as PDFium gives them.
    """
    codes = [text.encode("utf-8", "surrogatepass").translate(None, _NO_TEX_CODES) for text in texts]
    if not any(codes):
        return texts
    if any(_OT1_CODE.search(text) for text, some in zip(texts, codes, strict=True) if some):
        return [_LONE_RETURN.sub("fl", text).translate(_OT1) for text in texts]
    return [text.translate(_T1) if _T1_CODE.search(text) else text for text in texts]


def is_encoded(text: str) -> bool:
    """
    Return whether a page holds more control codes than ligatures can be: codes that stand for nothing known.

    Formulas of TeX may hold as many, but stand among words.

    :param text: As PDFium gives it.
    """
    codes = len(text.encode("utf-8", "surrogatepass").translate(None, _NO_CODES))
    if codes <= _MOST_CODES * _ENOUGH_OF_PAGE:
        return False
    total = len(text) - sum(map(text.count, " \t\r\n\u00a0"))
    if total <= _ENOUGH_OF_PAGE or codes <= _MOST_CODES * total:
        return False
    # Codes from 0x20 on are shown as signs, digits and capitals before they are as other letters.
    return codes > sum(character.isalpha() and not character.isupper() for character in text)


def plain_lines(text: str) -> str:
    """Return a text in which a line feed alone ends lines."""
    text = text.replace("\r\n", "\n")
    has_others = not text.isascii() or "\r" in text or "\x0b" in text or "\x0c" in text
    return _LINE_END.sub("\n", text) if has_others else text


def cleaned(text: str) -> str:
    """Return a text without control codes, ligatures, symbols at private codes, and letters doubled for boldness."""
    if text.encode("utf-8", "surrogatepass").translate(None, _CLEAN):
        if _UNCLEAN.search(text):
            text = text.translate(_CLEANED)
        text = plain_symbols(text)
    return _DOUBLED.sub(lambda match: match[0][::2], text) if _may_be_doubled(text) else text


def _may_be_doubled(text: str) -> bool:
    """Return whether three letters in a row stand there twice each: few pages have any, and the pattern is slow."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    is_twice = (codes[1:] == codes[:-1]) & (codes[1:] >= ord("A"))
    return bool((is_twice[:-4] & is_twice[2:-2] & is_twice[4:]).any())


def is_garbled(texts: list[str]) -> bool:
    """Return whether pages with characters hold no words of any language: their codes stand for nothing known."""
    texts = [text[:_JUDGED] for text in texts[:: len(texts) // _MOST_JUDGED + 1]]
    characters = "".join("".join(texts).split())
    total = len(characters)
    if total < _ENOUGH:
        return False
    counts = Counter(_ASCII.sub("", characters))
    strange = sum(
        count for character, count in counts.items()
        if character == "\ufffd" or unicodedata.category(character) in {"Co", "Cn", "Cs", "Cc"}
    )  # fmt: skip
    if strange / total > _MOST_STRANGE:
        return True
    others = sum(count for character, count in counts.items() if character.isalpha() and character > "\u02ff")
    vowelless = sum(len(_VOWELLESS.findall(text)) for text in texts)
    if others >= total / 4 or vowelless <= _MOST_VOWELLESS * _ENOUGH_WORDS:
        return False
    words = sum(len(_LATIN_WORD.findall(text)) for text in texts)
    return words >= _ENOUGH_WORDS and vowelless / words > _MOST_VOWELLESS
