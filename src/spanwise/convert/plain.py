"""Plain text and Markdown, stored exactly as decoded."""

import re

from spanwise.convert.encodings import decode_text
from spanwise.convert.extracted import Extracted, one_line

_TOP_HEADING = re.compile(r"^ {0,3}# +(.+?)[ #]*$", re.MULTILINE)
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)


def convert_plain(data: bytes) -> Extracted:
    """
    Return a text file as it stands.

    :raises ConversionError: If the bytes are not text.
    """
    return Extracted(decode_text(data))


def convert_markdown(data: bytes) -> Extracted:
    """
    Return a Markdown file as it stands, marks included, titled by its first top heading.

    :raises ConversionError: If the bytes are not text.
    """
    text = decode_text(data)
    fence = _FENCE.search(text)
    # In a code block, a line that begins with "#" is a comment.
    heading = _TOP_HEADING.search(text, 0, fence.start() if fence else len(text))
    return Extracted(text, title=one_line(heading[1]) if heading else None)
