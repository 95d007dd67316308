"""Which version of conversion this is."""

CONVERSION_VERSION = 10
"""Raised whenever a file's text or structure comes out otherwise than before: indexes then convert such files again."""
