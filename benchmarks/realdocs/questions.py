"""The questions on real documentation: reading them, and telling whether a passage or an answer is right."""

import json
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

QUESTIONS = Path(__file__).with_name("questions.json")
MOST_WORDS = 20  # a longer answer is no answer but a passage, whatever it holds

_WORD = re.compile(r"[-.:]*\w+")  # -u is another word than u, and .First than first


@dataclass(frozen=True, slots=True)
class Place:
    """
    A place where a question is answered.

    :param file: The file's path below the fetched folder.
    :param quote: Words from around the answer, and the answer itself.
    :param page: The physical page, from 1, or None for a format without pages.
    """

    file: str
    quote: str
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """
    One question.

    :param id: Its name, which never changes.
    :param folder: The one folder that it is asked of.
    :param question: Its words.
    :param answers: The right answers, in their shortest forms; none when the folder does not say.
    :param places: All places that answer it, as far as they were found.
    :param absent: For a question without an answer, regular expressions that match nowhere in its folder.
    """

    id: str
    folder: str
    question: str
    answers: tuple[str, ...]
    places: tuple[Place, ...]
    absent: tuple[str, ...]

    @property
    def is_impossible(self) -> bool:
        """Whether the folder holds no answer."""
        return not self.answers

    def is_right(self, answer: str) -> bool:
        """
        Whether the words of an answer are right: they hold a right answer and little else.

        >>> by_id = {question.id: question for question in load()}
        >>> by_id["git-01"].is_right("The default value is 6700."), by_id["git-01"].is_right("670")
        (True, False)

        :param answer: The words given; where they were found is for `is_answered_by` to say.
        """
        return len(answer.split()) <= MOST_WORDS and any(holds(answer, right) for right in self.answers)

    def is_answered_by(self, file: str, passage: str) -> bool:
        """
        Whether a passage answers the question: it is of the right file and holds what is quoted from it.

        Only letters and digits are compared, so that it does not matter how the text was extracted.

        :param file: The passage's file, as in `Place.file`.
        :param passage: The passage's text.
        """
        folded = fold(passage)
        return any(place.file == file and fold(place.quote) in folded for place in self.places)


def load(file: Path = QUESTIONS) -> list[Question]:
    """Return the questions of a file."""
    return [_question(entry) for entry in json.loads(file.read_text(encoding="utf-8"))["questions"]]


def fold(text: str) -> str:
    """Return the letters and digits of a text in one case."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def holds(text: str, answer: str) -> bool:
    """Whether the words of an answer stand side by side in a text, in any case and with any punctuation."""
    words, part = _words(text), _words(answer)
    return any(words[at : at + len(part)] == part for at in range(len(words) - len(part) + 1))


def locate(quote: str, text: str) -> list[tuple[int, int]]:
    """
    Return start and end of every place where a quote stands in a text, word for word.

    :param quote: The quote, with single spaces.
    :param text: The text, with spaces and line ends of any number.
    """
    pattern = r"\s+".join(map(re.escape, quote.split()))
    return [match.span() for match in re.finditer(pattern, text)]


def _question(entry: dict[str, Any]) -> Question:
    return Question(
        id=entry["id"],
        folder=entry["folder"],
        question=entry["question"],
        answers=tuple(entry["answers"]),
        places=tuple(Place(**place) for place in entry["places"]),
        absent=tuple(entry.get("absent", ())),
    )


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
