"""Whether an index is whole, and making again what is not."""
