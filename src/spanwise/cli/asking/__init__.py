"""Commands that ask an index, and that show where what was found stands."""
