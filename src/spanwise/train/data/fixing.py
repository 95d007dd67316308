"""Write a SQuAD file again without its faults."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from spanwise.errors import UsageError
from spanwise.squad.squad_file import Entry, Fields, GoldAnswer, SquadFile, SquadParagraph, read_squad
from spanwise.train.data.checking import contradict, find_faults, first_offsets, same_question
from spanwise.train.data.ngrams import words_of
from spanwise.train.data.squad_writer import check_output, unique_id, write_squad

REASONS_TO_DROP = {
    "empty_context": "the context is empty",
    "empty_question": "the question is empty",
    "impossible_with_answers": "flagged impossible, with answers",
    "possible_without_answers": "flagged possible, without answers",
}
"""Faults of a question that cannot be corrected, in words."""


@dataclass(frozen=True, slots=True)
class FixReport:
    """
    What `fix` changed in a file.

    :param before: Questions in the file.
    :param kept: Questions written.
    :param done: How often each thing was done, in words.
    """

    path: Path
    output: Path
    before: int
    kept: int
    done: Mapping[str, int]


def fix(path: Path | str, output: Path | str, *, overwrite: bool = False) -> FixReport:
    """
    Write a SQuAD file again without the faults within it; `check` then finds none.

    An offset is corrected where the answer stands exactly once in the context; an answer that stands nowhere, or in
    several places, is left out, as is one without words, and the question with it if it has no other. A question that
    is asked twice of a context is kept once, with the answers of both, unless one says that there is none: then
    neither is kept. A question whose id an earlier one has gets an id of its own.

    :param output: Gzipped if its name ends in .gz.
    :param overwrite: Whether to replace a file that is there.
    :raises UsageError: If the file is not SQuAD's JSON, no question is left, or the output cannot be written.
    """
    output = Path(output)
    check_output(output, overwrite=overwrite)
    file = read_squad(path)
    done: Counter[str] = Counter()
    corrected = _correct(file, done)
    ids: set[str] = set()
    data: list[Fields] = []
    for article, paragraphs in file.articles:
        written = [_written(paragraph, corrected, ids, done) for paragraph in paragraphs]
        full = [fields for fields in written if fields["qas"]]
        if full:
            data.append({**article, "paragraphs": full})
    if not data:
        msg = f"expected a question in {path} that can be kept, found none; see what spanwise data check says"
        raise UsageError(msg)
    write_squad(output, data)
    return FixReport(file.path, output, sum(1 for _ in file.questions()), len(ids), dict(done))


def _correct(file: SquadFile, done: Counter[str]) -> dict[str, list[Fields]]:
    """Return the answers of each question that is kept, by its place in the file."""
    corrected: dict[str, list[Fields]] = {}
    reasons: dict[str, str] = {}
    for fault in find_faults(file):
        if fault.kind in REASONS_TO_DROP:
            reasons.setdefault(fault.where, f"questions dropped: {REASONS_TO_DROP[fault.kind]}")
    for paragraph, entry in file.questions():
        reason = reasons.get(paragraph.where, reasons.get(entry.where))
        answers = [] if reason is not None else _answers(paragraph.context, entry, done)
        if reason is None and entry.answers and not answers:
            reason = "questions dropped: no answer is left"
        if reason is None:
            corrected[entry.where] = answers
        else:
            done[reason] += 1
    for entries in same_question(file).values():
        _merge_repeated([entry for entry in entries if entry.where in corrected], corrected, done)
    return corrected


def _answers(context: str, entry: Entry, done: Counter[str]) -> list[Fields]:
    kept = []
    for answer, fields in zip(entry.answers, entry.fields.get("answers") or (), strict=True):
        start = _start(context, answer)
        if start is None:
            done["answers dropped: without words, or not to be found"] += 1
        else:
            kept.append({**fields, "answer_start": start})
            if start != answer.start:
                done["offsets corrected"] += 1
    return kept


def _start(context: str, answer: GoldAnswer) -> int | None:
    if not words_of(answer.text):
        return None
    if answer.stands_in(context):
        return answer.start
    places = first_offsets(answer.text, context)
    return places[0] if len(places) == 1 else None


def _merge_repeated(entries: list[Entry], corrected: dict[str, list[Fields]], done: Counter[str]) -> None:
    if len(entries) < 2:
        return
    if contradict(entries):
        for entry in entries:
            del corrected[entry.where]
        done["questions dropped: answered and called impossible"] += len(entries)
        return
    first = corrected[entries[0].where]
    for entry in entries[1:]:
        first.extend(answer for answer in corrected.pop(entry.where) if answer not in first)
    done["questions dropped: asked before, answers added to the first"] += len(entries) - 1


def _written(
    paragraph: SquadParagraph, corrected: Mapping[str, list[Fields]], ids: set[str], done: Counter[str]
) -> Fields:
    qas = []
    for entry in (entry for entry in paragraph.entries if entry.where in corrected):
        identifier = unique_id(entry.id or str(entry.fields.get("id", "question")), ids)
        if identifier != entry.fields.get("id"):
            done["ids changed"] += 1
        qas.append({**entry.fields, "id": identifier, "answers": corrected[entry.where]})
    return {**paragraph.fields, "qas": qas}
