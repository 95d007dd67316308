"""Lines that run downwards, as in Japanese and Chinese print: PDFium ends the line after each of their characters."""

import re

_CHARACTERS = r"[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\ufe10-\ufe4f\uff00-\uffef]{1,4}"
_FEWEST = 6  # lines; a column of a table may have short words as well
_RUN = re.compile(rf"(?m)^{_CHARACTERS}(?:\n{_CHARACTERS}){{{_FEWEST - 1},}}$")
_MOST_CHARACTERS = 1.6  # of a line, on average; some hold a mark beside their character


def joined_columns(text: str) -> str:
    """
    Return a page's text in which characters that stand one below the other are one line.

    :param text: With line feeds at the ends of lines.
    """
    return text if text.isascii() else _RUN.sub(_joined, text)


def _joined(match: re.Match[str]) -> str:
    lines = match[0].split("\n")
    return "".join(lines) if sum(map(len, lines)) <= _MOST_CHARACTERS * len(lines) else match[0]
