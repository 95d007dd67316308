"""Cut (question, passage) pairs into windows that a reader sees whole; only the passage is ever cut."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spanwise.errors import ModelError, UsageError

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer


@dataclass(frozen=True, slots=True)
class Window:
    """
    One input of the reader: special tokens, the question, and a stretch of the passage.

    :param pair: Index of the (question, passage) pair it belongs to.
    :param input_ids: Token ids.
    :param type_ids: Token types, as long as `input_ids`.
    :param first: Position in `input_ids` of the first passage token.
    :param offsets: Character offsets into the passage of each passage token in the window.
    """

    pair: int
    input_ids: list[int]
    type_ids: list[int]
    first: int
    offsets: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class PairTemplate:
    """Which special tokens a model sets before, between and behind a pair of texts, and the type of every token."""

    before: list[int]
    between: list[int]
    behind: list[int]
    before_types: list[int]
    between_types: list[int]
    behind_types: list[int]
    question_type: int
    passage_type: int

    @classmethod
    def of(cls, tokenizer: "Tokenizer") -> "PairTemplate":
        """
        Read the template off the tokenizer's own encoding of a pair.

        :raises ModelError: If the tokenizer does not set the question before the passage.
        """
        probe = tokenizer.encode("a", "a")
        sides = probe.sequence_ids
        if 0 not in sides or 1 not in sides or sides.index(0) > sides.index(1):
            msg = f"expected a tokenizer that encodes a question and a passage in that order, found sides {sides}"
            raise ModelError(msg)
        question = [index for index, side in enumerate(sides) if side == 0]
        passage = [index for index, side in enumerate(sides) if side == 1]
        parts = slice(0, question[0]), slice(question[-1] + 1, passage[0]), slice(passage[-1] + 1, len(sides))
        before, between, behind = (probe.ids[part] for part in parts)
        before_types, between_types, behind_types = (probe.type_ids[part] for part in parts)
        types = probe.type_ids[question[0]], probe.type_ids[passage[0]]
        return cls(before, between, behind, before_types, between_types, behind_types, *types)

    @property
    def special_tokens(self) -> int:
        """How many special tokens every window holds."""
        return len(self.before) + len(self.between) + len(self.behind)


class WindowBuilder:
    """
    Makes windows of at most `max_seq_length` tokens, of which neighbors share `stride` passage tokens.

    :param tokenizer: The reader's tokenizer, without truncation or padding.
    """

    def __init__(self, tokenizer: "Tokenizer", *, max_seq_length: int, stride: int) -> None:
        self._tokenizer = tokenizer
        self._template = PairTemplate.of(tokenizer)
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
        questions = self._encode(list(dict.fromkeys(question for question, _ in pairs)))
        for question, encoding in questions.items():
            self._check(question, len(encoding))
        passages = self._encode(list(dict.fromkeys(passage for _, passage in pairs)))
        return [
            window
            for index, (question, passage) in enumerate(pairs)
            for window in self._windows(index, questions[question].ids, passages[passage])
        ]

    def _encode(self, texts: list[str]) -> dict[str, "Encoding"]:
        return dict(zip(texts, self._tokenizer.encode_batch(texts, add_special_tokens=False), strict=True))

    def _check(self, question: str, tokens: int) -> None:
        if tokens > self.max_question_tokens:
            msg = (
                f"expected a question of at most {self.max_question_tokens} tokens, found {tokens} "
                f"({len(question.split())} words); ask a shorter question"
            )
            raise UsageError(msg)

    def _windows(self, pair: int, question: list[int], passage: "Encoding") -> Iterator[Window]:
        template = self._template
        head = [*template.before, *question, *template.between]
        head_types = [*template.before_types, *[template.question_type] * len(question), *template.between_types]
        room = self._max_seq_length - template.special_tokens - len(question)
        ids, offsets = passage.ids, passage.offsets
        begin = 0
        while begin < len(ids):
            end = min(begin + room, len(ids))
            yield Window(
                pair=pair,
                input_ids=[*head, *ids[begin:end], *template.behind],
                type_ids=[*head_types, *[template.passage_type] * (end - begin), *template.behind_types],
                first=len(head),
                offsets=offsets[begin:end],
            )
            if end == len(ids):
                return
            begin += room - self._stride
