"""From bytes to characters: by a mark, by what is declared, or by what the bytes look like."""

import codecs
import re
import unicodedata

from spanwise.errors import ConversionError

# UTF-32's mark begins with UTF-16's, so it comes first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 65_536  # characters or bytes that are looked at
_DETECTED = 1_000_000  # bytes that the detector is given
_MOST_STRANGE = 0.05  # share of controls, or of characters of no script, above which data is not text
_NO_SCRIPT = {"Cn", "Co", "Cs"}
_CONTROLS = re.compile(r"[\x00-\x07\x0e-\x1a\x1c-\x1f\x7f]")  # backspaces and escapes occur in logs and manual pages
_UTF8_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HEAD = 4096  # bytes in which a declaration must stand; browsers look at 1024
_NOT_MARKUP = re.compile(rb"<!--.*?(?:-->|\Z)|<(script|style|title)\b.*?(?:</\1|\Z)", re.DOTALL | re.IGNORECASE)
_DECLARED = re.compile(
    rb"""<(?:meta\b[^>]*?\bcharset|\?xml\b[^>]*?\bencoding)\s*=\s*["']?\s*([^\s"'<>;/]+)""", re.IGNORECASE
)
# What the WHATWG standard lets no browser read, since pages could hide scripts in it; a file is no page on the web.
_UNREADABLE = {"hz-gb-2312": "hz", "iso-2022-kr": "iso2022_kr", "csiso2022kr": "iso2022_kr", "utf-7": "utf-7"}


def decode_text(data: bytes) -> str:
    """
    Return the characters of a text file, without a byte order mark and NULs, and with its line ends as they are.

    :param data: The file's bytes, in UTF-8, UTF-16, UTF-32 or an older encoding that can be told from them.
    :raises ConversionError: If the bytes are not text.
    """
    text = _decode_unicode(data)
    return _plain(_detected(data) if text is None else text)


def decode_html(data: bytes) -> str:
    """
    Return a page's characters.

    In this order: a byte order mark, UTF-16 as such, valid UTF-8, what the page declares (by the labels of the WHATWG
    Encoding Standard, section 4.2), and what the bytes look like.

    :raises ConversionError: If the bytes are not text.
    """
    text = _decode_unicode(data)
    text = _declared(data) if text is None else text
    return _plain(_detected(data) if text is None else text)


def _decode_unicode(data: bytes) -> str | None:
    """Return the text of data that is some form of Unicode, or None."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = None
    zeros = data.count(0)
    if zeros and (text is None or zeros * 4 > len(data) or not _is_plain(text.replace("\0", ""))):
        wide = _wide(data)
        text = text if wide is None else wide
    # Seven bits with escapes between them: ISO-2022, or HZ.
    head = data[:_DETECTED]
    is_shifted = b"\x1b$" in head or (b"~{" in head and b"~}" in data and data.isascii())
    return None if is_shifted else text


def _wide(data: bytes) -> str | None:
    """Return the text of UTF-16 or UTF-32 without a mark, which has zeros in one place of two or four; or None."""
    sample = data[:_SAMPLE]
    zeros = [sample[at::4].count(0) for at in range(4)]
    even, odd = zeros[0] + zeros[2], zeros[1] + zeros[3]
    if min(even, odd) * 4 >= len(sample) // 4 > 0:
        encoding = "utf-32-le" if zeros[3] >= zeros[0] else "utf-32-be"
        data = data[: len(data) // 4 * 4]
    elif max(even, odd) > 5 * min(even, odd):
        encoding = "utf-16-le" if odd > even else "utf-16-be"
        data = data[: len(data) // 2 * 2]
    else:
        return None
    text = data.decode(encoding, "replace")
    return text if _is_plain(text) and _is_written(text) else None


def _declared(data: bytes) -> str | None:
    declared = _DECLARED.search(_NOT_MARKUP.sub(b"", data[:_HEAD]))
    if declared is None:
        return None
    label = declared[1].decode("latin-1").lower()
    codec = _UNREADABLE.get(label) or _codec(label)
    # A declaration that can be read as ASCII does not stand in UTF-16; and UTF-8 it is not, or not without damage.
    if codec is None or codec.endswith(("utf-8", "utf-16le", "utf-16be")) or _is_damaged_utf8(data, 3):
        return None
    text = data.decode(codec, "replace")
    return None if text.count("\ufffd") * 20 > len(data) else text


def _codec(label: str) -> str | None:
    """Return the codec for an encoding's label, by the WHATWG Encoding Standard; None for an unknown label."""
    import turbohtml
    from turbohtml.detect import detect

    try:
        turbohtml.parse(b"", encoding=label)
    except LookupError:
        return None
    # The library's own codecs differ from Python's where the standard does: Big5 has Hong Kong's characters.
    return detect(b'<meta charset="' + label.encode("latin-1") + b'">').codec


def _is_damaged_utf8(data: bytes, times: int) -> bool:
    # One damaged byte must not turn a whole UTF-8 file into gibberish.
    damage = data.decode("utf-8", "replace").count("\ufffd")
    return len(_UTF8_SEQUENCE.findall(data)) > times * damage


def _detected(data: bytes) -> str:
    from turbohtml.detect import detect

    sample = data[:_DETECTED]
    if _is_damaged_utf8(sample, 1):
        return data.decode("utf-8", "replace")
    if b"~{" in sample and sample.isascii():
        return data.decode("hz", "replace")
    # Text about HTML may declare something in the middle of a sentence.
    codec = detect(_DECLARED.sub(b" ", sample)).codec or "cp1252"
    return data.decode(codec, "replace")


def _plain(text: str) -> str:
    text = text.replace("\0", "")
    if not _is_plain(text):
        msg = "binary data, not text"
        raise ConversionError(msg)
    return text


def _is_plain(text: str) -> bool:
    """Return whether few of the first characters are controls."""
    sample = text[:_SAMPLE]
    return len(_CONTROLS.findall(sample)) <= _MOST_STRANGE * len(sample)


def _is_written(text: str) -> bool:
    """Return whether few of the first characters are of no script: unassigned, for private use, or replaced."""
    sample = text[:1000]
    strange = sum(character == "\ufffd" or unicodedata.category(character) in _NO_SCRIPT for character in sample)
    return strange <= _MOST_STRANGE * len(sample)
