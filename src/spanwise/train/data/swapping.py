"""Unanswerable questions made by rule from answerable ones."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from spanwise.errors import UsageError
from spanwise.train.data.checking import Progress
from spanwise.train.data.ngrams import asked_of
from spanwise.train.data.output import Ids, as_articles, check_output, unanswerable, write_squad
from spanwise.train.data.squad_file import Entry, Fields, Paragraph, SquadFile, read_squad
from spanwise.train.data.swaps.antonym import swap_antonym
from spanwise.train.data.swaps.entity import swap_entity
from spanwise.train.data.swaps.names import Names
from spanwise.train.data.swaps.negation import swap_negation
from spanwise.train.data.swaps.number import swap_number
from spanwise.train.data.swaps.scene import Change, Scene

SwapKind = Literal["entity", "number", "antonym", "negation"]
KINDS: tuple[SwapKind, ...] = get_args(SwapKind)
RULES: Mapping[SwapKind, Callable[[Scene, random.Random], Change | None]] = {
    "entity": swap_entity,
    "number": swap_number,
    "antonym": swap_antonym,
    "negation": swap_negation,
}


@dataclass(frozen=True, slots=True)
class SwapReport:
    """
    What was made.

    :param questions: Answerable questions that were tried.
    :param made: Questions written, by kind.
    """

    output: Path
    questions: int
    made: Mapping[SwapKind, int]


def swap(
    files: Sequence[Path | str],
    output: Path | str,
    *,
    kinds: Sequence[SwapKind] = KINDS,
    share: float = 1.0,
    seed: int = 0,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> SwapReport:
    """
    Change answerable questions so that their contexts answer them no longer, and write those.

    ```python
    from spanwise.train.data import swap

    report = swap(["data/sample/questions.json"], "swapped.json", kinds=["antonym", "number"])
    print(report.made)
    ```

    Each kind makes at most one question of each: "entity" replaces a name by another of the same kind from the same
    article, "number" a number, "antonym" a word by its opposite, and "negation" puts a negation in or takes it out.
    What is asked of the context already is not made.

    :param files: SQuAD files with the questions.
    :param output: Gzipped if its name ends in .gz.
    :param share: Share in (0, 1] of the questions that are tried, chosen by chance.
    :param seed: Of that choice and of every change; the same files and seed make the same questions.
    :param overwrite: Whether to replace a file that is there.
    :param progress: Called with what is done, how many questions are done, and of how many.
    :raises UsageError: If a file is not SQuAD's JSON, an option is out of range, nothing was made, or the output cannot
        be written.
    """
    output = Path(output)
    _check(files, kinds, share)
    check_output(output, overwrite=overwrite)
    squad_files = [read_squad(file) for file in files]
    scenes = _chosen(squad_files, share, seed)
    asked = {
        (paragraph.context, asked_of(entry.question)) for file in squad_files for paragraph, entry in file.questions()
    }
    ids, counts = Ids(), Counter[SwapKind]()
    made: list[tuple[str, str, Fields]] = []
    for number, (paragraph, entry, scene) in enumerate(scenes):
        if progress is not None and number % 1000 == 0:
            progress("swapping", number, len(scenes))
        for kind, change in _changes(scene, entry, kinds, seed):
            question = change.of(scene.question)
            key = paragraph.context, asked_of(question)
            if key not in asked:
                asked.add(key)
                made.append((paragraph.title, paragraph.context, _fields(ids, entry, kind, change, question)))
                counts[kind] += 1
    if not made:
        msg = f"expected questions that {', '.join(kinds)} can change, found none; name other files or kinds"
        raise UsageError(msg)
    write_squad(output, as_articles(made))
    return SwapReport(output, len(scenes), {kind: counts[kind] for kind in kinds})


def _fields(ids: Ids, entry: Entry, kind: SwapKind, change: Change, question: str) -> Fields:
    plausible = [{"text": answer.text, "answer_start": answer.start} for answer in entry.answers]
    swapped = {"from": entry.id, "kind": kind, "was": change.was, "became": change.became}
    return unanswerable(ids.unique(f"{entry.id}-{kind}"), question, plausible_answers=plausible, swapped=swapped)


def _check(files: Sequence[Path | str], kinds: Sequence[str], share: float) -> None:
    if not files:
        msg = "expected a SQuAD file, found none; name one"
        raise UsageError(msg)
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown or not kinds:
        msg = f"expected kinds out of {', '.join(KINDS)}, found {', '.join(map(repr, unknown)) or 'none'}"
        raise UsageError(msg)
    if not 0 < share <= 1:
        msg = f"expected a share in (0, 1], found {share}; 1 tries every question"
        raise UsageError(msg)


def _chosen(files: Sequence[SquadFile], share: float, seed: int) -> list[tuple[Paragraph, Entry, Scene]]:
    found = [scene for file in files for scene in _scenes(file)]
    if not found:
        msg = "expected questions whose answer stands in the context, found none; see spanwise data check"
        raise UsageError(msg)
    numbers = random.Random(seed).sample(range(len(found)), max(1, round(share * len(found))))
    return [found[number] for number in sorted(numbers)]


def _scenes(file: SquadFile) -> Iterator[tuple[Paragraph, Entry, Scene]]:
    contexts: dict[str, dict[str, None]] = defaultdict(dict)
    for paragraph in file.paragraphs():
        contexts[paragraph.title][paragraph.context] = None
    names = {title: Names(texts) for title, texts in contexts.items()}
    for paragraph, entry in file.questions():
        placed = [answer for answer in entry.answers if answer.stands_in(paragraph.context)]
        if entry.answerable and placed and asked_of(entry.question):
            texts = tuple(answer.text for answer in entry.answers)
            start = placed[0].start or 0
            yield paragraph, entry, Scene(entry.question, paragraph.context, texts, start, names[paragraph.title])


def _changes(scene: Scene, entry: Entry, kinds: Sequence[SwapKind], seed: int) -> Iterator[tuple[SwapKind, Change]]:
    for kind in kinds:
        # A generator for each question and kind, so that neither the other kinds nor the share change what is made.
        change = RULES[kind](scene, random.Random(f"{seed} {kind} {entry.id} {entry.question}"))
        if change is not None:
            yield kind, change
