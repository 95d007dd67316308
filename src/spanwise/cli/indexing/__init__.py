"""Commands that make an index and look after it: `spanwise index`, `status`, `doctor` and `compact`."""
