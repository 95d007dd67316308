"""`spanwise evaluate corpus`: ask a whole index, and measure what it says."""


def evaluate_corpus() -> None:
    """Ask every question of an index, and measure what it says."""
