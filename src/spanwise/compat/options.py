"""The named arguments of transformers' question-answering pipeline."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from spanwise.checks import check_positive

MAX_SEQ_LEN = 384
DOC_STRIDE = 128
OLD_TOP_K = "topk"  # its name until transformers 5


@dataclass(frozen=True, slots=True)
class CallOptions:
    """
    What may be given to the pipeline when it is made or called.

    :param top_k: Most answers.
    :param max_answer_len: Most tokens in an answer.
    :param handle_impossible_answer: Whether "no answer" may be one.
    :param align_to_words: Whether answers are widened to whole words, as the tokenizer splits words.
    :param max_seq_len: Most tokens in a window; None for 384, or what the model takes if that is less.
    :param doc_stride: Tokens of the context that neighboring windows share; None for 128, or half of `max_seq_len`.
    :param batch_size: Most windows in a batch; None for as many as suit the device.
    :param max_question_len: Changes nothing, as it did with fast tokenizers: a question is never cut.
    :param padding: Changes nothing: padding is left out of every score.
    :param num_workers: Changes nothing.
    """

    top_k: int = 1
    max_answer_len: int = 15
    handle_impossible_answer: bool = False
    align_to_words: bool = True
    max_seq_len: int | None = None
    doc_stride: int | None = None
    batch_size: int | None = None
    max_question_len: int | None = None
    padding: str | bool | None = None
    num_workers: int | None = None

    @classmethod
    def of(cls, *named: Mapping[str, Any]) -> Self:
        """
        Check named arguments.

        :param named: Of these the last that has an argument, and not as None, gives it.
        :raises TypeError: If one is unknown.
        :raises ValueError: If a number is out of its range.
        """
        known = {field.name for field in fields(cls)}
        chosen: dict[str, Any] = {}
        for some in named:
            if unknown := sorted(some.keys() - known - {OLD_TOP_K}):
                msg = f"expected arguments among {', '.join(sorted(known))}, found {', '.join(unknown)}"
                raise TypeError(msg)
            stated = {"top_k": some.get(OLD_TOP_K), **some}
            chosen |= {name: value for name, value in stated.items() if value is not None and name != OLD_TOP_K}
        options = cls(**chosen)
        counts = ("top_k", "max_answer_len", "max_seq_len", "batch_size")
        check_positive(**{name: getattr(options, name) for name in counts})
        return options

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
