"""What the components of this stage refuse alike."""


def check_top_k(top_k: int) -> None:
    """
    Refuse a number of results below 1.

    :raises ValueError: If it is.
    """
    if top_k < 1:
        msg = f"expected top_k to be at least 1, found {top_k}"
        raise ValueError(msg)
