"""A source text as values that JSON has, and back: checked, since an index or a parser may be a stranger's."""

from collections.abc import Mapping
from dataclasses import astuple
from itertools import pairwise
from typing import Any, TypeVar, get_args

from spanwise.types import Part, PartKind, SourceText

T = TypeVar("T")
_KINDS = get_args(PartKind)


def source_fields(source: SourceText) -> dict[str, Any]:
    """Return all of a source text but its file's name, by name."""
    return {
        "text": source.text,
        "title": source.title,
        "sha256": source.sha256,
        "page_starts": None if source.page_starts is None else list(source.page_starts),
        "page_labels": None if source.page_labels is None else list(source.page_labels),
        "parts": [list(astuple(part)) for part in source.parts],
        "has_lines": source.has_lines,
        "warning": source.warning,
        "wants_ocr": source.wants_ocr,
    }


def source_from_fields(file: str, fields: Mapping[str, Any]) -> SourceText:
    """
    Return the source text that `source_fields` gave the fields of.

    :param fields: Where one but the text and its digest is not there, the text has nothing of the kind.
    :raises ValueError: If one is of another type, or a page or a part lies outside of the text.
    """
    text = _typed(fields.get("text"), str, f"the text of {file!r}")
    title, starts, labels = (fields.get(name) for name in ("title", "page_starts", "page_labels"))
    if starts is not None and not (are_offsets(starts, len(text)) and list(starts[:1]) == [0]):
        msg = f"expected the offsets of the pages of {file!r}, found {str(starts)[:60]}"
        raise ValueError(msg)
    if labels is not None:
        labels = [_typed(label, str, f"a page label of {file!r}") for label in _listed(labels, file)]
    return SourceText(
        file=file,
        text=text,
        sha256=_typed(fields.get("sha256"), str, f"the digest of {file!r}"),
        title=None if title is None else _typed(title, str, f"the title of {file!r}"),
        page_starts=None if starts is None else tuple(starts),
        page_labels=None if labels is None else tuple(labels),
        parts=tuple(_part(part, file, len(text)) for part in _listed(fields.get("parts", ()), file)),
        has_lines=_typed(fields.get("has_lines", True), bool, f"whether {file!r} has lines"),
        warning=_typed(fields.get("warning", ""), str, f"the warning of {file!r}"),
        wants_ocr=_typed(fields.get("wants_ocr", False), bool, f"whether {file!r} has pages to read by OCR"),
    )


def are_offsets(values: Any, length: int) -> bool:
    """Return whether these are places in a text of that length, none before the one before it."""
    return (
        isinstance(values, (list, tuple))
        and all(type(value) is int and 0 <= value <= length for value in values)
        and all(before <= after for before, after in pairwise(values))
    )


def _part(stored: object, file: str, length: int) -> Part:
    """Return a part of a text: a slice of it, of a known kind; a row that has a number has one that is short."""
    values = _listed(stored, file)
    if len(values) == 4 and are_offsets(values[:2], length) and values[2] in _KINDS and isinstance(values[3], str):
        start, end, kind, value = values
        if kind != "row" or not value or (value.isascii() and value.isdigit() and len(value) < 12):
            return Part(start, end, kind, value)
    msg = f"expected the start, end, kind and value of a part of {file!r}, found {str(values)[:60]}"
    raise ValueError(msg)


def _listed(value: object, file: str) -> list[Any] | tuple[Any, ...]:
    if not isinstance(value, (list, tuple)):
        msg = f"expected a list of what {file!r} has, found {str(value)[:60]}"
        raise ValueError(msg)
    return value


def _typed(value: object, kind: type[T], what: str) -> T:
    if not isinstance(value, kind):
        msg = f"expected {what} as {kind.__name__}, found {str(value)[:60]}"
        raise ValueError(msg)
    return value
