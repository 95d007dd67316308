"""Find contexts and questions of evaluation files in training files."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from spanwise.squad.squad_file import SquadFile, SquadParagraph
from spanwise.train.data.faults import Fault
from spanwise.train.data.ngrams import Ngrams, ngrams_of, normalized_question, overlap, words_of

NEAR = 0.3
"""Share of the smaller context's runs of eight words from which two contexts count as the same."""


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
