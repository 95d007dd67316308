"""Documents of tables and lists as text: rows that are readable by themselves, items with their marks."""

from benchmarks.tables.source import LEFT, UP, Block, Document, Table


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
