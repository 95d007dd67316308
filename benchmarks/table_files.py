"""Write a document of tables and lists as a real file of its format."""

import csv
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

from table_source import LEFT, UP, Block, Document, Table


def write_file(document: Document, folder: Path) -> Path:
    """
    Write a document.

    :returns: The file, named after the document.
    """
    file = folder / f"{document.name}.{document.format}"
    WRITERS[document.format](document, file)
    return file


def spans(table: Table, row: int, column: int) -> tuple[int, int]:
    """Return how many columns and rows a cell spans."""
    cells = table.rows[row]
    columns = next((n for n in range(1, len(cells) - column) if cells[column + n] != LEFT), len(cells) - column)
    below = [line[column] for line in table.rows[row + 1 :]]
    return columns, next((n for n, cell in enumerate(below, start=1) if cell != UP), len(below) + 1)


def rows_text(document: Document) -> str:
    """
    Return a document as text in which each row of a table is readable by itself.

    Empty cells are left out, merged ones repeated: "Article: A-1003; Name: Telescopic ladder; Price: 149".
    """
    parts = [document.title, *(_block_text(block) for block in document.blocks)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _block_text(block: Block) -> str:
    if block.kind == "table":
        table = block.content
        lines = [table.caption] if table.caption else []
        lines += [row_text(table, row) for row in range(table.headers, len(table.rows))]
        return "\n".join(lines)
    if block.kind == "terms":
        return "\n".join(f"{term}\n    {meaning}" for term, meaning in block.content)
    if block.kind in ("list", "steps"):
        return "\n".join("  " * depth + f"{mark} {text}" for mark, depth, text in marked(block))
    return str(block.content)


def row_text(table: Table, row: int) -> str:
    """Return one row of a table with the header of each column."""
    labels = table.labels() if table.headers else [""] * len(table.rows[row])
    cells = [(label, table.cell(row, column)) for column, label in enumerate(labels)]
    if not table.headers and len(cells) == 2:
        return f"{cells[0][1]}: {cells[1][1]}"
    return "; ".join(f"{label}: {cell}" if label else cell for label, cell in cells if cell)


def marked(block: Block) -> list[tuple[str, int, str]]:
    """Return the items of a list with their marks, "-" or numbers that begin anew at each depth."""
    numbers: dict[int, int] = {}
    items = []
    for depth, text in block.content:
        numbers = {known: number for known, number in numbers.items() if known <= depth}
        numbers[depth] = numbers.get(depth, 0) + 1
        items.append((f"{numbers[depth]}." if block.kind == "steps" else "-", depth, text))
    return items


def _html(document: Document, file: Path) -> None:
    body = "\n".join(_html_block(block) for block in document.blocks)
    title = escape(document.title)
    file.write_text(
        f'<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{title}</title></head>\n'
        f"<body>\n<main>\n<h1>{title}</h1>\n{body}\n</main>\n</body>\n</html>\n",
        encoding="utf-8",
    )


def _html_block(block: Block) -> str:
    if block.kind == "table":
        return _html_table(block.content)
    if block.kind == "terms":
        pairs = "\n".join(f"<dt>{escape(term)}</dt><dd>{escape(meaning)}</dd>" for term, meaning in block.content)
        return f"<dl>\n{pairs}\n</dl>"
    if block.kind in ("list", "steps"):
        return _html_list(block.content, "ol" if block.kind == "steps" else "ul")
    tag = "h2" if block.kind == "heading" else "p"
    return f"<{tag}>{escape(block.content)}</{tag}>"


def _html_list(items: list[tuple[int, str]], tag: str) -> str:
    lines: list[str] = []
    depth = -1
    for level, text in items:
        if level > depth:
            lines.append(f"<{tag}>" * (level - depth))
        else:
            lines.append("</li>" + f"</{tag}></li>" * (depth - level))
        lines.append(f"<li>{escape(text)}")
        depth = level
    return "\n".join(lines) + f"</li></{tag}>" * (depth + 1)


def _html_table(table: Table) -> str:
    lines = ["<table>"]
    if table.caption:
        lines.append(f"<caption>{escape(table.caption)}</caption>")
    for row, cells in enumerate(table.rows):
        tag = "th" if row < table.headers else "td"
        made = ""
        for column, cell in enumerate(cells):
            if cell in (UP, LEFT):
                continue
            columns, rows = spans(table, row, column)
            attributes = (f' colspan="{columns}"' if columns > 1 else "") + (f' rowspan="{rows}"' if rows > 1 else "")
            made += f"<{tag}{attributes}>{escape(cell)}</{tag}>"
        lines.append(f"<tr>{made}</tr>")
    return "\n".join([*lines, "</table>"])


def _markdown(document: Document, file: Path) -> None:
    parts = [f"# {document.title}", *(_markdown_block(block) for block in document.blocks)]
    file.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _markdown_block(block: Block) -> str:
    if block.kind == "table":
        table = block.content
        lines = ["| " + " | ".join("" if cell in (UP, LEFT) else cell for cell in cells) + " |" for cells in table.rows]
        lines.insert(1 if table.headers else 0, "|" + "---|" * len(table.rows[0]))
        if not table.headers:
            lines.insert(0, "|" + " |" * len(table.rows[0]))
        return "\n".join([f"{table.caption}\n", *lines] if table.caption else lines)
    if block.kind == "terms":
        return "\n".join(f"**{term}**: {meaning}  " for term, meaning in block.content)
    if block.kind in ("list", "steps"):
        return "\n".join("    " * depth + f"{mark} {text}" for mark, depth, text in marked(block))
    return f"## {block.content}" if block.kind == "heading" else str(block.content)


def _csv(document: Document, file: Path) -> None:
    """Write the one table of a document, with nothing beside it."""
    (table,) = (block.content for block in document.blocks)
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([["" if cell in (UP, LEFT) else cell for cell in cells] for cells in table.rows])


def _docx(document: Document, file: Path) -> None:
    from docx import Document as new_document

    made = new_document()
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


def _xlsx(document: Document, file: Path) -> None:
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


def _pdf(document: Document, file: Path) -> None:
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
            story += [Paragraph(f"<b>{escape(term)}</b> {escape(text)}", styles["Normal"]) for term, text in block.content]
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


WRITERS: dict[str, Callable[[Document, Path], None]] = {
    "csv": _csv,
    "docx": _docx,
    "html": _html,
    "md": _markdown,
    "pdf": _pdf,
    "xlsx": _xlsx,
}
