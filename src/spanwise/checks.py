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
