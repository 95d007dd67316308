"""Characters at private codes: pictures of the Symbol and Wingdings fonts, small capitals of Adobe's expert fonts."""

import re

# Adobe's Symbol encoding, codes 0x20 to 0x7E and 0xA0 to 0xFE.
_SYMBOL = dict(
    zip(
        [*range(0x20, 0x7F), *range(0xA1, 0xF0), *range(0xF1, 0xFF)],
        " !\u2200#\u2203%&\u220b()\u2217+,\u2212./0123456789:;<=>?\u2245"
        "\u0391\u0392\u03a7\u0394\u0395\u03a6\u0393\u0397\u0399\u03d1\u039a\u039b\u039c\u039d\u039f\u03a0\u0398\u03a1"
        "\u03a3\u03a4\u03a5\u03c2\u03a9\u039e\u03a8\u0396[\u2234]\u22a5_\u203e"
        "\u03b1\u03b2\u03c7\u03b4\u03b5\u03c6\u03b3\u03b7\u03b9\u03d5\u03ba\u03bb\u03bc\u03bd\u03bf\u03c0\u03b8\u03c1"
        "\u03c3\u03c4\u03c5\u03d6\u03c9\u03be\u03c8\u03b6{|}\u223c"
        "\u03d2\u2032\u2264\u2044\u221e\u0192\u2663\u2666\u2665\u2660\u2194\u2190\u2191\u2192\u2193\u00b0\u00b1\u2033"
        "\u2265\u00d7\u221d\u2202\u2022\u00f7\u2260\u2261\u2248\u2026\u23d0\u23af\u21b5\u2135\u2111\u211c\u2118\u2297"
        "\u2295\u2205\u2229\u222a\u2283\u2287\u2284\u2282\u2286\u2208\u2209\u2220\u2207\u00ae\u00a9\u2122\u220f\u221a"
        "\u22c5\u00ac\u2227\u2228\u21d4\u21d0\u21d1\u21d2\u21d3\u25ca\u2329\u00ae\u00a9\u2122\u2211\u239b\u239c\u239d"
        "\u23a1\u23a2\u23a3\u23a7\u23a8\u23a9\u23aa\u232a\u222b\u2320\u23ae\u2321\u239e\u239f\u23a0\u23a4\u23a5\u23a6"
        "\u23ab\u23ac\u23ad",
        strict=True,
    )
)
_WINGDINGS = {
    0x22: "\u2702", 0x28: "\u260e", 0x29: "\u2706", 0x2A: "\u2709", 0x36: "\u231b", 0x4A: "\u263a", 0x4C: "\u2639",
    0x6C: "\u25cf", 0x6E: "\u25a0", 0x6F: "\u2610", 0x70: "\u2610", 0x71: "\u2751", 0x72: "\u2752", 0x73: "\u2b27",
    0x75: "\u25c6", 0x76: "\u2756", 0x77: "\u2b25", 0x78: "\u2612", 0x9F: "\u2022", 0xA1: "\u25cb", 0xA7: "\u25aa",
    0xA8: "\u2610", 0xD8: "\u27a2", 0xDF: "\u2190", 0xE0: "\u2192", 0xE1: "\u2191", 0xE2: "\u2193", 0xE8: "\u2794",
    0xEF: "\u21e6", 0xF0: "\u21e8", 0xF1: "\u21e7", 0xF2: "\u21e9", 0xFB: "\u2717", 0xFC: "\u2713", 0xFD: "\u2612",
    0xFE: "\u2611",
}  # fmt: skip
_WINGDINGS_2 = {0x4F: "\u2717", 0x50: "\u2713", 0x51: "\u2612", 0x52: "\u2611", 0x53: "\u2612", 0x54: "\u2612",
                0xA3: "\u2610"}  # fmt: skip
_PRIVATE = re.compile("[\uf020-\uf0ff\uf721-\uf77a\uf7a1-\uf7ff]")
_EXPERT = 0xF700  # to this, Adobe's glyph list adds the letter, digit or sign that has another form in an expert font
_FONTS: dict[str, dict[int, str]] = {"symbol": _SYMBOL, "wingdings": _WINGDINGS, "wingdings 2": _WINGDINGS_2}
_BULLET = "\u2022"


def symbol(font: str | None, code: int) -> str:
    """
    Return the character that a font of symbols shows for a code.

    :param code: As it is stored, in 0x20-0xFF or in the private use area at 0xF020-0xF0FF or 0xF721-0xF7FF.
    :returns: A bullet for a picture that has no other character.
    """
    if _EXPERT < code <= _EXPERT + 0xFF:
        return chr(code - _EXPERT)
    private = 0xF000 <= code <= 0xF0FF
    table = _FONTS.get((font or "").strip().lower())
    if table is None:
        return _SYMBOL.get(code - 0xF000, _BULLET) if private else chr(code)
    return table.get(code - 0xF000 if private else code, _BULLET)


def plain_symbols(text: str, font: str | None = None) -> str:
    """
    Return a text in which symbols of the private use area are the characters that they show.

    :param font: The name of its font, if that is known.
    """
    return text if text.isascii() else _PRIVATE.sub(lambda match: symbol(font, ord(match[0])), text)
