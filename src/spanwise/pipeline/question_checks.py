"""What is refused before a corpus is asked."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from spanwise.checks import check_not_empty, check_positive, check_threshold
from spanwise.errors import UsageError


@contextmanager
def as_usage_error() -> Iterator[None]:
    """Turn the ValueError of a check into a UsageError."""
    try:
        yield
    except ValueError as error:
        raise UsageError(str(error)) from error


def check_questions(questions: Sequence[str]) -> None:
    """
    Refuse what is no question, before any work.

    :raises TypeError: If `questions` is not a list of texts.
    :raises UsageError: If one is empty, or holds half a surrogate pair, which no tokenizer takes.
    """
    if isinstance(questions, str) or not all(isinstance(question, str) for question in questions):
        found = questions if isinstance(questions, str) else [type(question).__name__ for question in questions]
        msg = f"expected a list of questions as text, found {found!r}; one question is for ask"
        raise TypeError(msg)
    for question in questions:
        with as_usage_error():
            check_not_empty(question)
        half = next((at for at, character in enumerate(question) if "\ud800" <= character <= "\udfff"), None)
        if half is not None:
            msg = (
                f"expected a question in Unicode text, found half a surrogate pair, {question[half]!r}, at character "
                f"{half}; write it in UTF-8, or decode its bytes with errors='replace'"
            )
            raise UsageError(msg)


def check_numbers(top_k: int, passages: int, threshold: float | None) -> None:
    """
    Refuse numbers out of their range.

    :raises UsageError: If one is.
    """
    with as_usage_error():
        check_positive(top_k=top_k, passages=passages)
        check_threshold(threshold)
