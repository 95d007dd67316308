"""Letters that PDFium puts on a line each, since their font says that they are wider than they stand apart."""

from spanwise.convert.pdf.document import convert_pdf
from spanwise.convert.pdf.lines.letters import joined_columns


def read(content):
    """Read a PDF of one page with this content, in a font that says that all of its letters are very wide."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 5 0 R/Resources<</Font<</F1 4 0 R>>>>>>",
        b"<</Type/Font/Subtype/TrueType/BaseFont/Courier/Encoding/WinAnsiEncoding/FirstChar 32/LastChar 126"
        b"/Widths[%s]>>" % (b"850 " * 95),
        b"<</Length %d>>\nstream\n%s\nendstream" % (len(content), content),
    ]
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, one) for number, one in enumerate(objects, 1))
    return convert_pdf(b"%PDF-1.5\n" + body + b"trailer\n<</Root 1 0 R/Size 6>>\n%%EOF").text


def letters(text, y, x=72):
    """What sets each letter by itself, 6.4 points from the one before."""
    return b" ".join(
        b"BT /F1 12 Tf %.1f %d Td (%s) Tj ET" % (x + 6.4 * at, y, letter.encode())
        for at, letter in enumerate(text)
        if letter != " "
    )


FAR = letters("once more, or", 700, 400)  # PDFium takes the page for one that is written downwards


def test_letters_on_one_baseline_are_a_line():
    content = b" ".join([letters("HI", 712), letters("the worst case, or", 688), letters("so", 676), FAR])
    assert read(content).startswith("HI\nthe worst case, or\nso\n")


def test_few_letters_stay():
    assert read(b" ".join([letters("those", 700), letters("HI", 688, 400)])) == "t\nh\no\ns\ne\nH\nI"


def test_characters_one_below_the_other_are_a_line():
    down = "\n".join(["\u9580", "\u306f", "\u4e5d", "\u6642", "\u306b", "\u9589", "\u307e", "\u308b\u3002"])
    assert joined_columns(f"2015\n{down}\nEnd") == f"2015\n{down.replace(chr(10), '')}\nEnd"


def test_short_lines_of_words_stay():
    days = "\n".join(["\u6708\u66dc\u65e5", "\u706b\u66dc\u65e5", "\u6c34\u66dc\u65e5"] * 3)
    assert joined_columns(days) == days
    few = "\u6708\n\u706b\n\u6c34"
    assert joined_columns(few) == few
