import io
import sys

import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from spanwise.convert.pdf import ocr as pdf_ocr
from spanwise.convert.pdf.document import convert_pdf
from spanwise.errors import ConversionError


def scanned(*texts):
    """A PDF with a page for each text; None is a picture."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(300, 400))
    picture = ImageReader(Image.new("RGB", (60, 80), "white"))
    for text in texts:
        if text is None:
            canvas.drawImage(picture, 0, 0, 300, 400)
        else:
            canvas.drawString(50, 300, text)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


@pytest.fixture
def tesseract(tmp_path, monkeypatch):
    """A program in Tesseract's place that says what it was given."""
    program = tmp_path / "tesseract"
    program.write_text(f"#!{sys.executable}\nimport sys\nprint(sys.argv[1][-8:], sys.argv[2])\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(pdf_ocr, "find_spec", lambda name: None)


@pytest.fixture
def nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(pdf_ocr, "find_spec", lambda name: None)


def test_only_pages_without_text_are_read(tesseract):
    assert convert_pdf(scanned("Typed.", None, "")).text == "Typed.\n\fpage.png stdout\n\f"


def test_without_it_the_reason_says_how(nothing):
    with pytest.raises(ConversionError, match=r"no text on any of its 1 pages.*pip install 'spanwise\[ocr\]'"):
        convert_pdf(scanned(None))
    assert convert_pdf(scanned("Typed.", None)).text == "Typed.\n\f"


def test_pieces_become_lines():
    def piece(left, top, words):
        return [[left, top], [left + 90, top], [left + 90, top + 20], [left, top + 20]], words, 0.9

    found = [piece(300, 12, "07:45."), piece(10, 10, "It opens at"), piece(10, 60, "Daily.")]
    assert pdf_ocr._lines(found) == ["It opens at 07:45.", "Daily."]
