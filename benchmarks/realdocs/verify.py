"""
Check that the questions on real documentation say the truth about it.

    python benchmarks/realdocs/verify.py FOLDER

FOLDER is what fetch.sh made. Every file in it is converted as `spanwise index` does. Every quote must stand in its
file, on its page, and hold a right answer; every right answer must stand in a quote; nothing that is said to be absent
may be found. Prints a table, and each problem on stderr; the exit code is 1 when there is one.
"""

import argparse
import re
import sys
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.realdocs.questions import Place, Question, fold, holds, load, locate

from spanwise.convert import convert_file
from spanwise.errors import ConversionError
from spanwise.types import SourceText

FOLDERS = ("git", "sqlite", "r", "mixed")
FEWEST = 60
FEWEST_IMPOSSIBLE = 15


@dataclass(frozen=True, slots=True)
class Source:
    """
    A converted file, in the forms that are searched.

    :param text: The text itself.
    :param line: The text on one line, with single spaces.
    :param folded: Its letters and digits.
    """

    text: SourceText
    line: str
    folded: str


def convert_folder(folder: Path) -> tuple[dict[str, Source], list[str]]:
    """
    Convert all files of the folders.

    :param folder: The fetched folder.
    :returns: The sources by their path below it, and what could not be converted.
    """
    sources, problems = {}, []
    for path in sorted(path for name in FOLDERS for path in (folder / name).rglob("*") if path.is_file()):
        file = path.relative_to(folder).as_posix()
        try:
            text = convert_file(path, file)
        except ConversionError as error:
            problems.append(f"{file}: {error}")
        else:
            sources[file] = Source(text, " ".join(text.text.split()), fold(text.text))
    return sources, problems


def count_problems(questions: Sequence[Question]) -> Iterator[str]:
    """Yield what is wrong with the questions as a set."""
    ids = [question.id for question in questions]
    for twice in sorted({name for name in ids if ids.count(name) > 1}):
        yield f"{twice}: expected ids to be unique, found it {ids.count(twice)} times"
    impossible = sum(question.is_impossible for question in questions)
    if len(questions) < FEWEST or impossible < FEWEST_IMPOSSIBLE:
        yield (
            f"expected at least {FEWEST} questions, {FEWEST_IMPOSSIBLE} of them without an answer, "
            f"found {len(questions)} and {impossible}"
        )


def question_problems(question: Question, sources: Mapping[str, Source]) -> Iterator[str]:
    """Yield what is wrong with one question."""
    if question.is_impossible:
        yield from _present(question, sources)
        return
    for place in question.places:
        yield from (f"{question.id}: {place.file}: {problem}" for problem in _place_problems(place, sources))
        if not any(holds(place.quote, answer) for answer in question.answers):
            yield f"{question.id}: {place.file}: expected a right answer in the quote, found none: {place.quote!r}"
    for answer in question.answers:
        if not any(holds(place.quote, answer) for place in question.places):
            yield f"{question.id}: expected the answer {answer!r} in a quote, found it in none"


def _present(question: Question, sources: Mapping[str, Source]) -> Iterator[str]:
    if not question.absent:
        yield f"{question.id}: expected something to look for in vain, found nothing"
    for expression in question.absent:
        pattern = re.compile(expression, re.IGNORECASE)
        for file, source in sources.items():
            found = pattern.search(source.line) if file.startswith(f"{question.folder}/") else None
            if found is not None:
                around = source.line[max(0, found.start() - 40) : found.end() + 40]
                yield f"{question.id}: expected {expression!r} nowhere, found it in {file}: {around!r}"


def _place_problems(place: Place, sources: Mapping[str, Source]) -> Iterator[str]:
    source = sources.get(place.file)
    if source is None:
        yield "expected this file, found none: is it the version that README.md names?"
        return
    found = locate(place.quote, source.text.text)
    if not found:
        yield f"expected these words in it, found them nowhere: {place.quote!r}"
        return
    if fold(place.quote) not in source.folded:
        yield f"expected these letters and digits in it, found them nowhere: {place.quote!r}"
    starts = source.text.page_starts
    pages = [None if starts is None else bisect_right(starts, start) for start, _ in found]
    if place.page not in pages:
        yield f"expected it on page {place.page}, found it on {pages[0]}: {place.quote!r}"


def table(questions: Sequence[Question], sources: Mapping[str, Source]) -> str:
    """Return the counts by folder."""
    lines = [f"{'folder':<8}{'files':>7}{'questions':>11}{'no answer':>11}{'places':>8}{'in files':>10}"]
    for folder in (*FOLDERS, ""):
        asked = [question for question in questions if question.folder.startswith(folder)]
        places = [place for question in asked for place in question.places]
        lines.append(
            f"{folder or 'all':<8}{sum(file.startswith(folder) for file in sources):>7}{len(asked):>11}"
            f"{sum(question.is_impossible for question in asked):>11}{len(places):>8}"
            f"{len({place.file for place in places}):>10}"
        )
    return "\n".join(lines)


def main() -> int:
    """Check, print, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the folder that fetch.sh made")
    folder = parser.parse_args().folder
    missing = [name for name in FOLDERS if not (folder / name).is_dir()]
    if missing:
        parser.error(f"expected {', '.join(FOLDERS)} in {folder}, found no {', '.join(missing)}: run fetch.sh {folder}")
    questions = load()
    sources, problems = convert_folder(folder)
    problems.extend(count_problems(questions))
    for question in questions:
        problems.extend(question_problems(question, sources))
    print(table(questions, sources))
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{len(problems)} problems" if problems else "all as it should be")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
