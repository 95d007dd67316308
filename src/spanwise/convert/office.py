"""Further formats through Kreuzberg, which the `office` extra installs."""

from collections.abc import Mapping
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

from spanwise.convert.extracted import Extracted, one_line
from spanwise.errors import ConversionError

_OOXML = "application/vnd.openxmlformats-officedocument"
OFFICE_TYPES = {
    ".csv": "text/csv",
    ".doc": "application/msword",
    ".eml": "message/rfc822",
    ".epub": "application/epub+zip",
    ".msg": "application/vnd.ms-outlook",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ppt": "application/vnd.ms-powerpoint",
    ".pptx": f"{_OOXML}.presentationml.presentation",
    ".rtf": "application/rtf",
    ".tsv": "text/tab-separated-values",
    ".xls": "application/vnd.ms-excel",
    ".xlsx": f"{_OOXML}.spreadsheetml.sheet",
}


def has_office_extra() -> bool:
    """Return whether Kreuzberg is installed."""
    return find_spec("kreuzberg") is not None


def convert_office(data: bytes, suffix: str) -> Extracted:
    """
    Return the text that Kreuzberg finds.

    :param data: The file's bytes.
    :param suffix: A key of `OFFICE_TYPES`.
    :returns: The text; slides count as pages.
    :raises ConversionError: If Kreuzberg cannot read it.
    """
    from kreuzberg import (  # type: ignore[import-not-found, unused-ignore]
        ExtractionConfig,
        KreuzbergError,
        PageConfig,
        extract_bytes_sync,
    )

    # Its cache would be a folder of texts in the current directory.
    config = ExtractionConfig(use_cache=False, output_format="plain", pages=PageConfig(extract_pages=True))
    try:
        result = extract_bytes_sync(data, OFFICE_TYPES[suffix], config)
    except KreuzbergError as error:
        msg = f"damaged, encrypted or not a {suffix} file: {one_line(str(error), limit=160)}"
        raise ConversionError(msg) from error
    title = one_line(result.metadata.get("title") or result.metadata.get("subject"))
    return Extracted(
        result.content, title=title, page_starts=_page_starts(result.content, result.metadata.get("pages"))
    )


def _page_starts(text: str, pages: Mapping[str, Any] | None) -> tuple[int, ...] | None:
    if pages is None or pages.get("unit_type") not in {"page", "slide"}:
        return None
    encoded = text.encode()
    # Kreuzberg counts bytes.
    starts = [len(encoded[: page["byte_start"]].decode("utf-8", "ignore")) for page in pages.get("boundaries") or ()]
    ascending = starts[:1] == [0] and all(before <= after for before, after in pairwise(starts))
    return tuple(starts) if ascending else None
