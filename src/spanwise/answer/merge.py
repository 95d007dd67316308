"""Bring the candidates of one question together: one answer for what is said once, or said alike in several places."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from spanwise.answer.context import context_around
from spanwise.answer.markdown import trim_marks
from spanwise.answer.matching import answers_match, repeats_question
from spanwise.answer.names import whole_names, with_qualifier
from spanwise.answer.wording import ARTICLES, answer_words
from spanwise.files.names import MARKDOWN
from spanwise.text.graphemes import whole_clusters
from spanwise.types import Candidate, SourceText

_WORD_BEHIND = re.compile(r"[ \t]*\n?[ \t]*\w")


@dataclass(frozen=True)
class Occurrence:
    """A candidate in its source text: `source.text[start:end]`."""

    candidate: Candidate
    source: SourceText
    start: int
    end: int

    @property
    def text(self) -> str:
        """The exact words."""
        return self.source.text[self.start : self.end]

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words as they are compared."""
        return answer_words(self.text)

    @property
    def is_article(self) -> bool:
        """Whether it is an article alone; an "A" that no word follows is a grade or a name."""
        follows = _WORD_BEHIND.match(self.source.text, self.end) is not None
        return set(self.words) <= ARTICLES and (follows or self.text != "A")

    @property
    def margin(self) -> float:
        """How far it beats "no answer", in logits."""
        return self.candidate.span.margin

    @property
    def context(self) -> tuple[int, int]:
        """Start and end of the sentence or two around it, in the source text."""
        return context_around(self.source.text, self.start, self.end)

    @property
    def statement(self) -> tuple[str, ...]:
        """What stands there, so that copies of a text are the same statement."""
        begin, end = self.context
        return answer_words(self.source.text[begin:end])


@dataclass(slots=True)
class AnswerCluster:
    """
    Occurrences that say the same, best first.

    :param repeats: Whether they only repeat words of the question.
    """

    occurrences: list[Occurrence]
    repeats: bool = False

    @property
    def margin(self) -> float:
        """The margin of its best occurrence, in logits."""
        return self.occurrences[0].margin

    def takes(self, words: tuple[str, ...], asked: frozenset[str]) -> bool:
        """Tell whether an answer says the same as every one in it."""
        different = {occurrence.words for occurrence in self.occurrences}
        return all(answers_match(held, words, asked) for held in different)


def merge(
    candidates: Iterable[Candidate], source_text: Callable[[str], SourceText], question: str
) -> list[AnswerCluster]:
    """
    Bring together what says the same.

    Candidates that overlap in a source text are one: the best is kept. Candidates elsewhere that say the same as each
    of an answer's, as `answers_match` has it, are further occurrences of that answer. To match one of them is not
    enough, for matching is not transitive: "8443" matches "port 8443" and "room 8443", which are two answers. The
    candidates come best first, so that one joins the best answer that takes it, and answers stand in order unsorted.

    :param candidates: Best first.
    :param source_text: Gives the source text of a file.
    :returns: Answers in the order of their best candidates.
    """
    clusters: list[AnswerCluster] = []
    asked = frozenset(answer_words(question)) - ARTICLES
    taken: dict[str, list[tuple[int, int]]] = {}
    for candidate in candidates:
        found = _occurrence(candidate, source_text(candidate.hit.passage.file), asked)
        spans = taken.setdefault(found.source.file, [])
        if any(found.start < end and start < found.end for start, end in spans):
            continue
        if found.is_article:
            continue
        spans.append((found.start, found.end))
        alike = next((cluster for cluster in clusters if cluster.takes(found.words, asked)), None)
        if alike is None:
            clusters.append(AnswerCluster([found], repeats_question(found.words, question)))
        else:
            alike.occurrences.append(found)
    return clusters


def _occurrence(candidate: Candidate, source: SourceText, asked: frozenset[str]) -> Occurrence:
    passage, span = candidate.hit.passage, candidate.span
    start, end = whole_names(source.text, passage.start + span.start, passage.start + span.end)
    start = with_qualifier(source.text, start, asked)
    if source.file.lower().removesuffix(".gz").endswith((*MARKDOWN, ".ipynb")):
        start, end = trim_marks(source.text, start, end)
    return Occurrence(candidate, source, *whole_clusters(source.text, start, end))
