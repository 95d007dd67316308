"""Find faults within one SQuAD file."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from spanwise.squad.squad_file import Entry, GoldAnswer, SquadFile, SquadParagraph
from spanwise.train.data.ngrams import normalized_question, words_of

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
