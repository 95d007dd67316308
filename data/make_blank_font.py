"""
Make the font that stands in for those that neither a PDF nor the machine has: a box for every character.

    pip install fonttools && python data/make_blank_font.py
"""

from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable

OUT = Path(__file__).parents[1] / "src/spanwise/convert/pdf/blank.ttf"
CHARACTERS = range(0x21, 0x30000)
CORNERS = ((50, -100), (50, 800), (950, 800), (950, -100))  # of an em of 1000
GLYPHS = (".notdef", "box")
EPOCH = 2082844800  # seconds from 1904, by which fonts count, to 1970: the file is the same whenever it is made


def _box() -> object:
    pen = TTGlyphPen(None)
    pen.moveTo(CORNERS[0])
    for corner in CORNERS[1:]:
        pen.lineTo(corner)
    pen.closePath()
    return pen.glyph()


def main() -> None:
    """Write the font."""
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(list(GLYPHS))
    builder.setupCharacterMap({})
    builder.setupGlyf({name: _box() for name in GLYPHS})
    builder.setupHorizontalMetrics(dict.fromkeys(GLYPHS, (1000, 50)))
    builder.setupHorizontalHeader(ascent=880, descent=-120)
    builder.setupNameTable({"familyName": "Blank", "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=880, sTypoDescender=-120, usWinAscent=880, usWinDescent=120)
    builder.setupPost(keepGlyphNames=False)
    # Of format 13, in which one entry gives a whole range of characters the same glyph.
    ranges = CmapSubtable.newSubtable(13)
    ranges.platformID, ranges.platEncID, ranges.format, ranges.language, ranges.reserved = 3, 10, 13, 0, 0
    ranges.length = ranges.nGroups = 0
    ranges.cmap = dict.fromkeys(CHARACTERS, "box")
    builder.font["cmap"].tables = [ranges]
    builder.font.recalcTimestamp = False
    builder.font["head"].created = builder.font["head"].modified = EPOCH
    builder.font.save(OUT)


if __name__ == "__main__":
    main()
