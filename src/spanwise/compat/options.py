"""The named arguments of transformers' question-answering pipeline."""

from dataclasses import dataclass, fields
from typing import Any, Self

from spanwise.checks import check_positive
from spanwise.compat.decode import DecodingSettings

MAX_SEQ_LEN = 384
DOC_STRIDE = 128


@dataclass(frozen=True, slots=True)
class CallOptions:
    """
    What may be given to the pipeline when it is made or called; None leaves it to the other, or to the default.

    :param top_k: Most answers; 1 by default.
    :param max_answer_len: Most tokens in an answer; 15 by default.
    :param handle_impossible_answer: Whether "no answer" may be one; False by default.
    :param align_to_words: Whether answers are widened to whole words; True by default.
    :param max_seq_len: Most tokens in a window; 384 by default, or what the model takes if that is less.
    :param doc_stride: Tokens of the context that neighboring windows share; 128 by default, or half of `max_seq_len`.
    :param batch_size: Most windows in a batch; as many as suit the device by default.
    :param max_question_len: Changes nothing, as it did with fast tokenizers: a question is never cut.
    :param padding: Changes nothing: padding is left out of every score.
    :param num_workers: Changes nothing.
    """

    top_k: int | None = None
    max_answer_len: int | None = None
    handle_impossible_answer: bool | None = None
    align_to_words: bool | None = None
    max_seq_len: int | None = None
    doc_stride: int | None = None
    batch_size: int | None = None
    max_question_len: int | None = None
    padding: str | bool | None = None
    num_workers: int | None = None

    @classmethod
    def of(cls, named: dict[str, Any]) -> Self:
        """
        Check named arguments.

        :raises TypeError: If one is unknown.
        :raises ValueError: If a number is out of its range.
        """
        if "topk" in named:  # its name until transformers 5
            named = {"top_k": named["topk"], **{name: value for name, value in named.items() if name != "topk"}}
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(named) - known)
        if unknown:
            msg = f"expected arguments among {', '.join(sorted(known))}, found {', '.join(unknown)}"
            raise TypeError(msg)
        options = cls(**named)
        counts = ("top_k", "max_answer_len", "max_seq_len", "batch_size")
        check_positive(**{name: getattr(options, name) for name in counts})
        return options

    def over(self, defaults: "CallOptions") -> "CallOptions":
        """Return these options, those that are None taken from `defaults`."""
        chosen = {
            field.name: getattr(defaults if getattr(self, field.name) is None else self, field.name)
            for field in fields(self)
        }
        return CallOptions(**chosen)

    def decoding(self) -> DecodingSettings:
        """How spans become answers."""
        stated = {field.name: getattr(self, field.name) for field in fields(DecodingSettings)}
        return DecodingSettings(**{name: value for name, value in stated.items() if value is not None})

    def sizes(self, longest: int) -> tuple[int, int]:
        """
        Return `max_seq_len` and `doc_stride`.

        :param longest: Most tokens that the model takes.
        :raises ValueError: If they do not fit one another, or the model.
        """
        length = min(longest, MAX_SEQ_LEN) if self.max_seq_len is None else self.max_seq_len
        stride = min(length // 2, DOC_STRIDE) if self.doc_stride is None else self.doc_stride
        if not 0 <= stride <= length:
            msg = f"expected 0 <= doc_stride <= max_seq_len ({length}), found doc_stride={stride}"
            raise ValueError(msg)
        if length > longest:
            msg = f"expected max_seq_len of at most {longest}, which is what the model takes, found {length}"
            raise ValueError(msg)
        return length, stride
