"""Questions with their right answers, from SQuAD files or lines of JSON."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from spanwise.errors import UsageError
from spanwise.squad.squad_file import Entry, GoldAnswer, json_lines, list_of, read_articles, text_of

__all__ = ["GoldAnswer", "Misplaced", "Question", "QuestionSet", "question_of", "read_questions"]

LINES = (".jsonl", ".jsonl.gz")


@dataclass(frozen=True, slots=True)
class Question:
    """
    A question with its right answers.

    :param answers: In the order of the file; none for a question that cannot be answered.
    :param context: The text that it was asked of, or None.
    :param title: The title of the article that the context is from, or None.
    :param file: The file that holds the answer, relative to an indexed folder, or None.
    :param rejected: Answers that are known to be wrong.
    """

    id: str
    question: str
    answers: tuple[GoldAnswer, ...]
    context: str | None = None
    title: str | None = None
    file: str | None = None
    rejected: tuple[str, ...] = ()

    @property
    def settled(self) -> bool:
        """Whether more is known than that some answers are wrong: its right answers, or that it has none."""
        return bool(self.answers) or not self.rejected

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
    one without answers is a question that cannot be answered, unless it has "rejected": ["...", ...], answers that are
    wrong, and then nothing else is known of it.

    :param limit: Read only so many questions; None reads all.
    :raises UsageError: If the file cannot be read, is neither, holds no question, or has an id twice.
    """
    path = Path(file)
    entries = _from_lines(path) if path.name.lower().endswith(LINES) else _from_squad(path)
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
    name = path.name.removesuffix(".gz").removesuffix(".jsonl").removesuffix(".json")
    return QuestionSet(name, tuple(questions.values()), tuple(misplaced))


def question_of(entry: Entry, context: str, title: str | None, source: Path | str) -> tuple[Question, list[Misplaced]]:
    """
    Return a question to be asked of its context, and which of its answers do not stand where the file says.

    :param source: Where it is from, for errors.
    :raises UsageError: If its id or an offset is of another type, or it asks nothing.
    """
    question_id = entry.fields.get("id")
    if not isinstance(question_id, str) or not entry.question.strip():
        found = "an empty question" if isinstance(question_id, str) else f"the id {question_id!r}"
        msg = f"expected a question with an id in {source}, found {found} in {entry.where}; correct it"
        raise UsageError(msg)
    answers, wrong = [], []
    for answer, fields in zip(entry.answers, entry.fields.get("answers") or (), strict=True):
        if answer.start is None and fields.get("answer_start") is not None:
            found = fields["answer_start"]
            msg = f"expected offsets that are numbers in {source}, found {found!r} in {entry.where}; correct it"
            raise UsageError(msg)
        if answer.start is None or answer.stands_in(context):
            answers.append(answer)
            continue
        begin = max(0, answer.start)
        wrong.append(Misplaced(question_id, answer.text, answer.start, context[begin : begin + len(answer.text)]))
        answers.append(GoldAnswer(answer.text))
    return Question(question_id, entry.question, tuple(answers), context, title or None), wrong


def _from_squad(path: Path) -> Iterator[tuple[Question, list[Misplaced]]]:
    for _, paragraphs in read_articles(path):
        for paragraph in paragraphs:
            for entry in paragraph.entries:
                yield question_of(entry, paragraph.context, paragraph.title, path)


def _from_lines(path: Path) -> Iterator[tuple[Question, list[Misplaced]]]:
    for number, entry in json_lines(path):
        try:
            question = Question(
                id=str(entry.get("id", number)),
                question=text_of(entry["question"]),
                answers=tuple(GoldAnswer(text_of(answer)) for answer in list_of(entry.get("answers") or [])),
                file=None if entry.get("file") is None else text_of(entry["file"]),
                rejected=tuple(text_of(answer) for answer in list_of(entry.get("rejected") or [])),
            )
        except (KeyError, TypeError, AttributeError):
            question = None
        if question is None or not question.question.strip():
            msg = (
                f'expected {{"question": "...", "answers": ["...", ...]}} in line {number} of {path}, found '
                f"{entry!r:.60}; correct the line"
            )
            raise UsageError(msg)
        yield question, []
