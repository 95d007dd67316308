"""Texts and names from documents, made safe to print: nothing in them controls a terminal."""

import re

CONTROL = re.compile(r"\r\n|[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

_SURROGATE = re.compile("[\ud800-\udfff]")


def encodable(text: str) -> str:
    """Return text as tokenizers take it, of the same length: half a surrogate pair, which some PDFs hold, is U+FFFD."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def visible(text: str) -> str:
    """Return text with control characters and bidirectional overrides as escapes; line ends, tabs and pages stay."""
    return CONTROL.sub(lambda match: match[0] if match[0] in {"\r\n", "\f"} else _escape(match), text)


def one_line(text: str) -> str:
    """Return text safe for a terminal: whitespace folded, control characters shown as a replacement character."""
    return CONTROL.sub("\ufffd", " ".join(text.split()))


def safe_name(file: str) -> str:
    """Return a file name safe for a terminal: line breaks and control characters as escapes."""
    return CONTROL.sub(_escape, file.replace("\n", "\\n").replace("\t", "\\t"))


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")
