"""
A font in the place of those that neither a PDF nor the machine has.

PDFium passes over characters that nothing can draw, so that the text of a Chinese, Japanese or Korean file whose fonts
are not in it would depend on the fonts that happen to be installed. `blank.ttf` draws a box for every character;
`data/make_blank_font.py` makes it.
"""

import ctypes
from functools import cache
from importlib.resources import files
from logging import getLogger
from typing import Any

import pypdfium2

_LOGGER = getLogger(__name__)
_WESTERN = frozenset({0, 1, 2})  # ANSI, default and symbol; PDFium has fonts of its own for them
_HANDLE = 0x53504E57  # anything that is no address of a font of the system
_COLLECTION = 0x74746366  # "ttcf": PDFium asks whether the file holds several fonts


@cache
def install_blank_font() -> None:
    """Let PDFium have the font, once for the process; not where the program has set fonts of its own."""
    if pypdfium2.PdfSysfontBase.SINGLETON is not None:
        return
    try:
        _fonts_of(files(__package__).joinpath("blank.ttf").read_bytes()).setup()
    except pypdfium2.PdfiumError as error:  # a system of which PDFium knows no fonts
        _LOGGER.debug("no fonts but those in the files: %s", error)


def _fonts_of(blank: bytes) -> Any:
    """Return the fonts of the system, and the blank one for scripts of which it has none."""

    class Fonts(pypdfium2.PdfSysfontBase):  # type: ignore[misc]  # PDFium calls its methods (fpdf_sysfontinfo.h)
        def MapFont(self, this: Any, weight: int, italic: int, charset: int, pitch: int, face: Any, exact: Any) -> Any:  # noqa: N802
            found = super().MapFont(this, weight, italic, charset, pitch, face, exact)
            return found or (None if charset in _WESTERN else _HANDLE)

        def GetFontData(self, this: Any, font: int, table: int, buffer: Any, size: int) -> int:  # noqa: N802
            if font != _HANDLE:
                return int(super().GetFontData(this, font, table, buffer, size))
            if table == _COLLECTION:
                return 0
            if buffer and size >= len(blank):
                ctypes.memmove(buffer, blank, len(blank))
            return len(blank)

        def GetFaceName(self, this: Any, font: int, buffer: Any, size: int) -> int:  # noqa: N802
            return 0 if font == _HANDLE else int(super().GetFaceName(this, font, buffer, size))

        def GetFontCharset(self, this: Any, font: int) -> int:  # noqa: N802
            return 1 if font == _HANDLE else int(super().GetFontCharset(this, font))

        def DeleteFont(self, this: Any, font: int) -> None:  # noqa: N802
            if font != _HANDLE:
                super().DeleteFont(this, font)

    return Fonts()
