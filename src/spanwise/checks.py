"""Checks of arguments that all stages share."""


def check_positive(**values: int | None) -> None:
    """
    Refuse a number below 1; None stands for no such bound.

    :param values: By the name that the error gives.
    :raises ValueError: If one is.
    """
    for name, value in values.items():
        if value is not None and value < 1:
            msg = f"expected {name} to be at least 1, found {value}"
            raise ValueError(msg)


def check_threshold(threshold: float | None) -> None:
    """
    Refuse a threshold of confidence that is no probability; None stands for the reader's own.

    :raises ValueError: If it is below 0 or above 1.
    """
    if threshold is not None and not 0 <= threshold <= 1:
        msg = f"expected a threshold in [0, 1], found {threshold}"
        raise ValueError(msg)


def check_not_empty(question: str) -> None:
    """
    Refuse a question without words.

    :raises ValueError: If it is one.
    """
    if not question.strip():
        msg = "expected a question, found an empty one"
        raise ValueError(msg)
