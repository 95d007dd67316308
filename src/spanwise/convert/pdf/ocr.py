"""
Pages of a PDF that have no text: why they were not read, or what OCR reads on them.

That is RapidOCR (the `ocr` extra), else Tesseract where it is installed.
"""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from enum import Enum, auto
from functools import cache, cached_property
from importlib.util import find_spec
from itertools import count, groupby
from pathlib import Path
from typing import Any

from spanwise.convert.pdf.lines.functions import unchecked

OCR_REMEDY = "pip install 'spanwise[ocr]' reads scanned pages"
_SCALE = 200 / 72  # 200 dots an inch
_MOST_PIXELS = 40_000_000  # of one page
_SECONDS = 120  # for one page
_DEEPEST = 3  # forms one inside the other
_MOST_NAMED = 10  # pages, or stretches of them


class Unread(Enum):
    """Why a page has no text here though it has some on paper."""

    DAMAGED = auto()
    GARBLED = auto()
    """Its fonts do not say which characters they show, and nothing that reads pictures is installed."""
    LATE = auto()
    """Those before it took the time that one file may take."""
    PICTURE = auto()
    """Nothing that reads pictures is installed."""


Page = tuple[str, Unread | None]  # its text, or why it has none


class Ocr:
    """
    Reads pages that have no text, or none that says which characters it shows, where something that can is installed.

    :param ends: The time, as `time.monotonic` tells it, from which it reads no more.
    """

    def __init__(self, ends: float) -> None:
        self._ends = ends

    @cached_property
    def _is_there(self) -> bool:
        return can_read()

    def read(self, document: Any, index: int, page: Any, *, has_codes: bool) -> Page:
        """
        Return the words on a page, or why it has none.

        :param document: The document of pypdfium2, from which the page is opened once more to be drawn.
        :param has_codes: Whether it has a text, of codes that stand for nothing known.
        """
        import pypdfium2.raw as pdfium

        if not self._is_there:
            if has_codes:
                return "", Unread.GARBLED
            return "", Unread.PICTURE if _has_picture(page) else None
        if pdfium.FPDFPage_CountObjects(page) <= 0:
            return "", None
        if time.monotonic() >= self._ends:
            return "", Unread.LATE
        with closing(document[index]) as drawn:
            text = read_page(drawn)
        return text, Unread.DAMAGED if has_codes and not text.strip() else None


def can_read() -> bool:
    """Return whether pages that are pictures can be read here."""
    return find_spec("rapidocr_onnxruntime") is not None or shutil.which("tesseract") is not None


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


def _has_picture(owner: Any, kind: str = "Page", depth: int = 1) -> bool:
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
        if found == pdfium.FPDF_PAGEOBJ_FORM and depth < _DEEPEST and _has_picture(item, "FormObj", depth + 1):
            return True
    return False


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


def warning_of(reasons: Sequence[Unread | None]) -> str:
    """
    Return what was not read of a document, and what to do.

    >>> warning_of([None, Unread.DAMAGED, None])
    'page 2 could not be read: it is damaged'

    :param reasons: For each page why it was not read; None where it was.
    :returns: "" where every page was read.
    """
    said = []
    damaged, garbled, late, pictures = ([at for at, why in enumerate(reasons, 1) if why is one] for one in Unread)
    if damaged:
        said.append(f"{_named(damaged)} could not be read: {'it is' if len(damaged) == 1 else 'they are'} damaged")
    if garbled:
        whose = "its" if len(garbled) == 1 else "their"
        reason = f"{whose} fonts do not say which characters they show: {OCR_REMEDY}"
        said.append(f"{_named(garbled)} could not be read, as {reason}")
    if late:
        said.append(f"{_named(late)} not read: OCR took too long; allow it more with --limit seconds=NUMBER")
    if pictures:
        said.append(f"{len(pictures)} of {len(reasons)} pages have no text (scanned?): {OCR_REMEDY}")
    return "; ".join(said)


def _named(numbers: list[int]) -> str:
    """
    Return pages as a person says them.

    >>> _named([3]), _named([1, 2, 3, 7])
    ('page 3', 'pages 1-3, 7')
    """
    steps = count()
    runs = [list(run) for _, run in groupby(numbers, key=lambda number: number - next(steps))]
    named = ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs[:_MOST_NAMED])
    more = f" and {sum(map(len, runs[_MOST_NAMED:])):,} more" if len(runs) > _MOST_NAMED else ""
    return f"{'page' if len(numbers) == 1 else 'pages'} {named}{more}"
