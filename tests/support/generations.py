"""A corpus that is synced without a pause and asked meanwhile, and the check of every answer by the text it names."""

import json
import random
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from spanwise.index import Index, writer
from spanwise.pipeline.corpus import Corpus
from spanwise.pipeline.sync.targets import SyncOptions

FILES = 24
PASSAGES = 10
THINGS = ("lamp", "pump", "door", "clock", "tank", "mast", "ladder", "mirror")
FILLERS = (
    "The rooms are cleaned every second week.",
    "Nobody has slept in this wing since it was painted, and the heating is turned down there in winter.",
    "A list hangs beside the stairs.",
    "Visitors are asked to leave their coats at the entrance, where they are watched.",
)
Texts = Mapping[str, str]
Record = dict[str, Any]


def page(number: int, chance: random.Random) -> str:
    """Return the text of a file: facts that change from one version to the next, at places that change too."""
    facts = [f"The {thing} of room {number} weighs {chance.randint(20, 9999)} grams." for thing in THINGS]
    lines = [*facts, *chance.choices(FILLERS, k=chance.randint(1, 12))]
    chance.shuffle(lines)
    return "\n".join(lines) + "\n"


def questions(chance: random.Random) -> Iterator[str]:
    """Yield questions about the files for ever."""
    while True:
        yield f"How many grams does the {chance.choice(THINGS)} of room {chance.randrange(FILES)} weigh?"


@dataclass
class Writer:
    """Changes, removes and adds files, and syncs them; keeps what every commit holds."""

    corpus: Corpus
    folder: Path
    chance: random.Random
    written: set[str] = field(default_factory=set)
    generations: dict[int, Texts] = field(default_factory=dict)
    syncs: int = 0
    changed: int = 0
    removed: int = 0

    def sync(self, files: int) -> None:
        """Write so many files anew, remove one now and then, and sync the folder."""
        self.folder.mkdir(exist_ok=True)
        for number in self.chance.sample(range(FILES), files):
            text = page(number, self.chance)
            self.written.add(text)
            (self.folder / f"room{number}.txt").write_text(text, encoding="utf-8")
            self.changed += 1
        if self.syncs and self.chance.random() < 0.3:
            (self.folder / f"room{self.chance.randrange(FILES)}.txt").unlink(missing_ok=True)
            self.removed += 1
        with self._recorded():
            report = self.corpus.sync(self.folder, options=SyncOptions(allow_removals=True))
        assert not report.skipped
        self.syncs += 1

    @contextmanager
    def _recorded(self) -> Iterator[None]:
        commit = writer.Writer.commit

        def recording(committing: writer.Writer, change: Any) -> int:
            generation = commit(committing, change)
            with Index.open(self.corpus.path) as index, index.pinned() as snapshot:
                assert snapshot.generation == generation
                texts = {file: source.text for file, source in snapshot.sources(index.files()).items()}
            assert self.written.issuperset(texts.values())
            self.generations[generation] = texts
            return generation

        writer.Writer.commit = recording  # type: ignore[method-assign]
        try:
            yield
        finally:
            writer.Writer.commit = commit  # type: ignore[method-assign]


def ask_on(ask: Callable[[str], Any], asked: Iterator[str], ended: Callable[[], bool]) -> Iterator[Record]:
    """Ask without a pause; yield each result as a dictionary, or the exception that came instead."""
    while not ended():
        try:
            yield asdict(ask(next(asked)))
        except Exception:
            yield {"error": traceback.format_exc()}


def ask_in_thread(corpus: Corpus, seed: int, ended: threading.Event, records: list[Record]) -> threading.Thread:
    """Ask a corpus in a thread until `ended`."""
    chance = random.Random(seed)

    def ask(question: str) -> Any:
        return corpus.ask(question, chance.choice((None, "room1*")), passages=PASSAGES)

    asked = questions(chance)
    thread = threading.Thread(target=lambda: records.extend(ask_on(ask, asked, ended.is_set)))
    thread.start()
    return thread


def ask_here(kind: str, path: str, seed: str) -> None:
    """Ask an index, as a corpus or as a pipeline, until standard input ends; a result a line on standard output."""
    if kind == "pipeline":
        from spanwise.pipeline import query_pipeline

        pipeline = query_pipeline(path, device="cpu", passages=PASSAGES)

        def ask(question: str) -> Any:
            return pipeline.run({"query": question})["answers"]["result"]
    else:
        ask = partial(Corpus(path, device="cpu").ask, passages=PASSAGES)
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    for record in ask_on(ask, questions(random.Random(seed)), ended.is_set):
        sys.stdout.write(f"{json.dumps(record)}\n")
        sys.stdout.flush()


def faults(result: Record, texts: Texts) -> list[str]:
    """Compare all that a result says of its documents with their texts."""
    passages = [hit["passage"] for hit in result["passages"]]
    slices = [(place, place["text"]) for place in passages]
    for answer in result["answers"]:
        context = {"file": answer["file"], "start": answer["context_start"]}
        context["end"] = answer["context_start"] + len(answer["context"])
        slices += [(answer, answer["answer"]), (context, answer["context"])]
        slices += [(place, None) for place in answer["citations"]]
    found = []
    for place, said in slices:
        text = texts.get(place["file"])
        stands = None if text is None else text[place["start"] : place["end"]]
        if not stands or (said is not None and stands != said):
            found.append(f"{place['file']} {place['start']}:{place['end']}: said {said!r}, stands {stands!r}")
    lines = [(answer, answer["line"]) for answer in result["answers"]]
    lines += [(place, place["line"]) for answer in result["answers"] for place in answer["citations"]]
    for place, line in lines:
        if texts.get(place["file"], "").count("\n", 0, place["start"]) + 1 != line:
            found.append(f"{place['file']} {place['start']}: not in line {line}")
    return found


if __name__ == "__main__":
    ask_here(*sys.argv[1:])
