"""Text that is stored exactly as decoded, with its headings where its kind has any."""

import re
from typing import Any

from spanwise.convert.encodings import decode_text
from spanwise.convert.extracted import Extracted, heading_parts, one_line
from spanwise.convert.text.outline import OUTLINES

_FRONT = re.compile(r"(---|\+\+\+)[ \t]*(?:\r\n|\r|\n)")
_LONGEST_FRONT = 100_000  # characters
_YAML_TITLE = re.compile(r"^title[ \t]*:[ \t]*(.+)$", re.MULTILINE)
_ORG_TITLE = re.compile(r"^#\+title:[ \t]*(.+)$", re.MULTILINE | re.IGNORECASE)
_FIELD_TITLE = re.compile(r"\A(?:[\w-]+:.*\n|[ \t]+.*\n)*?Title:[ \t]*(.+)")  # as Python's proposals begin
_LATEX_TITLE = re.compile(r"\\title\{(?!\s*\\\w+\s*\})([^{}]*)\}")  # no macro alone

_OWN_TITLES = {".org": _ORG_TITLE, ".rst": _FIELD_TITLE, ".tex": _LATEX_TITLE, ".latex": _LATEX_TITLE}


def convert_plain(data: bytes, suffix: str = "") -> Extracted:
    """
    Return a text file as it stands, titled by what its kind has for a title.

    :param suffix: Tells the kind; a key of `OUTLINES`, or any other for a text without headings.
    :raises ConversionError: If the bytes are not text.
    """
    text = decode_text(data)
    outline = OUTLINES.get(suffix)
    if outline is None:
        return Extracted(text, has_lines=True)
    front, end = front_matter(text)
    headings = [(at + end, level, title[:300]) for at, level, title in outline(text[end:])]
    own = _OWN_TITLES[suffix].search(text) if suffix in _OWN_TITLES else None
    tops = (title for _, level, title in headings if level == 1 and title and suffix != ".org")
    title = front or (own[1] if own else None) or next(tops, None)
    return Extracted(text, title=one_line(title), parts=heading_parts(headings, len(text)), has_lines=True)


def front_matter(text: str) -> tuple[str | None, int]:
    """Return the title in the block of YAML or TOML that a text begins with, and where that block ends."""
    start = _FRONT.match(text)
    if start is None:
        return None, 0
    closing = re.compile(r"^(?:---|\.\.\.)[ \t]*$" if start[1] == "---" else r"^\+\+\+[ \t]*$", re.MULTILINE)
    front = text[:_LONGEST_FRONT].replace("\r\n", " \n").replace("\r", "\n")
    end = closing.search(front, start.end())
    if end is None:
        return None, 0
    block = front[start.end() : end.start()]
    title = _parsed(block, start[1]).get("title")
    if title is None or isinstance(title, (dict, list)):
        return None, end.end()
    return str(title), end.end()


def _parsed(block: str, fence: str) -> dict[str, Any]:
    import tomllib

    import yaml

    try:
        values = yaml.safe_load(block) if fence == "---" else tomllib.loads(block)
    except (yaml.YAMLError, ValueError, RecursionError):
        # What is no YAML at large, such as a template's, may still have a title.
        match = _YAML_TITLE.search(block)
        values = {"title": match[1].strip(" '\"")} if match else {}
    return values if isinstance(values, dict) else {}
