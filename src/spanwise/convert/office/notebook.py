"""Jupyter notebooks: their cells and the text that they printed."""

import json
from typing import Any

from spanwise.convert.extracted import Extracted
from spanwise.convert.text.plain import convert_plain
from spanwise.errors import ConversionError

_MOST_OUTPUT = 20_000  # characters of one cell


def convert_notebook(data: bytes) -> Extracted:
    """
    Return the cells of a notebook: Markdown and code as they stand, and below code what it printed.

    :param data: The file's bytes.
    :returns: The text, titled by its first top heading.
    :raises ConversionError: If it is no notebook.
    """
    try:
        notebook = json.loads(data)
        sheets = notebook["cells"] if "cells" in notebook else notebook["worksheets"][0]["cells"]
        texts = [text for cell in sheets for text in (_source(cell), *_outputs(cell)) if text.strip()]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        msg = f"damaged file or not a notebook: {type(error).__name__}"
        raise ConversionError(msg) from error
    whole = "\n\n".join(text.strip("\n") for text in texts)
    return Extracted(whole, title=convert_plain(whole.encode("utf-8", "replace"), ".md").title)


def _source(cell: dict[str, Any]) -> str:
    return _joined(cell.get("source", cell.get("input", "")))


def _outputs(cell: dict[str, Any]) -> list[str]:
    shown = ((output.get("text"), output.get("data", {})) for output in cell.get("outputs", []))
    texts = (text or data.get("text/markdown") or data.get("text/plain") or "" for text, data in shown)
    return [_joined(text)[:_MOST_OUTPUT] for text in texts]


def _joined(lines: Any) -> str:
    return lines if isinstance(lines, str) else "".join(map(str, lines))
