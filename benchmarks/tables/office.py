"""Write a document of tables and lists as Word, Excel and PDF files."""

from html import escape
from pathlib import Path
from typing import Any

from benchmarks.tables.source import LEFT, UP, Document, Table
from benchmarks.tables.text import marked, spans


def write_docx(document: Document, file: Path) -> None:
    """Write a Word document: real headings, lists and merged cells."""
    import docx

    made = docx.Document()
    made.core_properties.title = document.title
    made.add_heading(document.title, level=1)
    for block in document.blocks:
        if block.kind == "table":
            _docx_table(made, block.content)
        elif block.kind == "terms":
            for term, meaning in block.content:
                made.add_paragraph().add_run(term).bold = True
                made.add_paragraph(meaning)
        elif block.kind in ("list", "steps"):
            style = "List Number" if block.kind == "steps" else "List Bullet"
            for depth, text in block.content:
                made.add_paragraph(text, style=f"{style} {depth + 1}" if depth else style)
        elif block.kind == "heading":
            made.add_heading(block.content, level=2)
        else:
            made.add_paragraph(block.content)
    made.save(str(file))


def _docx_table(made: Any, table: Table) -> None:
    if table.caption:
        made.add_paragraph(table.caption, style="Caption")
    grid = made.add_table(rows=len(table.rows), cols=len(table.rows[0]), style="Table Grid")
    for row, cells in enumerate(table.rows):
        for column, cell in enumerate(cells):
            if cell in (UP, LEFT):
                continue
            columns, rows = spans(table, row, column)
            grid.cell(row, column).merge(grid.cell(row + rows - 1, column + columns - 1)).text = cell


def write_xlsx(document: Document, file: Path) -> None:
    """Write a workbook: a heading begins a sheet of that name, other text stands in the first column."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title, line = document.title[:31], 1
    for number, block in enumerate(document.blocks):
        if block.kind == "heading":
            sheet, line = book.create_sheet(block.content[:31]) if number else sheet, 1
            sheet.title = block.content[:31]
        elif block.kind == "table":
            _xlsx_table(sheet, line, block.content)
            line += len(block.content.rows) + 1
        else:
            texts = [f"{mark} {text}" for mark, _, text in marked(block)] if block.kind != "text" else [block.content]
            for text in texts:
                sheet.cell(line, 1, text)
                line += 1
    book.properties.title = document.title
    book.save(file)


def _xlsx_table(sheet: Any, line: int, table: Table) -> None:
    for row, cells in enumerate(table.rows):
        for column, cell in enumerate(cells):
            if cell in (UP, LEFT, ""):
                continue
            columns, rows = spans(table, row, column)
            sheet.cell(line + row, column + 1, _number(cell))
            if columns > 1 or rows > 1:
                sheet.merge_cells(None, line + row, column + 1, line + row + rows - 1, column + columns)


def _number(cell: str) -> str | int | float:
    """Return a number where a spreadsheet would hold one: not of leading zeros, nor of zeros that it would not show."""
    for kind in (int, float):
        try:
            if str(kind(cell)) == cell:
                return kind(cell)
        except ValueError:
            continue
    return cell


def write_pdf(document: Document, file: Path) -> None:
    """Write a PDF file, in which tables are lines and words at places, as in any other."""
    from reportlab.lib import colors
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, TableStyle
    from reportlab.platypus import Table as Grid

    styles = getSampleStyleSheet()
    story = [Paragraph(escape(document.title), styles["Title"])]
    for block in document.blocks:
        if block.kind == "table":
            table = block.content
            grid = [["" if cell in (UP, LEFT) else _pdf_cell(cell) for cell in cells] for cells in table.rows]
            merged = [
                ("SPAN", (column, row), (column + columns - 1, row + rows - 1))
                for row, cells in enumerate(table.rows)
                for column, cell in enumerate(cells)
                if cell not in (UP, LEFT)
                for columns, rows in [spans(table, row, column)]
                if columns > 1 or rows > 1
            ]
            look = TableStyle([("GRID", (0, 0), (-1, -1), 0.5, colors.grey), ("VALIGN", (0, 0), (-1, -1), "TOP")])
            story += [Paragraph(escape(table.caption), styles["Italic"])] if table.caption else []
            story.append(Grid(grid, style=TableStyle(merged, parent=look), repeatRows=table.headers))
        elif block.kind == "terms":
            story += [
                Paragraph(f"<b>{escape(term)}</b> {escape(text)}", styles["Normal"]) for term, text in block.content
            ]
        elif block.kind in ("list", "steps"):
            for mark, depth, text in marked(block):
                story.append(Paragraph("&nbsp;" * 6 * depth + f"{mark} {escape(text)}", styles["Normal"]))
        else:
            story.append(Paragraph(escape(block.content), styles["Heading2" if block.kind == "heading" else "Normal"]))
        story.append(Spacer(1, 8))
    SimpleDocTemplate(str(file), title=document.title, invariant=True).build(story)


def _pdf_cell(cell: str, width: int = 34) -> str:
    """Break a long cell into lines, as a table on paper does."""
    lines = [""]
    for word in cell.split():
        lines = [*lines[:-1], f"{lines[-1]} {word}".strip()] if len(lines[-1] + word) < width else [*lines, word]
    return "\n".join(lines)
