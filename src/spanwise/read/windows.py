"""Cut (question, passage) pairs into windows that a reader sees whole; only the passage is ever cut."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from spanwise.errors import ModelError, UsageError
from spanwise.read.passages import TokenizedPassage
from spanwise.text.visible import encodable

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer


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


@dataclass(frozen=True, slots=True)
class Window:
    """
    One input of the reader: special tokens, the question, and a stretch of the passage.

    :param pair: Index of the (question, passage) pair it belongs to.
    :param passage: The whole passage.
    :param begin: Index of the first passage token in the window.
    :param end: Index after the last.
    :param input_ids: Token ids.
    :param type_ids: Token types, as long as `input_ids`.
    :param first: Position in `input_ids` of the first passage token.
    :param null: Position in `input_ids` of the "no answer" token.
    """

    pair: int
    passage: TokenizedPassage
    begin: int
    end: int
    input_ids: list[int]
    type_ids: list[int]
    first: int
    null: int


class WindowBuilder:
    """
    Makes windows of at most `max_seq_length` tokens, of which neighbors share `stride` passage tokens.

    :param tokenizer: The reader's tokenizer, without truncation or padding.
    """

    def __init__(self, tokenizer: "Tokenizer", pair_format: PairFormat, *, max_seq_length: int, stride: int) -> None:
        self._tokenizer = tokenizer
        self._template = PairTemplate.of(tokenizer, pair_format)
        self._max_seq_length = max_seq_length
        self._stride = stride
        if self.max_question_tokens < 1:
            msg = (
                f"expected a stride that leaves room for a question in {max_seq_length} tokens with "
                f"{self._template.special_tokens} special ones, found {stride}; pass a smaller stride"
            )
            raise ModelError(msg)

    @property
    def max_question_tokens(self) -> int:
        """The longest question that leaves a window room to move on by one token."""
        return self._max_seq_length - self._template.special_tokens - self._stride - 1

    def build(self, pairs: Sequence[tuple[str, str]]) -> list[Window]:
        """
        Make the windows of all pairs; a passage without tokens has none.

        :param pairs: (question, passage) each.
        :raises UsageError: If a question is too long.
        """
        questions = self._encode(question for question, _ in pairs)
        self._check(questions)
        encoded = self._encode(passage for _, passage in pairs).items()
        passages = {text: TokenizedPassage(text, encoding) for text, encoding in encoded}
        return [
            window
            for index, (question, passage) in enumerate(pairs)
            for window in self._windows(index, questions[question].ids, passages[passage])
        ]

    def check_questions(self, questions: Sequence[str]) -> None:
        """
        Refuse questions that are too long, before anything is read.

        :raises UsageError: If one is.
        """
        self._check(self._encode(questions))

    def _encode(self, texts: Iterable[str]) -> dict[str, "Encoding"]:
        different = list(dict.fromkeys(texts))
        encodings = self._tokenizer.encode_batch([*map(encodable, different)], add_special_tokens=False)
        return dict(zip(different, encodings, strict=True))

    def _check(self, questions: dict[str, "Encoding"]) -> None:
        for question, encoding in questions.items():
            if len(encoding) > self.max_question_tokens:
                msg = (
                    f"expected a question of at most {self.max_question_tokens} tokens, found {len(encoding)} "
                    f"({len(question.split())} words); ask a shorter question"
                )
                raise UsageError(msg)

    def _windows(self, pair: int, question: list[int], passage: TokenizedPassage) -> Iterator[Window]:
        template = self._template
        head, tail = template.around(question)
        room = self._max_seq_length - template.special_tokens - len(question)
        begin = 0
        while begin < len(passage.ids):
            end = min(begin + room, len(passage.ids))
            yield Window(
                pair=pair,
                passage=passage,
                begin=begin,
                end=end,
                input_ids=[*head.ids, *passage.ids[begin:end], *tail.ids],
                type_ids=[*head.types, *[template.passage_type] * (end - begin), *tail.types],
                first=len(head.ids),
                null=template.null_position(len(question), end - begin),
            )
            if end == len(passage.ids):
                return
            begin += room - self._stride
