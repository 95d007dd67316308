"""Pages that are pictures, read by RapidOCR (the `ocr` extra), else by Tesseract where it is installed."""

import shutil
import subprocess
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from spanwise.convert.pdf.lines.functions import unchecked

OCR_REMEDY = "pip install 'spanwise[ocr]' reads scanned pages"
_SCALE = 200 / 72  # 200 dots an inch
_MOST_PIXELS = 40_000_000  # of one page
_SECONDS = 120  # for one page
_DEEPEST = 3  # forms one inside the other


def can_read() -> bool:
    """Return whether pages that are pictures can be read here."""
    return find_spec("rapidocr_onnxruntime") is not None or shutil.which("tesseract") is not None


def has_picture(owner: Any, kind: str = "Page", depth: int = 1) -> bool:
    """
    Return whether there is a picture on a page, of which it may be a scan if it has no text.

    :param owner: PDFium's page, or a form on it.
    :param kind: What PDFium calls it: "Page" or "FormObj".
    :param depth: How many owners there are, one inside the other.
    """
    import pypdfium2.raw as pdfium

    get, get_kind = unchecked(f"FPDF{kind}_GetObject"), unchecked("FPDFPageObj_GetType")
    for at in range(getattr(pdfium, f"FPDF{kind}_CountObjects")(owner)):
        item = get(owner, at)
        found = get_kind(item)
        if found == pdfium.FPDF_PAGEOBJ_IMAGE:
            return True
        if found == pdfium.FPDF_PAGEOBJ_FORM and depth < _DEEPEST and has_picture(item, "FormObj", depth + 1):
            return True
    return False


def is_blank(page: Any) -> bool:
    """
    Return whether nothing at all is drawn on a page.

    :param page: PDFium's page.
    """
    import pypdfium2.raw as pdfium

    return int(pdfium.FPDFPage_CountObjects(page)) <= 0


def read_page(page: Any) -> str:
    """
    Return the words on a page that is a picture or a drawing, "" for one without any.

    :param page: A page of pypdfium2.
    """
    width, height = page.get_size()
    scale = min(_SCALE, (_MOST_PIXELS / max(width * height, 1)) ** 0.5)
    picture = page.render(scale=scale)
    if find_spec("rapidocr_onnxruntime") is not None:
        found, _ = _engine()(picture.to_numpy())
        return "\n".join(_lines(found or []))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "page.png")
        picture.to_pil().save(path)
        command = ["tesseract", str(path), "stdout"]
        try:
            done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else ""


@cache
def _engine() -> Any:
    from rapidocr_onnxruntime import RapidOCR  # type: ignore[import-not-found, unused-ignore]

    return RapidOCR()


def _lines(found: list[Any]) -> list[str]:
    """Return recognized pieces, each a quadrangle and its words, as lines from top to bottom and left to right."""
    pieces = []
    for corners, words, *_ in found:
        tops, lefts = [corner[1] for corner in corners], [corner[0] for corner in corners]
        pieces.append((min(tops), max(tops), min(lefts), words))
    lines: list[list[tuple[float, float, float, str]]] = []
    for piece in sorted(pieces):
        middle = (piece[0] + piece[1]) / 2
        if lines and lines[-1][-1][0] <= middle <= lines[-1][-1][1]:
            lines[-1].append(piece)
        else:
            lines.append([piece])
    return [" ".join(piece[3] for piece in sorted(line, key=lambda piece: piece[2])) for line in lines]
