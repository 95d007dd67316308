"""From bytes to characters: byte order marks, UTF-16 without one, UTF-8, and Windows' Latin-1."""

import codecs
import re

from spanwise.errors import ConversionError

# UTF-32's mark begins with UTF-16's, so it comes first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 65_536  # characters or bytes that are looked at to tell text from other data
_MOST_CONTROLS = 0.05  # share of control characters above which data is not text
_CONTROLS = re.compile(r"[\x00-\x07\x0e-\x1a\x1c-\x1f\x7f]")  # backspaces and escapes occur in logs and manual pages
_UTF8_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


def decode_text(data: bytes) -> str:
    """
    Return the characters of a text file, without a byte order mark and with its line ends as they are.

    :param data: The file's bytes, in UTF-8, UTF-16 or UTF-32 with a mark, UTF-16 without one, or Windows-1252.
    :raises ConversionError: If the bytes are not text.
    """
    text = decode_marked(data)
    if text is None:
        text = _unmarked(data)
    if "\0" in text or len(_CONTROLS.findall(text[:_SAMPLE])) > _MOST_CONTROLS * min(len(text), _SAMPLE):
        msg = "binary data, not text"
        raise ConversionError(msg)
    return text


def decode_marked(data: bytes) -> str | None:
    """Return the text of data that begins with a byte order mark, or None without one."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    return None


def _unmarked(data: bytes) -> str:
    utf16 = _utf16_by_zeros(data)
    if utf16 is not None:
        return utf16
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    # One damaged byte must not turn a whole UTF-8 file into Latin-1 gibberish.
    damaged = data.decode("utf-8", "replace")
    if len(_UTF8_SEQUENCE.findall(data)) > damaged.count("\ufffd"):
        return damaged
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _utf16_by_zeros(data: bytes) -> str | None:
    sample = data[:_SAMPLE]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    # Most text has characters below U+0100, spaces at least, whose high byte is zero.
    if len(data) % 2 or max(even, odd) <= 5 * min(even, odd):
        return None
    try:
        return data.decode("utf-16-le" if odd > even else "utf-16-be")
    except UnicodeDecodeError:
        return None
