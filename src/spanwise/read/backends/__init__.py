"""The code that runs a reader."""
