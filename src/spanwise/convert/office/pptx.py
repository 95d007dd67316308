"""PowerPoint presentations: the slides in their order, with their tables, diagrams and notes; each slide is a page."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from spanwise.convert.extracted import Extracted, is_untitled, one_line
from spanwise.convert.numerals import NUMERALS, integer, span
from spanwise.convert.office.block_writer import BlockWriter
from spanwise.convert.office.drawing import drawing_text
from spanwise.convert.office.package import Package, Relations, nearest
from spanwise.convert.office.word.omml import math_text
from spanwise.convert.raised import raised
from spanwise.convert.symbols import plain_symbols
from spanwise.convert.tables import Cell
from spanwise.errors import ConversionError

_SHAPES = frozenset(["p:sp", "p:graphicFrame", "p:cxnSp"])  # shapes and frames; they may stand in groups
_TITLES = frozenset(["title", "ctrTitle"])
_FURNITURE = frozenset(["dt", "ftr", "sldNum", "hdr"])
_LISTS = frozenset(["body", "obj", "subTitle"])
_AUTO_NUMBER = re.compile(r"(arabic|alphaLc|alphaUc|romanLc|romanUc)(Period|ParenR|ParenBoth|Plain)")
_NUMERALS = {"arabic": "1", "alphaLc": "a", "alphaUc": "A", "romanLc": "i", "romanUc": "I"}
_AROUND = {"Period": "{}.", "ParenR": "{})", "ParenBoth": "({})", "Plain": "{}"}


def convert_pptx(data: bytes) -> Extracted:
    """
    Return the text of a presentation, slide by slide; one that is hidden keeps its number only.

    :raises ConversionError: If it is not a presentation.
    """
    package = Package(data, ".pptx")
    writer = BlockWriter()
    slides = _slides(package)
    if not slides:
        msg = "damaged file or not a .pptx: it has no slides"
        raise ConversionError(msg)
    for slide in slides:
        _slide(writer, package, slide)
    title = package.title()
    return writer.extracted(None if title is None or is_untitled(title) else title)


def _slides(package: Package) -> list[str]:
    main = package.main_part("ppt/presentation.xml")
    root, relations = package.xml(main), package.relations(main)
    ordered = [relations.target(slide.get("r:id")) for slide in root.iter("p:sldId")]
    lying = [name for name in package.names() if re.fullmatch(r"ppt/slides/slide\d+\.xml", name)]
    return ordered or sorted(lying, key=lambda name: (len(name), name))


def _slide(writer: BlockWriter, package: Package, name: str) -> None:
    root, relations = package.xml(name), package.relations(name)
    if not root.tag or root.get("show") in {"0", "false"}:
        writer.begin_section("slide", "")
        return
    shapes = list(nearest(root, _SHAPES))
    titles = [shape for shape in shapes if _placeholder(shape) in _TITLES]
    title = " ".join(text for shape in titles for _, _, text in _paragraphs(shape))
    writer.begin_section("slide", one_line(title) or "")
    writer.paragraph(title)
    for shape in shapes:
        if shape in titles or _placeholder(shape) in _FURNITURE:
            continue
        table = next(shape.iter("a:tbl"), None)
        if table is not None:
            writer.table(_rows(table))
        elif shape.tag == "p:graphicFrame":
            for part in shape.iter():
                drawing = part.get("r:id") or part.get("r:dm") if part.tag in {"c:chart", "dgm:relIds"} else None
                if drawing:
                    writer.paragraph(drawing_text(package.xml(relations.target(drawing))))
        else:
            _text(writer, shape)
    _notes(writer, package, relations)


def _notes(writer: BlockWriter, package: Package, relations: Relations) -> None:
    for notes in map(package.xml, relations.targets("notesSlide")):
        words = [
            t for shape in nearest(notes, _SHAPES) if _placeholder(shape) == "body" for _, _, t in _paragraphs(shape)
        ]
        if words:
            writer.paragraph("Notes: " + "\n".join(words))


def _placeholder(shape: Element) -> str | None:
    found = next(shape.iter("p:ph"), None)
    return None if found is None else found.get("type", "obj")


def _text(writer: BlockWriter, shape: Element) -> None:
    in_list = _placeholder(shape) in _LISTS
    found = list(_paragraphs(shape))
    counts: dict[int, int] = {}
    for level, properties, text in found:
        marks = {child.tag: child for child in properties}
        numbering = marks.get("a:buAutoNum")
        for deeper in [at for at in counts if at > level or (at == level and numbering is None)]:
            del counts[deeper]
        if numbering is not None:
            counts[level] = counts[level] + 1 if level in counts else integer(numbering.get("startAt"), 1)
            writer.item(level, _number(numbering.get("type", ""), counts[level]), text)
        elif "a:buChar" in marks or (in_list and len(found) > 1 and "a:buNone" not in marks):
            writer.item(level, "-", text)
        else:
            writer.paragraph(text)


def _number(kind: str, number: int) -> str:
    match = _AUTO_NUMBER.fullmatch(kind)
    return "-" if match is None else _AROUND[match[2]].format(NUMERALS[_NUMERALS[match[1]]](number))


def _paragraphs(parent: Element) -> Iterator[tuple[int, Element, str]]:
    """Yield the level, the properties and the text of each paragraph that holds any."""
    for paragraph in parent.iter("a:p"):
        text = ""
        for part in paragraph:
            if part.tag == "a:br":
                text += "\n"
            elif part.tag == "a:r" or (part.tag == "a:fld" and part.get("type") != "slidenum"):
                words = plain_symbols("".join(child.text or "" for child in part if child.tag == "a:t"))
                baseline = next((child.get("baseline") or "0" for child in part if child.tag == "a:rPr"), "0")
                text += raised(text, words) if baseline[0] not in "-0" else words
            elif part.tag == "mc:AlternateContent" or part.tag.endswith("m"):
                text += "".join(math_text(math) for math in part.iter("m:oMath"))
        properties = next((child for child in paragraph if child.tag == "a:pPr"), Element(""))
        if text.strip():
            yield integer(properties.get("lvl"), 0), properties, text


def _rows(table: Element) -> list[list[Cell]]:
    return [
        [
            Cell(
                " ".join(" ".join(text for _, _, text in _paragraphs(cell)).split()),
                span(cell.get("gridSpan")),
                span(cell.get("rowSpan")),
            )
            for cell in row
            if cell.tag == "a:tc" and {"1", "true"}.isdisjoint([cell.get("hMerge"), cell.get("vMerge")])
        ]
        for row in table
        if row.tag == "a:tr"
    ]
