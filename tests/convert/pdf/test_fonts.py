import io
import subprocess
import sys

import pytest
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from spanwise.convert.pdf.document import convert_pdf


def in_font(name, *lines):
    """A PDF whose lines are in a font that is not in the file; each character stands by itself."""
    pdfmetrics.registerFont(UnicodeCIDFont(name))
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    canvas.setFont(name, 12)
    for number, line in enumerate(lines):
        for at, character in enumerate(line):
            canvas.drawString(50 + 12 * at, 700 - 20 * number, character)
    canvas.save()
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("font", "text"),
    [
        ("HeiseiMin-W3", "\u9580\u306f\u4e5d\u6642\u306b\u9589\u307e\u308b\u3002"),
        ("STSong-Light", "\u5927\u95e8\u4e5d\u70b9\u5173\u95ed\u3002"),
        ("MSung-Light", "\u5927\u9580\u4e5d\u9ede\u95dc\u9589\u3002"),
        ("HYSMyeongJo-Medium", "\ubb38\uc740 \uc544\ud649 \uc2dc\uc5d0 \ub2eb\ub294\ub2e4."),
    ],
)
def test_a_text_whose_font_is_nowhere_is_read(font, text):
    assert convert_pdf(in_font(font, text, text)).text.split() == 2 * text.split()


def test_a_program_that_has_set_fonts_of_its_own_keeps_them():
    code = (
        "import pypdfium2\n"
        "own = pypdfium2.PdfSysfontBase()\n"
        "own.setup()\n"
        "from spanwise.convert.pdf.fonts import install_blank_font\n"
        "install_blank_font()\n"
        "assert pypdfium2.PdfSysfontBase.SINGLETON is own\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
