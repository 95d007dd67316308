"""What a rule sees of a question, and what it makes of it."""

from dataclasses import dataclass

from spanwise.sentences import breaks
from spanwise.train.data.swaps.names import Names


@dataclass(frozen=True, slots=True)
class Scene:
    """
    An answerable question with what stands around it.

    :param answers: Its right answers.
    :param start: Where the first of them stands in the context.
    :param names: The names of the article that the context is from.
    """

    question: str
    context: str
    answers: tuple[str, ...]
    start: int
    names: Names

    @property
    def sentence(self) -> str:
        """The sentence of the context in which the first answer begins."""
        ends = [end for end, _ in breaks(self.context)]
        begin = max((end for end in ends if end <= self.start), default=0)
        stop = min((end for end in ends if end > self.start), default=len(self.context))
        return self.context[begin:stop]


@dataclass(frozen=True, slots=True)
class Change:
    """
    A change of a question.

    :param start: Where in the question the words stand that are replaced.
    """

    start: int
    was: str
    became: str

    def of(self, question: str) -> str:
        """Return the changed question."""
        return question[: self.start] + self.became + question[self.start + len(self.was) :]
