"""What transformers' question-answering pipeline took: its questions in all their forms, and its named arguments."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from spanwise.checks import check_positive

Pair = tuple[str, str]
MAX_SEQ_LEN = 384
DOC_STRIDE = 128
OLD_TOP_K = "topk"  # its name until transformers 5


def parse_inputs(arguments: tuple[Any, ...], named: dict[str, Any]) -> tuple[list[Pair], bool] | Iterator[Pair]:
    """
    Find the questions and contexts in the arguments of a call.

    :param arguments: Positional: a table, a list of them, a generator or a dataset of PyTorch of them, or a question
        and a context.
    :param named: `question` and `context`, each a text or a list, or `data` for one positional argument.
    :returns: (question, context) each, and whether the call was for a single one; of a generator or a
        dataset an iterator of such pairs, which asks for them one by one.
    :raises ValueError: If a text is empty or None, or the arguments fit none of these forms.
    :raises KeyError: If a table lacks its question or its context.
    :raises TypeError: If a table has other entries, but for those of a generator or a dataset.
    """
    inputs: Any = list(arguments)
    if not arguments and named.get("data") is not None:
        inputs = named["data"]
    elif len(arguments) == 1:
        inputs = arguments[0]
    elif len(arguments) == 2 and all(isinstance(argument, str) for argument in arguments):
        inputs = _paired(*arguments)
    elif not arguments:
        if not {"question", "context"} <= named.keys():
            msg = f"expected a question and a context, found {sorted(named)}; pass question=... and context=..."
            raise ValueError(msg)
        inputs = _paired(named["question"], named["context"])
    if isinstance(inputs, Mapping) and isinstance(inputs.get("question"), list):
        return [_pair(item) for item in _paired(inputs["question"], inputs.get("context"))], False
    if (items := _streamed(inputs)) is not None:
        return (_pair(item, may_have_more=True) for item in items)
    if isinstance(inputs, Mapping) or hasattr(inputs, "question_text"):
        inputs = [inputs]
    if not isinstance(inputs, Iterable):
        msg = f"expected a table with a question and a context, or a list of them, found {inputs!r}"
        raise ValueError(msg)
    pairs = [_pair(item) for item in inputs]
    return pairs, len(pairs) == 1  # a list of one was answered like the one in it


def _streamed(inputs: Any) -> Iterator[Any] | None:
    """Return the items of a generator, or of a dataset of PyTorch; None for other inputs."""
    if not isinstance(inputs, Iterable) and hasattr(inputs, "__getitem__") and hasattr(inputs, "__len__"):
        return map(inputs.__getitem__, range(len(inputs)))
    return inputs if isinstance(inputs, Iterator) else None


def _paired(questions: Any, contexts: Any) -> list[dict[str, Any]]:
    if isinstance(questions, str) and isinstance(contexts, str):
        return [{"question": questions, "context": contexts}]
    if isinstance(questions, list) and isinstance(contexts, str):
        contexts = [contexts] * len(questions)
    if not (isinstance(questions, list) and isinstance(contexts, list)):
        msg = (
            "expected two texts, two lists, or a list of questions and one context, found a question of type "
            f"{type(questions).__name__} and a context of type {type(contexts).__name__}"
        )
        raise ValueError(msg)
    if len(questions) != len(contexts):
        msg = f"expected as many contexts as questions, found {len(contexts)} and {len(questions)}"
        raise ValueError(msg)
    return [{"question": question, "context": context} for question, context in zip(questions, contexts, strict=True)]


def _pair(item: Any, *, may_have_more: bool = False) -> Pair:
    if hasattr(item, "question_text") and hasattr(item, "context_text"):
        item = {"question": item.question_text, "context": item.context_text}
    if not isinstance(item, Mapping):
        msg = f"expected a table with a question and a context, found {item!r}"
        raise ValueError(msg)
    for name in ("question", "context"):
        if name not in item:
            msg = f"expected a table with 'question' and 'context', found only {sorted(item)}"
            raise KeyError(msg)
        if not isinstance(item[name], str) or not item[name]:
            msg = f"expected a {name} with words, found {item[name]!r}"
            raise ValueError(msg)
    if len(item) > 2 and not may_have_more:
        msg = f"expected a table with 'question' and 'context' alone, found {sorted(item)}"
        raise TypeError(msg)
    return item["question"], item["context"]


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
