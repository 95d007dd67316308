import sys

import pytest

from scans import scanned
from spanwise.convert.pdf import ocr as pdf_ocr
from spanwise.convert.pdf.document import convert_pdf
from spanwise.errors import ConversionError


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
    found = convert_pdf(scanned("Typed.", None, "", None))
    assert found.text == "Typed.\n\f\n\f\n\f"
    assert found.warning == "2 of 4 pages have no text (scanned?): pip install 'spanwise[ocr]' reads scanned pages"


def test_a_file_that_is_read_whole_has_no_warning(tesseract):
    assert convert_pdf(scanned("Typed.", None, "")).warning == ""


def test_pieces_become_lines():
    def piece(left, top, words):
        return [[left, top], [left + 90, top], [left + 90, top + 20], [left, top + 20]], words, 0.9

    found = [piece(300, 12, "07:45."), piece(10, 10, "It opens at"), piece(10, 60, "Daily.")]
    assert pdf_ocr._lines(found) == ["It opens at 07:45.", "Daily."]
