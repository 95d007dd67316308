"""Layers of a PDF that are switched off: what stands on them is not shown."""

import re
from collections.abc import Sequence
from ctypes import byref, c_ulong, create_string_buffer
from typing import Any

import pypdfium2.raw as pdfium

from spanwise.convert.pdf.lines.functions import as_wide
from spanwise.convert.pdf.objects import Stream, object_of, offsets_of

_MOST_OBJECTS = 100_000  # of one page
_DEEPEST = 9  # forms one inside the other
_REFERENCE = re.compile(rb"(\d+)\s+\d+\s+R")


def hidden_layers(data: bytes, unpacked: Sequence[Stream]) -> frozenset[str]:
    """
    Return the names of the layers that are off when the file is opened.

    :param data: The file's bytes. PDFium has no call that tells this.
    :param unpacked: Its object streams.
    """
    if b"OCG" not in data and not unpacked:
        return frozenset()
    texts = [data, *(text for text, _ in unpacked)]
    if not all(any(name in text for text in texts) for name in (b"/OCProperties", b"/OFF")):
        return frozenset()
    whole = b"\n".join(texts)
    at = whole.rfind(b"/OCProperties")
    streams = [(text, offsets_of(text, first)) for text, first in unpacked]
    properties = whole[at : at + 100_000]
    reference = re.match(rb"/OCProperties\s*(\d+)\s+\d+\s+R", properties)
    if reference is not None:
        properties = object_of(data, streams, int(reference[1]))
    groups = _references(properties, rb"/OCGs")
    default = re.search(rb"/D\s*(\d+)\s+\d+\s+R", properties)
    if default is not None:
        properties = object_of(data, streams, int(default[1]))
    off = _references(properties, rb"/OFF")
    if re.search(rb"/BaseState\s*/OFF", properties):
        off = [group for group in groups if group not in _references(properties, rb"/ON")]
    if not off:
        return frozenset()
    names = [_name(object_of(data, streams, number)) for number in off]
    shown = [_name(object_of(data, streams, number)) for number in groups if number not in off]
    return frozenset(name for name in names if name and name not in shown)


def remove_hidden(page: Any, hidden: frozenset[str]) -> None:
    """
    Take what stands on hidden layers off a page, in memory.

    :param page: A page of pypdfium2.
    :param hidden: The names of the layers.
    """
    of_page = pdfium.FPDFPage_CountObjects, pdfium.FPDFPage_GetObject, pdfium.FPDFPage_RemoveObject
    of_form = pdfium.FPDFFormObj_CountObjects, pdfium.FPDFFormObj_GetObject, pdfium.FPDFFormObj_RemoveObject
    pending = [(page, 0)]
    while pending:
        owner, depth = pending.pop()
        count, get, remove = of_form if depth else of_page
        for item in [get(owner, at) for at in range(min(count(owner), _MOST_OBJECTS))]:
            if _layers(item) & hidden:
                remove(owner, item)
            elif pdfium.FPDFPageObj_GetType(item) == pdfium.FPDF_PAGEOBJ_FORM and depth < _DEEPEST:
                pending.append((item, depth + 1))


def _layers(item: Any) -> set[str]:
    """Return the names of the layers that a page's object is marked with."""
    found = set()
    for at in range(pdfium.FPDFPageObj_CountMarks(item)):
        mark = pdfium.FPDFPageObj_GetMark(item, at)
        length, buffer = c_ulong(), create_string_buffer(2000)
        pdfium.FPDFPageObjMark_GetParamStringValue(mark, b"Name", as_wide(buffer), len(buffer), byref(length))
        if 2 < length.value <= len(buffer):
            found.add(buffer.raw[: length.value - 2].decode("utf-16-le", "replace"))
    return found


def _references(text: bytes, key: bytes) -> list[int]:
    match = re.search(key + rb"\s*\[([^\]]*)\]", text)
    return [int(number) for number in _REFERENCE.findall(match[1])] if match is not None else []


def _name(group: bytes) -> str:
    literal = re.search(rb"/Name\s*\(((?:\\.|[^\\)])*)\)", group, re.DOTALL)
    coded = re.search(rb"/Name\s*<([0-9A-Fa-f\s]*)>", group)
    if literal is not None:
        raw = re.sub(rb"\\([0-7]{1,3})", lambda m: bytes([int(m[1], 8) & 255]), literal[1])
        raw = re.sub(rb"\\(.)", rb"\1", raw, flags=re.DOTALL)
    elif coded is not None:
        digits = b"".join(coded[1].split()).decode()
        raw = bytes.fromhex(digits + "0" * (len(digits) % 2))
    else:
        return ""
    return raw[2:].decode("utf-16-be", "replace") if raw.startswith(b"\xfe\xff") else raw.decode("latin-1")
