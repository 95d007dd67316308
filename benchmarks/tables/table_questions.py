"""Questions on tables and lists: rendered to real files, converted and split as an index does it, in SQuAD's form."""

import argparse
import gzip
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from benchmarks.tables.files import write_file
from benchmarks.tables.placing import nearest_passage, place
from benchmarks.tables.source import Document, Question, load_documents
from benchmarks.tables.text import rows_text

from spanwise.convert import convert_file
from spanwise.errors import ConversionError
from spanwise.types import Passage, SourceText

if TYPE_CHECKING:
    from spanwise.split import Splitter

SOURCE = "tables"
PARTS = ("train", "measure")


@dataclass(slots=True)
class Placed:
    """
    What became of a document.

    :param passages: All of it, as they would be indexed.
    :param questions: With the number of the passage, and the answer's offset in it where there is an answer.
    :param lost: Questions whose answer was not found, each with the reason.
    """

    document: Document
    file: str
    title: str | None = None
    passages: list[Passage] = field(default_factory=list)
    questions: list[tuple[int, Question, dict[str, Any] | None]] = field(default_factory=list)
    lost: list[tuple[Question, str]] = field(default_factory=list)


def place_document(document: Document, source: SourceText, splitter: "Splitter") -> Placed:
    """Cut the text of a document into passages, and find in them what its questions ask for."""
    passages = splitter.split(source)
    placed = Placed(document, source.file, source.title, passages)
    for question in document.questions:
        if question.answer is None:
            number = nearest_passage(question.question, [passage.text for passage in passages])
            placed.questions.append((number, question, None))
            continue
        found = place(source.text, document.find(question), question.answer)
        if found is None:
            placed.lost.append((question, "its row is not in the text"))
            continue
        (start, end), row = found.answer, found.row
        holding = [n for n, passage in enumerate(passages) if passage.start <= row[0] and row[1] <= passage.end]
        if not holding:
            placed.lost.append((question, "its row, or its header where that answers, is cut"))
            continue
        answer = {"text": source.text[start:end], "answer_start": start - passages[holding[0]].start}
        placed.questions.append((holding[0], question, answer))
    return placed


def place_all(documents: Iterable[Document], *, as_rows: bool) -> list[Placed]:
    """
    Render, convert, split and place all documents.

    :param as_rows: Take a text whose table rows are readable by themselves, instead of what the converters make today.
    """
    splitter = default_splitter()
    with TemporaryDirectory() as folder:
        return [_place_file(document, Path(folder), splitter, as_rows=as_rows) for document in documents]


def _place_file(document: Document, folder: Path, splitter: "Splitter", *, as_rows: bool) -> Placed:
    file = f"{document.name}.{document.format}"
    if as_rows:
        return place_document(document, SourceText(file, rows_text(document), "", document.title, None), splitter)
    try:
        source = convert_file(write_file(document, folder), file)
    except ConversionError as error:
        return Placed(document, file, lost=[(question, f"not converted: {error}") for question in document.questions])
    return place_document(document, source, splitter)


def default_splitter() -> "Splitter":
    """Return the splitter of a new index."""
    from spanwise.runtime.default_embedder import DEFAULT_EMBEDDER, embedder_folder
    from spanwise.runtime.tokenizer import load_tokenizer
    from spanwise.split import Splitter, SplitterSettings

    return Splitter(load_tokenizer(embedder_folder(DEFAULT_EMBEDDER)), SplitterSettings())


def squad(placed: Iterable[Placed], suffix: str = "") -> dict[str, Any]:
    """
    Return documents as the data of a SQuAD 2.0 file.

    :param suffix: What the questions' ids end in, to tell two forms of a document apart.
    """
    return {"version": "v2.0", "data": [article for one in placed if (article := _article(one, suffix))["paragraphs"]]}


def _article(placed: Placed, suffix: str) -> dict[str, Any]:
    paragraphs = []
    for number, passage in enumerate(placed.passages):
        qas = [
            {
                "id": question.id + suffix,
                "question": question.question,
                "answers": [answer] if answer else [],
                "is_impossible": answer is None,
            }
            for at, question, answer in placed.questions
            if at == number
        ]
        if qas:
            paragraphs.append(
                {"context": passage.text, "qas": qas, "file": placed.file, "document_title": placed.title}
            )
    return {"title": placed.document.name, "paragraphs": paragraphs}


def report(placed: Sequence[Placed]) -> str:
    """Return what was placed and lost, by format, as Markdown; every lost question is named with the reason."""
    lines = [
        "| format | documents | passages | questions | unanswerable | placed | lost |",
        "|---|---|---|---|---|---|---|",
    ]
    formats = sorted({one.document.format for one in placed})
    for name in [*formats, "all"]:
        group = [one for one in placed if name in (one.document.format, "all")]
        kinds = Counter(question.answer is None for one in group for question in one.document.questions)
        passages = sum(len(one.passages) for one in group)
        found = sum(len(one.questions) for one in group)
        lost = sum(len(one.lost) for one in group)
        lines.append(f"| {name} | {len(group)} | {passages} | {kinds.total()} | {kinds[True]} | {found} | {lost} |")
    losses = [f"- {q.id} ({one.document.format}), {why}: {q.question}" for one in placed for q, why in one.lost]
    return "\n".join([*lines, "", *losses])


def write(placed: Sequence[Placed], out: Path, suffix: str) -> None:
    """Write the SQuAD files of both parts, and all their passages as lines of JSON."""
    out.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        group = [one for one in placed if one.document.part == part]
        with gzip.open(out / f"{part}{suffix}.json.gz", "wt", encoding="utf-8") as stream:
            json.dump(squad(group, suffix), stream, ensure_ascii=False)
        with gzip.open(out / f"corpus-{part}{suffix}.jsonl.gz", "wt", encoding="utf-8") as stream:
            for one in group:
                for passage in one.passages:
                    fields = {"source": SOURCE, "file": one.file, "title": one.title, "start": passage.start}
                    stream.write(json.dumps({**fields, "text": passage.text}, ensure_ascii=False) + "\n")


def main() -> None:
    """Make the files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the SQuAD files and the passages")
    parser.add_argument("--rows", action="store_true", help="each row readable by itself, without conversion")
    parser.add_argument("--report", type=Path, help="Markdown file for what was placed and lost")
    parser.add_argument("--files", type=Path, help="folder to leave the rendered files in, to index and to ask")
    arguments = parser.parse_args()
    documents = load_documents()
    if arguments.files:
        arguments.files.mkdir(parents=True, exist_ok=True)
        for document in documents:
            write_file(document, arguments.files)
    placed = place_all(documents, as_rows=arguments.rows)
    write(placed, arguments.out, "-rows" if arguments.rows else "")
    form = "each row readable by itself, not converted" if arguments.rows else "as the converters make them today"
    text = f"# Questions on tables and lists: {form}\n\n{report(placed)}"
    print(text)
    if arguments.report:
        arguments.report.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
