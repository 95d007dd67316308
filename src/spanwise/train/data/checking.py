"""Check SQuAD files before a reader is trained on them: faults within one, and evaluation files leaking into it."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from spanwise.errors import UsageError
from spanwise.progress import ReportStep
from spanwise.squad.squad_file import Entry, GoldAnswer, SquadFile, SquadParagraph, read_squad
from spanwise.train.data.ngrams import Ngrams, ngrams_of, normalized_question, overlap, words_of

KINDS = {
    "misplaced_answer": "answers that do not stand at their offset",
    "wordless_answer": "answers without a word",
    "empty_context": "contexts without a word",
    "empty_question": "questions without a word",
    "impossible_with_answers": "questions flagged impossible that have answers",
    "possible_without_answers": "questions flagged possible that have no answer",
    "no_id": "questions whose id is no text",
    "repeated_id": "ids that an earlier question has",
    "repeated_question": "questions asked before of the same context",
    "contradiction": "questions both answered and called impossible of the same context",
    "leaked_context": "contexts that stand in an evaluation file",
    "leaked_question": "questions that stand in an evaluation file",
}
"""Kinds of faults, and what they are."""
NEAR = 0.3
"""Share of the smaller context's runs of eight words from which two contexts count as the same."""


@dataclass(frozen=True, slots=True)
class Fault:
    """
    A fault in a SQuAD file.

    :param kind: A key of `KINDS`.
    :param where: Its place in the file, such as "data[0].paragraphs[2].qas[1]".
    :param question_id: None if it is a context that is at fault.
    :param detail: What was found, in words.
    """

    kind: str
    where: str
    question_id: str | None
    detail: str


def find_faults(file: SquadFile) -> Iterator[Fault]:
    """Yield what is wrong within a file, in the order of the file."""
    ids: dict[str, Entry] = {}
    for paragraph in file.paragraphs():
        if not words_of(paragraph.context):
            yield Fault("empty_context", paragraph.where, None, f"{paragraph.context!r}")
        for entry in paragraph.entries:
            yield from _of_entry(paragraph, entry)
            if entry.id and entry.id in ids:
                first = ids[entry.id]
                which = "the same question" if first.question == entry.question else "another question"
                yield Fault("repeated_id", entry.where, entry.id, f"{which} has it in {first.where}")
            ids.setdefault(entry.id, entry)
    yield from _asked_again(file)


def first_offsets(text: str, context: str) -> list[int]:
    """Return the first two offsets at which a text stands in a context."""
    first = context.find(text)
    second = context.find(text, first + 1) if first >= 0 else -1
    return [place for place in (first, second) if place >= 0]


def same_question(file: SquadFile) -> dict[tuple[str, str], list[Entry]]:
    """Group the questions that are asked in the same words of the same context, in the order of the file."""
    groups: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for paragraph, entry in file.questions():
        asked = normalized_question(entry.question)
        if asked:
            groups[paragraph.context, asked].append(entry)
    return groups


def contradict(entries: list[Entry]) -> bool:
    """Tell whether some of these questions are answered and others called impossible."""
    return len({bool(entry.answers) for entry in entries}) > 1


def _of_entry(paragraph: SquadParagraph, entry: Entry) -> Iterator[Fault]:
    if not entry.id:
        yield Fault("no_id", entry.where, None, f"{entry.fields.get('id')!r}")
    if not words_of(entry.question):
        yield Fault("empty_question", entry.where, entry.id, f"{entry.question!r}")
    if entry.impossible and entry.answers:
        yield Fault("impossible_with_answers", entry.where, entry.id, f"{entry.answers[0].text!r}")
    if entry.impossible is False and not entry.answers:
        yield Fault("possible_without_answers", entry.where, entry.id, f"{entry.question!r}")
    for answer in entry.answers:
        if not words_of(answer.text):
            yield Fault("wordless_answer", entry.where, entry.id, f"{answer.text!r}")
        elif not answer.stands_in(paragraph.context):
            yield Fault("misplaced_answer", entry.where, entry.id, _misplaced(answer, paragraph.context))


def _misplaced(answer: GoldAnswer, context: str) -> str:
    if answer.start is None:
        there = "without an offset"
    else:
        at = max(0, answer.start)
        there = f"at {answer.start}, where {context[at : at + len(answer.text)]!r} stands"
    places = first_offsets(answer.text, context)
    elsewhere = "it stands nowhere", f"it stands once, at {places[0] if places else 0}", "it stands more than once"
    return f"{answer.text!r} {there}; {elsewhere[len(places)]}"


def _asked_again(file: SquadFile) -> Iterator[Fault]:
    for entries in same_question(file).values():
        first = entries[0]
        kind = "contradiction" if contradict(entries) else "repeated_question"
        for entry in entries[1:]:
            yield Fault(kind, entry.where, entry.id, f"{entry.question!r}, also in {first.where}")


class Evaluated:
    """
    The contexts and questions of evaluation files.

    :param near: Share in (0, 1] of the smaller context's runs of eight words, from which two are the same.
    """

    def __init__(self, files: Sequence[SquadFile], *, near: float = NEAR) -> None:
        self._near = near
        self._questions: dict[str, str] = {}
        self._ngrams: dict[str, Ngrams] = {}
        self._holders: dict[int, list[str]] = defaultdict(list)
        for file in files:
            for paragraph in file.paragraphs():
                self._add(file.path.name, paragraph)

    def leaks(self, file: SquadFile) -> Iterator[Fault]:
        """Yield the contexts and questions of a training file that stand in the evaluation files."""
        for paragraph in file.paragraphs():
            found = self.context_leak(paragraph.context)
            if found is not None:
                count = len(paragraph.entries)
                yield Fault("leaked_context", paragraph.where, None, f"{found}; questions about it: {count}")
            for entry in paragraph.entries:
                place = self._questions.get(normalized_question(entry.question))
                if place is not None:
                    yield Fault("leaked_question", entry.where, entry.id, f"{entry.question!r}, {place}")

    def context_leak(self, context: str) -> str | None:
        """Return how and where a context stands in the evaluation files, or None if it does not."""
        ngrams = ngrams_of(words_of(context))
        near = dict.fromkeys(place for ngram in ngrams for place in self._holders.get(ngram, ()))
        shares = {place: overlap(ngrams, self._ngrams[place]) for place in near}
        best = max(shares, key=shares.__getitem__, default=None)
        if best is None or shares[best] < self._near:
            return None
        return f"{shares[best]:.0%} of its words' runs, or of the other's, {best}"

    def _add(self, name: str, paragraph: SquadParagraph) -> None:
        place = f"in {name} {paragraph.where}"
        for entry in paragraph.entries:
            asked = normalized_question(entry.question)
            if asked:
                self._questions.setdefault(asked, f"in {name} {entry.where}")
        self._ngrams[place] = ngrams_of(words_of(paragraph.context))
        for ngram in self._ngrams[place]:
            self._holders[ngram].append(place)


@dataclass(frozen=True, slots=True)
class FileCounts:
    """
    What a file holds.

    :param unanswerable: Questions without an answer, or called impossible.
    :param contexts: Different contexts.
    """

    questions: int
    unanswerable: int
    articles: int
    contexts: int

    @classmethod
    def of(cls, file: SquadFile) -> "FileCounts":
        """Count the questions, articles and contexts of a file."""
        entries = [entry for _, entry in file.questions()]
        contexts = {paragraph.context for paragraph in file.paragraphs()}
        return cls(len(entries), sum(not entry.answerable for entry in entries), len(file.articles), len(contexts))


@dataclass(frozen=True, slots=True)
class FileReport:
    """The contents of a file in numbers, and its faults."""

    path: Path
    counts: FileCounts
    findings: tuple[Fault, ...]

    @property
    def by_kind(self) -> dict[str, int]:
        """How often each kind of fault was found."""
        return dict(Counter(finding.kind for finding in self.findings))


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What was found in several files."""

    files: tuple[FileReport, ...]

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not any(file.findings for file in self.files)


def check(
    files: Sequence[Path | str],
    *,
    evaluation: Sequence[Path | str] = (),
    near: float = NEAR,
    progress: ReportStep | None = None,
) -> CheckReport:
    """
    Check SQuAD files: faults within each file, and contexts and questions of evaluation files in them.

    ```python
    from spanwise.train.data import check

    report = check(["data/sample/questions.json"])
    print(report.clean, report.files[0].counts.questions)
    ```

    :param files: Training files, gzipped or not.
    :param evaluation: Files whose contexts and questions must not be in training.
    :param near: Share in (0, 1] of the smaller context's runs of eight words, without case and punctuation, that two
        contexts must share to count as the same.
    :param progress: Called with what is done, how many files are done, and of how many.
    :raises UsageError: If a file is not SQuAD's JSON, or `near` is out of range.
    """
    if not files:
        msg = "expected a SQuAD file, found none; name one"
        raise UsageError(msg)
    if not 0 < near <= 1:
        msg = f"expected a share in (0, 1], found {near}; {NEAR} is usual"
        raise UsageError(msg)
    evaluated = Evaluated([read_squad(file) for file in evaluation], near=near) if evaluation else None
    reports = []
    for number, path in enumerate(files):
        if progress is not None:
            progress(f"checking {Path(path).name}", number, len(files))
        file = read_squad(path)
        findings = [*find_faults(file), *(evaluated.leaks(file) if evaluated is not None else ())]
        reports.append(FileReport(file.path, FileCounts.of(file), tuple(findings)))
    return CheckReport(tuple(reports))
