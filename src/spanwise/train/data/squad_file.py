"""SQuAD files as they are written, with their faults and with fields that SQuAD does not have."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spanwise.errors import UsageError
from spanwise.squad import read_text

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """
    A right answer as a file has it.

    :param start: Offset into the context, in characters; None where the file gives no number.
    """

    text: str
    start: int | None

    def stands_in(self, context: str) -> bool:
        """Whether the answer stands in the context at its offset."""
        return self.start is not None and self.start >= 0 and context.startswith(self.text, self.start)


@dataclass(frozen=True, slots=True)
class Entry:
    """
    A question as a file has it.

    :param id: The empty text where the file gives none.
    :param impossible: The file's `is_impossible`; None where it has no such flag.
    :param fields: All that the file says of it.
    :param where: Its place in the file, such as "data[0].paragraphs[2].qas[1]".
    """

    id: str
    question: str
    answers: tuple[Answer, ...]
    impossible: bool | None
    fields: Mapping[str, Any]
    where: str

    @property
    def answerable(self) -> bool:
        """Whether the file gives it a right answer and does not call it impossible."""
        return bool(self.answers) and not self.impossible


@dataclass(frozen=True, slots=True)
class Paragraph:
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
    articles: tuple[tuple[Mapping[str, Any], tuple[Paragraph, ...]], ...]

    def paragraphs(self) -> Iterator[Paragraph]:
        """Yield the paragraphs of all articles in order."""
        for _, paragraphs in self.articles:
            yield from paragraphs

    def questions(self) -> Iterator[tuple[Paragraph, Entry]]:
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
    text = read_text(path)
    try:
        data = _list(json.loads(text)["data"])
    except (ValueError, KeyError, TypeError) as error:
        found = f"no JSON (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else 'no list "data"'
        msg = f'expected SQuAD\'s JSON, {{"data": [...]}}, in {path}, found {found}; name another file'
        raise UsageError(msg) from error
    where = "data[0]"
    articles = []
    try:
        for number, article in enumerate(data):
            where = f"data[{number}]"
            paragraphs = tuple(_paragraphs(article, where))
            articles.append((article, paragraphs))
    except (KeyError, TypeError, AttributeError) as error:
        msg = f"expected SQuAD's article, paragraph and question in {path}, found {error!r} in {where}; correct it"
        raise UsageError(msg) from error
    file = SquadFile(path, tuple(articles))
    held = any(True for _ in (file.paragraphs() if contexts_only else file.questions()))
    if not held:
        msg = f"expected {'contexts' if contexts_only else 'questions'} in {path}, found none; name another file"
        raise UsageError(msg)
    return file


def _paragraphs(article: Fields, where: str) -> Iterator[Paragraph]:
    title = article.get("title")
    for number, paragraph in enumerate(_list(article["paragraphs"])):
        place = f"{where}.paragraphs[{number}]"
        entries = tuple(_entry(entry, f"{place}.qas[{index}]") for index, entry in enumerate(_list(paragraph["qas"])))
        yield Paragraph(_text(paragraph["context"]), entries, paragraph, place, title if isinstance(title, str) else "")


def _entry(fields: Fields, where: str) -> Entry:
    found = fields.get("id")
    impossible = fields.get("is_impossible")
    answers = _list([] if fields.get("answers") is None else fields["answers"])
    return Entry(
        id=found if isinstance(found, str) else "",
        question=_text(fields["question"]),
        answers=tuple(_answer(answer) for answer in answers),
        impossible=impossible if isinstance(impossible, bool) else None,
        fields=fields,
        where=where,
    )


def _answer(fields: Fields) -> Answer:
    start = fields.get("answer_start")
    return Answer(_text(fields["text"]), start if isinstance(start, int) and not isinstance(start, bool) else None)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        msg = f"{value!r} where a text should be"
        raise TypeError(msg)
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        msg = f"{value!r} where a list should be"
        raise TypeError(msg)
    return value
