"""The words of an answer, fit to be compared: what makes a number or a name another one stays in them."""

import re
import unicodedata

ARTICLES = frozenset({"a", "an", "the"})

_ALIKE = str.maketrans(
    {**dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"), **dict.fromkeys("\u2018\u2019\u02bc", "'"),
     **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"')}
)  # fmt: skip
_EMPHASIS = re.compile(r"(?<!\w)(\*{1,3}|~~|`+)(?=\S)(.+?)(?<=\S)\1(?!\w)")
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?!\d|,\d)")
_PERCENT = re.compile(r"(?<=\d)\s*(?:per\s?cent\b|%)")
_SET_APART = re.compile(r"(?<=\d)\s+(?=[\u2030\u00b0])|(?<=[$\u20ac\u00a3\u00a5])\s+(?=\d)")
_BEFORE = re.compile(r"(?:[\"'`(\[{\u00bf\u00a1\u2026]|[,;](?=.)|:(?!:)|\.{2,}(?=\w))+")
_BEHIND = ".,;:!?`\u2026"
_BRACKETS = {")": "(", "]": "[", "}": "{"}
_NUMBER_AND_UNIT = re.compile(
    r"([-+\u00b1~<>=\u2248\u2260\u2264\u2265]*[$\u20ac\u00a3\u00a5]?\d[\d.,:/]*)([^\W\d_]{1,3})"
)
_INITIALS = re.compile(r"\b(?:[^\W\d_]\.){2,}(?!\w)")  # "U.S." is "US"
_OPTION = re.compile(r"-[A-Za-z]+")
_BULLETS = frozenset({"-", "*", "|", "#", "##", "###", "\u2022", "\u00b7", "\u25cf", "\u25aa"})
_NO_UNITS = frozenset("am pm st nd rd th jan feb mar apr may jun jul aug sep oct nov dec and for the".split())  # noqa: SIM905
_MOST_OF_A_UNIT = 3  # letters; "MB" is not "Mb", nor "MW" "mW"
_DIGITS = {
    word: str(number)
    for number, word in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())  # noqa: SIM905
}


def answer_words(text: str) -> tuple[str, ...]:
    """
    Return the words of an answer without case, outer punctuation and articles.

    Numbers keep their signs, points, slashes and symbols, names such as "C++", ".NET" or "--all" theirs, options and
    units their case. "1,000" is "1000", "five" is "5", "5GB" is "5 GB" and "5 percent" is "5%". An answer that is
    nothing but articles and punctuation keeps them.
    """
    text = _EMPHASIS.sub(r"\2", plain(text))
    paired = text.count('"') % 2 == 0 and text.count("'") % 2 == 0
    text = _INITIALS.sub(lambda match: match[0].replace(".", ""), text)
    text = _SET_APART.sub("", _PERCENT.sub("%", text))
    words: list[str] = []
    for token in text.split():
        word = _trimmed(token, paired=paired)
        with_unit = _NUMBER_AND_UNIT.fullmatch(word)
        parts = (word,) if with_unit is None else with_unit.groups()
        for part in parts:
            words.append(_folded(part, words[-1] if words else ""))
    return _without_articles(_without_bullets(words))


def plain(text: str) -> str:
    """Return a text with one form of each letter, dash and quotation mark, and without commas between thousands."""
    text = unicodedata.normalize("NFC", text).translate(_ALIKE)
    return _THOUSANDS.sub(lambda match: match[0].replace(",", ""), text)


def has_digit(word: str) -> bool:
    """Tell whether there is a digit in a word."""
    return any(character.isdigit() for character in word)


def _trimmed(token: str, *, paired: bool) -> str:
    """Return a word without the punctuation around it; punctuation that stands alone is kept."""
    if token.isalnum():
        return token
    word = _BEFORE.sub("", token, count=1) if _BEFORE.match(token) else token
    while word:
        last = word[-1]
        opening = _BRACKETS.get(last)
        if opening is not None:
            if word.endswith("()"):
                word = word[:-2]
                continue
            if word.count(opening) >= word.count(last):
                break
        elif last in "\"'":
            if not paired and word[-2:-1].isdigit():  # feet and inches
                break
        elif last not in _BEHIND:
            break
        word = word[:-1]
    if word.endswith("/") and "/" in word[:-1]:
        word = word[:-1]
    return word or token


def _folded(word: str, before: str) -> str:
    if _OPTION.fullmatch(word):
        return word
    folded = word.casefold()
    if len(word) <= _MOST_OF_A_UNIT and word.isalpha() and before[-1:].isdigit() and folded not in _NO_UNITS:
        return word
    return _DIGITS.get(folded, folded)


def _without_bullets(words: list[str]) -> list[str]:
    begin, end = 0, len(words)
    while begin < end - 1 and words[begin] in _BULLETS and not (words[begin] == "-" and has_digit(words[begin + 1])):
        begin += 1
    while end - 1 > begin and words[end - 1] in {"-", "|"}:
        end -= 1
    return words[begin:end]


def _without_articles(words: list[str]) -> tuple[str, ...]:
    """Leave out "the", and at the front the others; "vitamin A" is another than "vitamin"."""
    first = 1 if len(words) > 1 and words[0] in ARTICLES else 0
    kept = tuple(word for word in words[first:] if word != "the")
    return kept or tuple(words)
