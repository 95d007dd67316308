"""Documents made of tables and lists, and the questions on them, as written in documents/*.yaml."""

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "documents"
UP, LEFT = "^", "<"  # a cell that goes on from the one above, or from the one on its left


@dataclass(frozen=True, slots=True)
class Table:
    """
    A table.

    :param rows: Cells of equal number in every row, as written: `UP` and `LEFT` mark what was merged.
    :param headers: How many of the rows are headers.
    """

    rows: list[list[str]]
    headers: int = 1
    caption: str | None = None

    def cell(self, row: int, column: int) -> str:
        """Return the text that a reader sees at a place, of a merged cell too."""
        while self.rows[row][column] in (UP, LEFT):
            if self.rows[row][column] == UP:
                row -= 1
            else:
                column -= 1
        return self.rows[row][column]

    def labels(self) -> list[str]:
        """Return the header of each column: that of a spanning one, a slash, and its own."""
        labels = []
        for column in range(len(self.rows[0])):
            parts = dict.fromkeys(self.cell(row, column) for row in range(self.headers))
            labels.append(" / ".join(part for part in parts if part))
        return labels


@dataclass(frozen=True, slots=True)
class Block:
    """
    A part of a document.

    :param kind: "heading", "text", "table", "list" or "steps" (items with their depth), or "terms" (pairs).
    """

    kind: str
    content: Any


@dataclass(frozen=True, slots=True)
class Unit:
    """
    What an answer stands in: a row, an item, a term with its meaning, a paragraph or a heading.

    :param cells: The texts that make it up, in order, those of merged cells repeated.
    :param own: Which of them are written in the row itself.
    :param labels: Headers of the columns; empty where there are none.
    """

    block: int
    cells: list[str]
    own: list[bool]
    labels: list[str]


@dataclass(frozen=True, slots=True)
class Target:
    """
    Where an answer stands.

    :param column: Which cell of the unit.
    :param in_label: Whether it is the column's header that answers, not the cell.
    """

    unit: Unit
    column: int
    in_label: bool


@dataclass(frozen=True, slots=True)
class Question:
    """
    A question.

    :param answer: The words that answer it; None for a question that the document does not answer.
    :param row: Words that only the unit of the answer holds.
    :param column: The header of the cell, where the unit alone does not tell; None elsewhere.
    """

    id: str
    question: str
    answer: str | None = None
    row: str | None = None
    column: str | None = None


@dataclass(frozen=True)
class Document:
    """
    A document.

    :param format: The suffix of the file that it becomes.
    :param part: "train" or "measure".
    """

    name: str
    title: str
    format: str
    part: str
    blocks: list[Block]
    questions: list[Question]

    @cached_property
    def units(self) -> list[Unit]:
        """All that an answer can stand in, in order."""
        return [unit for number, block in enumerate(self.blocks) for unit in _units(number, block)]

    def find(self, question: Question) -> Target:
        """
        Return where the answer to an answerable question stands.

        :raises ValueError: If there is no such place, or more than one, or the question has no answer.
        """
        if question.answer is None:
            msg = f"{question.id}: expected an answerable question, found one without an answer"
            raise ValueError(msg)
        units = [unit for unit in self.units if any(_holds(cell, question.row or "") for cell in unit.cells)]
        found = [
            Target(unit, column, in_label)
            for unit in units
            for column, in_label in _places(unit, question.answer, question.column)
        ]
        if len(found) != 1:
            msg = f"{question.id}: expected one place of {question.answer!r} in {question.row!r}, found {len(found)}"
            raise ValueError(msg)
        return found[0]


def load_documents(folder: Path = FOLDER) -> list[Document]:
    """Return the documents of all files of a folder, in the order of their names."""
    return [
        _document(fields) for file in sorted(folder.glob("*.yaml")) for fields in yaml.safe_load_all(file.read_text())
    ]


def _document(fields: dict[str, Any]) -> Document:
    name = fields["name"]
    lines = [line for line in fields["questions"].splitlines() if line.strip()]
    questions = [_question(f"tables-{name}-{number}", line) for number, line in enumerate(lines)]
    blocks = [_block(block) for block in fields["blocks"]]
    return Document(name, fields["title"], fields["format"], fields["part"], blocks, questions)


def _question(question_id: str, line: str) -> Question:
    """Read "question => answer @ row # column", of which a question without an answer has the first part alone."""
    question, arrow, rest = line.strip().partition(" => ")
    if not arrow:
        return Question(question_id, question)
    answer, _, place = rest.partition(" @ ")
    row, _, column = place.partition(" # ")
    return Question(question_id, question, answer.strip(), row.strip() or answer.strip(), column.strip() or None)


def _block(fields: dict[str, Any]) -> Block:
    if "table" in fields:
        rows = [[cell.strip() for cell in line.split("|")] for line in fields["table"].splitlines() if line.strip()]
        return Block("table", Table(rows, fields.get("headers", 1), fields.get("caption")))
    kind, content = next(iter(fields.items()))
    lines = content.splitlines()
    if kind == "terms":
        return Block(kind, [tuple(part.strip() for part in line.split("::", 1)) for line in lines])
    if kind in ("list", "steps"):
        return Block(kind, [((len(line) - len(line.lstrip())) // 2, line.strip().removeprefix("- ")) for line in lines])
    return Block(kind, " ".join(content.split()))


def _units(number: int, block: Block) -> list[Unit]:
    if block.kind == "table":
        table = block.content
        captions = [Unit(number, [table.caption], [True], [])] if table.caption else []
        return captions + [
            Unit(
                number,
                [table.cell(row, column) for column in range(len(cells))],
                [cell not in (UP, LEFT) for cell in cells],
                table.labels(),
            )
            for row, cells in enumerate(table.rows)
            if row >= table.headers
        ]
    if block.kind == "terms":
        return [Unit(number, list(pair), [True, True], []) for pair in block.content]
    texts = [text for _, text in block.content] if block.kind in ("list", "steps") else [block.content]
    return [Unit(number, [text], [True], []) for text in texts]


def _places(unit: Unit, answer: str, column: str | None) -> list[tuple[int, bool]]:
    repeated = [before == after for before, after in pairwise(["", *unit.cells])]
    wanted = [
        number
        for number in range(len(unit.cells))
        if column is None or (number < len(unit.labels) and _holds(unit.labels[number], column))
    ]
    inside = [
        number for number in wanted if _holds(unit.cells[number], answer) and (unit.own[number] or not repeated[number])
    ]
    if inside or column is None:
        return [(number, False) for number in inside]
    return [(number, True) for number in wanted if _holds(unit.labels[number], answer)]


def _holds(text: str, words: str) -> bool:
    return re.search(bounded(words), text) is not None


def bounded(words: str) -> str:
    """Return a pattern that finds words, however they are spaced, but not a part of a longer word or number."""
    before = r"(?<!\w)(?<!\d[.,])" if words[:1].isalnum() else ""
    after = r"(?!\w)(?![.,]?\d)" if words[-1:].isalnum() else ""
    return before + r"\s+".join(re.escape(word) for word in words.split()) + after
