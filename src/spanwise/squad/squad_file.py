"""SQuAD files as they are written, with their faults and with fields that SQuAD does not have."""

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spanwise.errors import UsageError

GZIP = b"\x1f\x8b"
Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class GoldAnswer:
    """
    A right answer.

    :param start: Offset into the context, in characters; None if the file gives no number. In a question to be asked
        it is also None if the answer does not stand there: `context[start:start + len(text)] == text`.
    """

    text: str
    start: int | None = None

    def stands_in(self, context: str) -> bool:
        """Whether the answer stands in the context at its offset."""
        return self.start is not None and self.start >= 0 and context.startswith(self.text, self.start)


@dataclass(frozen=True, slots=True)
class Entry:
    """
    A question as a file has it.

    :param id: The empty text where the file gives none.
    :param impossible: The file's `is_impossible`; None if it has no such flag.
    :param fields: All that the file says of it.
    :param where: Its place in the file, such as "data[0].paragraphs[2].qas[1]".
    """

    id: str
    question: str
    answers: tuple[GoldAnswer, ...]
    impossible: bool | None
    fields: Mapping[str, Any]
    where: str

    @property
    def answerable(self) -> bool:
        """Whether the file gives it a right answer and does not call it impossible."""
        return bool(self.answers) and not self.impossible


@dataclass(frozen=True, slots=True)
class SquadParagraph:
    """A context and the questions about it; `title` is its article's, or the empty text."""

    context: str
    entries: tuple[Entry, ...]
    fields: Mapping[str, Any]
    where: str
    title: str


@dataclass(frozen=True, slots=True)
class SquadFile:
    """A file: for each article its own fields and its paragraphs."""

    path: Path
    articles: tuple[tuple[Mapping[str, Any], tuple[SquadParagraph, ...]], ...]

    def paragraphs(self) -> Iterator[SquadParagraph]:
        """Yield the paragraphs of all articles in order."""
        for _, paragraphs in self.articles:
            yield from paragraphs

    def questions(self) -> Iterator[tuple[SquadParagraph, Entry]]:
        """Yield all questions in order, each with its paragraph."""
        for paragraph in self.paragraphs():
            for entry in paragraph.entries:
                yield paragraph, entry


def read_squad(path: Path | str, *, contexts_only: bool = False) -> SquadFile:
    """
    Read a file of SQuAD 1.1 or 2.0, gzipped or not, whose questions may be at fault.

    :param contexts_only: Whether contexts will do, without any question.
    :raises UsageError: If the file cannot be read, is not made of articles, paragraphs and questions, or is empty.
    """
    path = Path(path)
    file = SquadFile(path, tuple(read_articles(path, contexts_only=contexts_only)))
    if next(file.paragraphs() if contexts_only else file.questions(), None) is None:
        msg = f"expected {'contexts' if contexts_only else 'questions'} in {path}, found none; name another file"
        raise UsageError(msg)
    return file


def read_articles(path: Path, *, contexts_only: bool = False) -> Iterator[tuple[Fields, tuple[SquadParagraph, ...]]]:
    """
    Yield the articles of a SQuAD file, with their own fields and their paragraphs.

    :param contexts_only: Whether a paragraph may have no list of questions.
    :raises UsageError: If the file cannot be read, or is not made of articles, paragraphs and questions.
    """
    where = "data"
    try:
        for number, article in enumerate(_data(path)):
            where = f"data[{number}]"
            title, paragraphs = article.get("title"), []
            for index, paragraph in enumerate(list_of(article["paragraphs"])):
                where = place = f"data[{number}].paragraphs[{index}]"
                context, entries = text_of(paragraph["context"]), []
                asked = paragraph.get("qas", []) if contexts_only else paragraph["qas"]
                for which, fields in enumerate(list_of(asked)):
                    where = f"{place}.qas[{which}]"
                    entries.append(entry_of(fields, where))
                named = title if isinstance(title, str) else ""
                paragraphs.append(SquadParagraph(context, tuple(entries), paragraph, place, named))
            yield article, tuple(paragraphs)
    except (KeyError, TypeError, AttributeError) as error:
        msg = f"expected SQuAD's article, paragraph and question in {path}, found {error!r} in {where}; correct it"
        raise UsageError(msg) from error


def entry_of(fields: Fields, where: str) -> Entry:
    """
    Return a question as SQuAD's JSON has it.

    :param where: Its place in the file.
    :raises KeyError, TypeError, AttributeError: If it has no question, or something is of another type.
    """
    found = fields.get("id")
    impossible = fields.get("is_impossible")
    answers = list_of([] if fields.get("answers") is None else fields["answers"])
    return Entry(
        id=found if isinstance(found, str) else "",
        question=text_of(fields["question"]),
        answers=tuple(_answer(answer) for answer in answers),
        impossible=impossible if isinstance(impossible, bool) else None,
        fields=fields,
        where=where,
    )


def read_text(path: Path) -> str:
    """
    Read a text file, gzipped or not.

    :raises UsageError: If it cannot be read, or is not UTF-8.
    """
    try:
        content = path.read_bytes()
        if content.startswith(GZIP):
            content = gzip.decompress(content)
        return content.decode("utf-8-sig")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        msg = f"expected a whole gzip file in {path}, found a damaged one ({error}); fetch it again"
        raise UsageError(msg) from error
    except OSError as error:
        msg = f"expected a file of questions at {path}: {error.strerror}"
        raise UsageError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"expected UTF-8 in {path}, found {error.reason} at byte {error.start}; convert the file"
        raise UsageError(msg) from error


def json_lines(path: Path) -> Iterator[tuple[int, Any]]:
    """
    Yield the values of a file of JSON lines, gzipped or not, with the numbers of their lines; empty lines have none.

    :raises UsageError: If the file cannot be read, or a line is no JSON.
    """
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line)
        except ValueError as error:
            msg = f"expected JSON in line {number} of {path}, found {line.strip()[:60]!r}; correct the line"
            raise UsageError(msg) from error


def _data(path: Path) -> list[Any]:
    text = read_text(path)
    try:
        return list_of(json.loads(text)["data"])
    except (ValueError, KeyError, TypeError) as error:
        found = f"no JSON (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else 'no list "data"'
        lines = (
            "" if path.name.endswith((".jsonl", ".jsonl.gz")) else ", or one that ends in .jsonl for lines of questions"
        )
        msg = f'expected SQuAD\'s JSON, {{"data": [...]}}, in {path}, found {found}; name another file{lines}'
        raise UsageError(msg) from error


def _answer(fields: Fields) -> GoldAnswer:
    start = fields.get("answer_start")
    is_number = isinstance(start, int) and not isinstance(start, bool)
    return GoldAnswer(text_of(fields["text"]), start if is_number else None)


def text_of(value: Any) -> str:
    """Return a value of JSON that has to be a text."""
    if not isinstance(value, str):
        msg = f"{value!r} where a text should be"
        raise TypeError(msg)
    return value


def list_of(value: Any) -> list[Any]:
    """Return a value of JSON that has to be a list."""
    if not isinstance(value, list):
        msg = f"{value!r} where a list should be"
        raise TypeError(msg)
    return value
