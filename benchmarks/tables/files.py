"""Write a document of tables and lists as a real file of its format."""

import csv
from collections.abc import Callable
from html import escape
from pathlib import Path

from benchmarks.tables.office import write_docx, write_pdf, write_xlsx
from benchmarks.tables.source import LEFT, UP, Block, Document, Table
from benchmarks.tables.text import marked, spans


def write_file(document: Document, folder: Path) -> Path:
    """
    Write a document.

    :returns: The file, named after the document.
    """
    file = folder / f"{document.name}.{document.format}"
    WRITERS[document.format](document, file)
    return file


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


WRITERS: dict[str, Callable[[Document, Path], None]] = {
    "csv": _csv,
    "docx": write_docx,
    "html": _html,
    "md": _markdown,
    "pdf": write_pdf,
    "xlsx": write_xlsx,
}
