"""
Write the PDF and Word files of `data/sample` from the plain texts in `data/sources`.

The same sources give the same bytes: the files carry one fixed date and no random identifiers.
The Markdown, HTML and text files of the sample are written by hand and are not touched.

A source starts with `key: value` lines (output, title, byline; for a PDF also running and page), then a blank line.
Its blocks are separated by blank lines: `## heading`, lines of `- item`, rows of `| cell | cell |`, or a paragraph.

Run it as `python data/make_sample.py` in an environment with reportlab and python-docx.
"""

import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import docx
from reportlab.lib import colors
from reportlab.lib.enums import TA_JUSTIFY
from reportlab.lib.pagesizes import A4, A5
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import ListFlowable, Paragraph, SimpleDocTemplate, Table

DATA = Path(__file__).resolve().parent
WRITTEN = dt.datetime(2024, 6, 1, 12, 0, 0)
FRAME_PADDING = 6  # points, what reportlab leaves on either side of the text
TITLE = ParagraphStyle("title", fontName="Helvetica-Bold", fontSize=18, leading=22, spaceAfter=6)
BYLINE = ParagraphStyle("byline", fontName="Times-Italic", fontSize=10, leading=13, spaceAfter=12)
HEADING = ParagraphStyle(
    "heading", fontName="Helvetica-Bold", fontSize=12.5, leading=16, spaceBefore=10, spaceAfter=4, keepWithNext=True
)
BODY = ParagraphStyle("body", fontName="Times-Roman", fontSize=10.5, leading=14, spaceAfter=6, alignment=TA_JUSTIFY)
CELL = ParagraphStyle("cell", fontName="Times-Roman", fontSize=9.5, leading=12)
HEAD_CELL = ParagraphStyle("head-cell", parent=CELL, fontName="Times-Bold")


def read_source(text: str) -> tuple[dict[str, str], list[tuple[str, list[str]]]]:
    """
    Split a source into its fields and its blocks.

    :param text: The whole source.
    :returns: The fields of the head, and `(kind, items)` for each block: kind is heading, list, table or text.
    """
    head, *bodies = text.strip().split("\n\n")
    fields = dict(line.split(": ", 1) for line in head.splitlines())
    blocks: list[tuple[str, list[str]]] = []
    for body in bodies:
        lines = body.splitlines()
        if body.startswith("## "):
            blocks.append(("heading", [body[3:]]))
        elif body.startswith("- "):
            blocks.append(("list", [line[2:] for line in lines]))
        elif body.startswith("|"):
            blocks.append(("table", lines))
        else:
            blocks.append(("text", [" ".join(lines)]))
    return fields, blocks


def cells(row: str) -> list[str]:
    """Split a table row at its bars."""
    return [cell.strip() for cell in row.strip("|").split("|")]


def pdf_table(rows: list[str], width: float) -> Table:
    """
    Lay out a table over the whole width of the text.

    :param rows: Rows of `| cell | cell |`, the first one being the head.
    :param width: The width in points, above 0.
    """
    grid = [[Paragraph(escape(cell), CELL if n else HEAD_CELL) for cell in cells(row)] for n, row in enumerate(rows)]
    table = Table(grid, colWidths=[width / len(grid[0])] * len(grid[0]), spaceBefore=4, spaceAfter=10)
    table.setStyle(
        [
            ("LINEBELOW", (0, 0), (-1, 0), 0.8, colors.black),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 1), (-1, -1), 0.25, colors.grey),
        ]
    )
    return table


def write_pdf(path: Path, fields: dict[str, str], blocks: list[tuple[str, list[str]]]) -> None:
    """
    Write a PDF with a running head and page numbers.

    :param path: The file to write.
    :param fields: The head of the source.
    :param blocks: The blocks of the source.
    """
    page = {"A4": A4, "A5": A5}[fields["page"]]
    margin = 26 * mm if page == A4 else 18 * mm
    document = SimpleDocTemplate(
        str(path),
        pagesize=page,
        leftMargin=margin,
        rightMargin=margin,
        topMargin=22 * mm,
        bottomMargin=20 * mm,
        title=fields["title"],
        author="Ostrel Observatory",
        invariant=1,
    )

    def decorate(canvas: Canvas, layout: SimpleDocTemplate) -> None:
        canvas.setFont("Times-Italic", 9)
        if layout.page > 1:
            canvas.drawString(margin + FRAME_PADDING, page[1] - 14 * mm, fields["running"])
        canvas.drawCentredString(page[0] / 2, 11 * mm, str(layout.page))

    story: list[Any] = [Paragraph(escape(fields["title"]), TITLE), Paragraph(escape(fields["byline"]), BYLINE)]
    for kind, items in blocks:
        if kind == "table":
            story.append(pdf_table(items, document.width - 2 * FRAME_PADDING))
        elif kind == "list":
            story.append(ListFlowable([Paragraph(escape(item), BODY) for item in items], bulletType="bullet"))
        else:
            story.append(Paragraph(escape(items[0]), HEADING if kind == "heading" else BODY))
    document.build(story, onFirstPage=decorate, onLaterPages=decorate)


def write_docx(path: Path, fields: dict[str, str], blocks: list[tuple[str, list[str]]]) -> None:
    """
    Write a Word file whose core properties and archive entries carry a fixed date.

    :param path: The file to write.
    :param fields: The head of the source.
    :param blocks: The blocks of the source.
    """
    document = docx.Document()
    properties = document.core_properties
    properties.title, properties.author, properties.last_modified_by = fields["title"], "Ostrel Observatory", ""
    properties.created = properties.modified = WRITTEN
    properties.revision, properties.comments = 1, ""
    document.add_heading(fields["title"], 0)
    document.add_paragraph().add_run(fields["byline"]).italic = True
    for kind, items in blocks:
        if kind == "heading":
            document.add_heading(items[0], 1)
        elif kind == "table":
            grid = [cells(row) for row in items]
            table = document.add_table(len(grid), len(grid[0]), style="Light Grid Accent 1")
            for row, texts in zip(table.rows, grid, strict=True):
                for cell, text in zip(row.cells, texts, strict=True):
                    cell.text = text
        else:
            for item in items:
                document.add_paragraph(item, style="List Bullet" if kind == "list" else None)
    saved = io.BytesIO()
    document.save(saved)
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in sorted(old.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            info = zipfile.ZipInfo(entry, WRITTEN.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, old.read(entry))


def main() -> None:
    """Write every file that has a source."""
    for source in sorted((DATA / "sources").glob("*.txt")):
        fields, blocks = read_source(source.read_text(encoding="utf-8"))
        path = DATA / "sample" / fields["output"]
        path.parent.mkdir(parents=True, exist_ok=True)
        (write_pdf if path.suffix == ".pdf" else write_docx)(path, fields, blocks)


if __name__ == "__main__":
    main()
