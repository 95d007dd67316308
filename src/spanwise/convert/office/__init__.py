"""Office formats, books, mail and notebooks."""
