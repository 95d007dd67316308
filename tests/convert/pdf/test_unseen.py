"""Text that a page does not show is not read from it."""

import pytest

from spanwise.convert.pdf.document import convert_pdf

SPREAD = b"""BT /F1 12 Tf 72 700 Td (The left page: gate 5.) Tj ET
BT /F1 12 Tf 672 700 Td (The right page: gate 7.) Tj ET
BT /F1 12 Tf 72 680 Td (It closes at nine.) Tj ET
BT /F1 12 Tf 672 680 Td (It closes at ten.) Tj ET"""
LEFT = "The left page: gate 5.\nIt closes at nine."
RIGHT = "The right page: gate 7.\nIt closes at ten."


def stream(content, extra=b""):
    return b"<</Length %d%s>>\nstream\n%s\nendstream" % (len(content), extra, content)


def read(*pages, content=SPREAD, form=b""):
    """Read a PDF whose pages, with these boxes, all have one content, or draw it as a form."""
    kids = b" ".join(b"%d 0 R" % number for number in range(6, 6 + len(pages)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]/Resources<</Font<</F1 3 0 R>>/XObject<</X 5 0 R>>>>>>" % (len(pages), kids),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        stream(form or content),
        stream(content, b"/Type/XObject/Subtype/Form/BBox[0 0 2000 2000]/Matrix[1 0 0 1 -10 0]"
               b"/Resources<</Font<</F1 3 0 R>>>>"),
        *(b"<</Type/Page/Parent 2 0 R/Contents 4 0 R%s>>" % boxes for boxes in pages),
    ]  # fmt: skip
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, one) for number, one in enumerate(objects, 1))
    data = b"%PDF-1.5\n" + body + b"trailer\n<</Root 1 0 R/Size %d>>\n%%%%EOF" % (len(objects) + 1)
    return convert_pdf(data)


@pytest.mark.parametrize("rotate", [b"", b"/Rotate 90", b"/Rotate 180", b"/Rotate 270"])
def test_each_page_of_a_cut_spread_has_its_own_half(rotate):
    whole = b"/MediaBox[0 0 1200 800]" + rotate
    found = read(whole + b"/CropBox[0 0 600 800]", whole + b"/CropBox[600 0 1200 800]")
    pages = found.text.split("\n\f")
    # PDFium reads a turned page from another side.
    assert [sorted(page.split("\n")) for page in pages] == [sorted(half.split("\n")) for half in (LEFT, RIGHT)]
    assert found.page_starts == (0, len(pages[0]) + 2)


def test_boxes_of_media_and_forms_in_forms():
    # Each form moves what it holds 10 points to the left, besides what its page does.
    forms = b"q 1 0 0 1 10 0 cm /X Do Q"
    found = read(b"/MediaBox[0 0 600 800]", b"/MediaBox[600 0 1200 800]/CropBox[0 0 3000 3000]", form=forms)
    assert found.text == f"{LEFT}\n\f{RIGHT}"
    turned = read(b"/MediaBox[0 0 800 600]", form=b"q 0 1 -1 0 800 0 cm /X Do Q").text
    assert "left page" in turned
    assert "right page" not in turned


def test_what_is_shown_in_part_stays():
    content = b"BT /F1 12 Tf 72 700 Td (Shown.) Tj ET BT /F1 12 Tf 580 600 Td (Cut at the edge.) Tj ET"
    assert read(b"/MediaBox[0 0 600 800]", content=content).text == "Shown.\nCut at the edge."


def test_a_page_that_shows_none_of_its_text_keeps_it():
    content = b"BT /F1 12 Tf 72 700 Td (Gate 5 closes at nine.) Tj ET"
    assert read(b"/MediaBox[0 0 1200 400]", content=content).text == "Gate 5 closes at nine."
