"""Which version of splitting this is."""

SPLITTING_VERSION = 1
"""Raised whenever a text is cut otherwise than before: indexes then cut such texts again."""
