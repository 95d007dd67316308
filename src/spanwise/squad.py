"""Questions with their right answers, from SQuAD files or lines of JSON."""

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from spanwise.errors import UsageError

LINES = (".jsonl", ".jsonl.gz")
GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class GoldAnswer:
    """
    A right answer.

    :param start: Offset into the question's context, `context[start:start + len(text)] == text`; None where the file
        gives none, or one at which the answer does not stand.
    """

    text: str
    start: int | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """
    A question with its right answers.

    :param answers: In the order of the file; none for a question that cannot be answered.
    :param context: The text that it was asked of, or None.
    :param title: The title of the article that the context is from, or None.
    :param file: The file that holds the answer, relative to an indexed folder, or None.
    """

    id: str
    question: str
    answers: tuple[GoldAnswer, ...]
    context: str | None = None
    title: str | None = None
    file: str | None = None

    @property
    def answerable(self) -> bool:
        """Whether it has a right answer, as SQuAD's official script decides it."""
        return bool(self.answers)

    @property
    def golds(self) -> list[str]:
        """The texts of the right answers."""
        return [answer.text for answer in self.answers]


@dataclass(frozen=True, slots=True)
class Misplaced:
    """An answer that does not stand where its file says; `found` is what stands there."""

    question_id: str
    answer: str
    start: int
    found: str


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """
    The questions of a file.

    :param name: The file's name without its extension.
    :param misplaced: Answers that do not stand in the context where the file says. Their texts still count as right
        answers; their offsets are dropped.
    """

    name: str
    questions: tuple[Question, ...]
    misplaced: tuple[Misplaced, ...] = ()


def read_questions(file: Path | str, *, limit: int | None = None) -> QuestionSet:
    """
    Read a file of SQuAD 1.1 or 2.0 (.json), or of questions in lines (.jsonl); either may be gzipped.

    A line is {"question": "...", "answers": ["...", ...]} and may have an "id" and the "file" that holds the answer;
    one without answers is a question that cannot be answered.

    :param limit: Read only so many questions; None reads all.
    :raises UsageError: If the file cannot be read, is neither, holds no question, or has an id twice.
    """
    path = Path(file)
    text = read_text(path)
    entries = _from_lines(path, text) if path.name.lower().endswith(LINES) else _from_squad(path, text)
    questions: dict[str, Question] = {}
    misplaced: list[Misplaced] = []
    for question, wrong in islice(entries, limit):
        if question.id in questions:
            msg = f"expected every id once in {path}, found {question.id!r} again; give each question its own"
            raise UsageError(msg)
        questions[question.id] = question
        misplaced.extend(wrong)
    if not questions:
        msg = f"expected questions in {path}, found none; name another file"
        raise UsageError(msg)
    return QuestionSet(_stem(path), tuple(questions.values()), tuple(misplaced))


def _stem(path: Path) -> str:
    name = path.name.removesuffix(".gz")
    return name.removesuffix(".jsonl").removesuffix(".json")


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


Entry = tuple[Question, list[Misplaced]]


def _from_squad(path: Path, text: str) -> Iterator[Entry]:
    try:
        articles = json.loads(text)["data"]
    except (ValueError, KeyError, TypeError) as error:
        found = f"no JSON (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else 'no list "data"'
        msg = f'expected SQuAD\'s JSON, {{"data": [...]}}, in {path}, found {found}; lines of questions end in .jsonl'
        raise UsageError(msg) from error
    last = "the beginning"
    try:
        for article in articles:
            for paragraph in article["paragraphs"]:
                for entry in paragraph["qas"]:
                    question, wrong = _question(entry, article.get("title"), paragraph["context"])
                    yield question, wrong
                    last = f"question {question.id!r}"
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        msg = f"expected SQuAD's article, paragraph and question in {path}, found {error!r} after {last}; correct it"
        raise UsageError(msg) from error


def _question(entry: dict[str, Any], title: str | None, context: str) -> Entry:
    answers, wrong = [], []
    question_id = _text(entry["id"])
    for answer in _list(entry.get("answers")):
        text, start = _text(answer["text"]), answer.get("answer_start")
        if start is not None and (start < 0 or context[start : start + len(text)] != text):
            wrong.append(Misplaced(question_id, text, start, context[max(0, start) : max(0, start) + len(text)]))
            start = None
        answers.append(GoldAnswer(text, start))
    return Question(question_id, _asked(entry["question"]), tuple(answers), _text(context), title), wrong


def _from_lines(path: Path, text: str) -> Iterator[Entry]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            answers = tuple(GoldAnswer(_text(answer)) for answer in _list(entry.get("answers")))
            file = entry.get("file")
            question = Question(
                id=str(entry.get("id", number)),
                question=_asked(entry["question"]),
                answers=answers,
                file=None if file is None else _text(file),
            )
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            msg = (
                f'expected {{"question": "...", "answers": ["...", ...]}} in line {number} of {path}, found '
                f"{line.strip()[:60]!r}; correct the line"
            )
            raise UsageError(msg) from error
        yield question, []


def _text(value: Any) -> str:
    if not isinstance(value, str):
        msg = f"{value!r} where a text should be"
        raise TypeError(msg)
    return value


def _asked(value: Any) -> str:
    if not _text(value).strip():
        msg = "an empty question"
        raise ValueError(msg)
    return _text(value)


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        msg = f"{value!r} where a list should be"
        raise TypeError(msg)
    return value
