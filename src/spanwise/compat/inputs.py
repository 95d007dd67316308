"""The forms in which transformers' question-answering pipeline took its questions."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Pair = tuple[str, str]


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
