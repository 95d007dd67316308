"""Jupyter notebooks: their cells and the text that they printed."""

import json
import re
from typing import Any

from spanwise.convert.extracted import Extracted, heading_parts, one_line, ordered
from spanwise.convert.html.page import convert_html
from spanwise.convert.text.outline import markdown_headings
from spanwise.errors import ConversionError
from spanwise.types import Part

_TERMINAL_CODE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")  # colors and the like (ECMA-48, section 5.4)
_OBJECT = re.compile(r"<[\w.]+ (?:object|at 0x).*>")  # what stands for an output that only a browser shows
_MOST_OUTPUT = 20_000  # characters of one output: half from its beginning, half from its end
_CUT = "... Part of a long output is left out here ..."
_CUT_WARNING = "The middle of outputs that are longer than 20,000 characters was not read."


def convert_notebook(data: bytes) -> Extracted:
    """
    Return the cells of a notebook: Markdown and code as they stand, and below code what it printed.

    :returns: The text, with the headings of its Markdown cells, titled by the first top one.
    :raises ConversionError: If it is no notebook.
    """
    try:
        notebook = json.loads(data)
        sheets = notebook["cells"] if "cells" in notebook else notebook["worksheets"][0]["cells"]
        cells = [
            (cell.get("cell_type") == "markdown", _joined(cell.get("source", cell.get("input", ""))), _outputs(cell))
            for cell in sheets
        ]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        msg = f"damaged file or not a notebook: {type(error).__name__}"
        raise ConversionError(msg) from error
    texts, length, headings = list[str](), 0, list[tuple[int, int, str]]()
    for is_markdown, source, outputs in cells:
        found = list(markdown_headings(source.strip("\n"))) if is_markdown else []
        headings += [(at + length, level, one_line(title) or "") for at, level, title in found]
        for text in (source, *outputs):
            if text.strip():
                texts.append(text.strip("\n"))
                length += len(texts[-1]) + len("\n\n")
    whole = "\n\n".join(texts)
    title = next((title for _, level, title in headings if level == 1 and title), None)
    cuts = [Part(cut.start(), cut.end(), "left_out", "bound") for cut in re.finditer(re.escape(_CUT), whole)]
    parts = ordered(heading_parts(headings, len(whole)), cuts)
    return Extracted(whole, title=title, parts=parts, warning=_CUT_WARNING if cuts else "")


def _outputs(cell: dict[str, Any]) -> list[str]:
    return [_bounded(_TERMINAL_CODE.sub("", _output(output))) for output in cell.get("outputs", [])]


def _output(output: dict[str, Any]) -> str:
    if output.get("output_type") in {"error", "pyerr"}:
        return f"{output.get('ename', '')}: {output.get('evalue', '')}"
    data = output.get("data", {})
    text = _joined(output.get("text") or data.get("text/markdown") or data.get("text/plain") or "")
    html = _joined(data.get("text/html") or "")
    return convert_html(html.encode(errors="replace")).text if html and _OBJECT.fullmatch(text.strip()) else text


def _bounded(text: str) -> str:
    half = _MOST_OUTPUT // 2
    return text if len(text) <= _MOST_OUTPUT else f"{text[:half]}\n\n{_CUT}\n\n{text[-half:]}"


def _joined(lines: Any) -> str:
    return lines if isinstance(lines, str) else "".join(map(str, lines))
