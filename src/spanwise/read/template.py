"""How a model's tokenizer sets a question and a passage beside one another."""

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from spanwise.errors import ModelError

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@dataclass(frozen=True, slots=True)
class PairFormat:
    """
    What a tokenizer's own file does not say about pairs.

    :param passage_first: Whether the passage stands before the question, as in models that pad on the left (XLNet).
    :param null_token: Id of the token that stands for "no answer", [CLS] or <s>; None if there is no such token.
    """

    passage_first: bool = False
    null_token: int | None = None


@dataclass(frozen=True, slots=True)
class Tokens:
    """Token ids and their types, equally many."""

    ids: list[int]
    types: list[int]


@dataclass(frozen=True, slots=True)
class PairTemplate:
    """
    The special tokens before, between and behind two texts, and the type of every token.

    :param question_type: Type of every token of the question.
    :param passage_type: Type of every token of the passage.
    """

    before: Tokens
    between: Tokens
    behind: Tokens
    question_type: int
    passage_type: int
    pair_format: PairFormat

    @classmethod
    def of(cls, tokenizer: "Tokenizer", pair_format: PairFormat) -> "PairTemplate":
        """
        Read the template off the tokenizer's own encoding of a pair.

        :raises ModelError: If the tokenizer does not set the first text before the second.
        """
        probe = tokenizer.encode("a", "a")
        sides = probe.sequence_ids
        if [side for side, _ in groupby(side for side in sides if side is not None)] != [0, 1]:
            msg = f"expected a tokenizer that encodes two texts in their order, found sides {sides}; name another model"
            raise ModelError(msg)
        first = [index for index, side in enumerate(sides) if side == 0]
        second = [index for index, side in enumerate(sides) if side == 1]
        parts = slice(0, first[0]), slice(first[-1] + 1, second[0]), slice(second[-1] + 1, len(sides))
        before, between, behind = (Tokens(probe.ids[part], probe.type_ids[part]) for part in parts)
        types = probe.type_ids[first[0]], probe.type_ids[second[0]]
        question_type, passage_type = reversed(types) if pair_format.passage_first else types
        return cls(before, between, behind, question_type, passage_type, pair_format)

    @property
    def special_tokens(self) -> int:
        """How many special tokens every window holds."""
        return len(self.before.ids) + len(self.between.ids) + len(self.behind.ids)

    def around(self, question: list[int]) -> tuple[Tokens, Tokens]:
        """Return all that stands before, and all that stands behind the passage."""
        asked = Tokens(question, [self.question_type] * len(question))
        if self.pair_format.passage_first:
            return self.before, _joined(self.between, asked, self.behind)
        return _joined(self.before, asked, self.between), self.behind

    def null_position(self, question_tokens: int, passage_tokens: int) -> int:
        """
        Return the position of the "no answer" token in a window; the first token's where the template has none.

        Found among the special tokens, not by its id in the window: a text may hold the word "[CLS]".
        """
        second, third = len(self.before.ids), len(self.between.ids)
        first = passage_tokens if self.pair_format.passage_first else question_tokens
        begins = 0, second + first, second + third + question_tokens + passage_tokens
        for part, begin in zip((self.before, self.between, self.behind), begins, strict=True):
            if self.pair_format.null_token in part.ids:
                return begin + part.ids.index(self.pair_format.null_token)
        return 0


def _joined(*parts: Tokens) -> Tokens:
    return Tokens([token for part in parts for token in part.ids], [kind for part in parts for kind in part.types])
