"""Bring the candidates of one question together: one answer for what is said once, or said alike in several places."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from spanwise.answer.context import context_around
from spanwise.answer.markdown import SUFFIXES, trim_marks
from spanwise.answer.names import whole_names
from spanwise.answer.normalize import ARTICLES, normalize_answer, say_the_same
from spanwise.types import Candidate, SourceText


@dataclass(frozen=True, slots=True)
class Place:
    """A candidate in its source text: `source.text[start:end]`."""

    candidate: Candidate
    source: SourceText
    start: int
    end: int

    @property
    def text(self) -> str:
        """The exact words."""
        return self.source.text[self.start : self.end]

    @property
    def margin(self) -> float:
        """How far it beats "no answer", in logits."""
        return self.candidate.span.margin

    @property
    def context(self) -> tuple[int, int]:
        """Start and end of the sentence or two around it, in the source text."""
        return context_around(self.source.text, self.start, self.end)

    @property
    def statement(self) -> str:
        """What stands there, so that copies of a text are the same statement."""
        begin, end = self.context
        return normalize_answer(self.source.text[begin:end])


@dataclass(slots=True)
class Group:
    """Places that say the same, best first."""

    key: str
    places: list[Place] = field(default_factory=list)

    @property
    def margin(self) -> float:
        """The margin of its best place, in logits."""
        return self.places[0].margin


def merge(candidates: Iterable[Candidate], source_text: Callable[[str], SourceText]) -> list[Group]:
    """
    Group the candidates of one question.

    Candidates that overlap in a source text are one: the best is kept. Candidates elsewhere that say the same, as
    `say_the_same` has it of the best of each, are further places of one answer.

    :param candidates: Best first.
    :param source_text: Gives the source text of a file.
    :returns: Groups in the order of their best candidates.
    """
    groups: list[Group] = []
    taken: dict[str, list[tuple[int, int]]] = {}
    for candidate in candidates:
        place = _place(candidate, source_text(candidate.hit.passage.file))
        spans = taken.setdefault(place.source.file, [])
        if any(place.start < end and start < place.end for start, end in spans):
            continue
        key = normalize_answer(place.text)
        if key in ARTICLES:
            continue
        spans.append((place.start, place.end))
        alike = next((group for group in groups if say_the_same(group.key, key)), None)
        if alike is None:
            groups.append(Group(key, [place]))
        else:
            alike.places.append(place)
    return groups


def _place(candidate: Candidate, source: SourceText) -> Place:
    passage, span = candidate.hit.passage, candidate.span
    start, end = whole_names(source.text, passage.start + span.start, passage.start + span.end)
    if source.file.lower().endswith(SUFFIXES):
        start, end = trim_marks(source.text, start, end)
    return Place(candidate, source, start, end)
