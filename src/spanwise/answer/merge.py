"""Bring the candidates of one question together: one answer for what is said once, or said alike in several places."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from spanwise.answer.markdown import SUFFIXES, trim_marks
from spanwise.answer.names import whole_names
from spanwise.answer.normalize import ARTICLES, normalize_answer
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


@dataclass(slots=True)
class Group:
    """Places that say the same, best first."""

    places: list[Place] = field(default_factory=list)


def merge(candidates: Iterable[Candidate], source_text: Callable[[str], SourceText], *, top_k: int) -> list[Group]:
    """
    Group the candidates of one question.

    Candidates that overlap in a source text are one: the best is kept. Candidates elsewhere that are equal once
    normalized are further places of the same answer.

    :param candidates: Best first.
    :param source_text: Gives the source text of a file.
    :param top_k: Most groups; once there are as many, candidates only add places to them.
    :returns: Groups in the order of their best candidates.
    """
    groups: dict[str, Group] = {}
    taken: dict[str, list[tuple[int, int]]] = {}
    for candidate in candidates:
        place = _place(candidate, source_text(candidate.hit.passage.file))
        spans = taken.setdefault(place.source.file, [])
        if any(place.start < end and start < place.end for start, end in spans):
            continue
        key = normalize_answer(place.text)
        if key in ARTICLES:
            continue
        if key not in groups and len(groups) == top_k:
            continue
        spans.append((place.start, place.end))
        groups.setdefault(key, Group()).places.append(place)
    return list(groups.values())


def _place(candidate: Candidate, source: SourceText) -> Place:
    passage, span = candidate.hit.passage, candidate.span
    start, end = whole_names(source.text, passage.start + span.start, passage.start + span.end)
    if source.file.lower().endswith(SUFFIXES):
        start, end = trim_marks(source.text, start, end)
    return Place(candidate, source, start, end)
