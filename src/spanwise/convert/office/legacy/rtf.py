r"""Characters of RTF in the code pages of their fonts, which Kreuzberg reads in that of the file: \'xx as \uN."""

import re
from collections.abc import Mapping
from struct import unpack

_CODECS = {
    b"77": "mac_roman", b"128": "cp932", b"129": "cp949", b"134": "gbk", b"136": "cp950", b"161": "cp1253",
    b"162": "cp1254", b"163": "cp1258", b"177": "cp1255", b"178": "cp1256", b"186": "cp1257", b"204": "cp1251",
    b"222": "cp874", b"238": "cp1250",
}  # fmt: skip
_DOUBLE = {"cp932", "cp949", "gbk", "cp950"}
_HEAD = 1000  # bytes
_FONT = re.compile(rb"\\f(\d+)(?:\\(?!f\d)[a-z]+-?\d*|[ \r\n]|\{\\\*[^{}]*\})*?\\fcharset(\d+)")
_TOKEN = re.compile(rb"((?:\\'[0-9a-fA-F]{2}[\r\n]*)+)|\\([a-z]+)(-?\d+)? ?|\\[^a-z]|[{}]|[^\\{}]+")
_ESCAPE = r"((?:\\'[0-9a-fA-F]{2})+)|\\u(-?\d+) ?(?:\?|\\'[0-9a-fA-F]{2})?"
_TITLE = re.compile(rf"\{{\\title[ \r\n]((?:[^{{}}\\]|{_ESCAPE})*)\}}".encode())


def with_unicode(data: bytes) -> bytes:
    r"""
    Return an RTF file in which characters of fonts that have code pages of their own are Unicode.

    >>> with_unicode(rb"{\rtf1\ansicpg1252{\fonttbl{\f1\fcharset204 A;}}\f1 \'e4\'e0 \f0 \'e4}").split(b"}}")[1]
    b"\\f1 \\uc1\\u1076?\\u1072? \\f0 \\'e4}"

    :param data: The file's bytes. One with binary parts stays as it is.
    """
    default = _code_page(data)
    fonts = {font: _CODECS[charset] for font, charset in _FONT.findall(data) if charset in _CODECS}
    if all(codec == default for codec in fonts.values()) or re.search(rb"\\bin\d", data):
        return data
    return _Rewriter(data, default, fonts).rewritten()


def rtf_title(data: bytes) -> str:
    """Return the title that an RTF file gives itself; "" if it has none, or none that is plain text."""
    found, codec = _TITLE.search(data), _code_page(data)

    def shown(match: re.Match[str]) -> str:
        if match[2]:
            return chr(int(match[2]) & 0xFFFF)
        return bytes.fromhex(match[1].replace("\\'", "")).decode(codec, "replace")

    text = re.sub(_ESCAPE, shown, found[1].decode("latin-1")) if found else ""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class _Rewriter:
    """
    A file while its characters are rewritten.

    :param default: The codec of the file.
    :param fonts: The codecs of fonts with other ones.
    """

    def __init__(self, data: bytes, default: str, fonts: Mapping[bytes, str]) -> None:
        self._data, self._default, self._fonts = data, default, fonts
        first = re.search(rb"\\deff(\d+)", data[:_HEAD])
        self._initial = fonts.get(first[1] if first else b"", default)
        self._codec = self._initial
        self._is_open: list[tuple[str, bytes]] = []
        self._fallback = b"1"  # how many characters follow one that is Unicode, for old readers
        self._left = 0  # of them
        self._lead = b""  # the first half of a character whose second follows as a letter
        self._parts: list[bytes] = []

    def rewritten(self) -> bytes:
        for match in _TOKEN.finditer(self._data):
            if match[1]:
                self._escapes(re.sub(rb"[\r\n]", b"", match[1]))
            elif not match[0].strip(b"\r\n"):  # nothing, but Kreuzberg would count it as one of those
                self._parts.append(b"" if self._left else match[0])
            else:
                token = self._after_lead(match[0]) if self._lead else match[0]
                self._state(token, match[2], match[3])
                self._parts.append(token.rstrip() + b" " if match[2] == b"u" else token)
        return b"".join(self._parts)

    def _escapes(self, escapes: bytes) -> None:
        kept = escapes[: 4 * self._left]
        self._left -= len(kept) // 4
        self._parts.append(kept)
        self._write(self._lead + escapes[len(kept) :])

    def _after_lead(self, token: bytes) -> bytes:
        is_letter = token[:1] not in {b"\\", b"{", b"}"}
        self._write(self._lead + (b"\\'%02x" % token[0] if is_letter else b""), is_whole=True)
        return token[1:] if is_letter else token

    def _state(self, token: bytes, word: bytes | None, number: bytes | None) -> None:
        if token == b"{":
            self._is_open.append((self._codec, self._fallback))
        elif token == b"}" and self._is_open:
            self._codec, self._fallback = self._is_open.pop()
        elif word == b"f" and number:
            self._codec = self._fonts.get(number, self._default)
        elif word == b"plain":
            self._codec = self._initial
        elif word == b"uc":
            self._fallback = number or b"1"
        self._left = min(int(self._fallback), 9) if word == b"u" and number else 0

    def _write(self, escapes: bytes, *, is_whole: bool = False) -> None:
        """Write characters of the font; the half of one at their end waits, unless they are whole."""
        self._lead = b""
        if self._codec == self._default or not escapes:
            self._parts.append(escapes)
            return
        text = bytes.fromhex(escapes.replace(b"\\'", b"").decode()).decode(self._codec, "replace")
        if self._codec in _DOUBLE and not is_whole and text.endswith("\ufffd"):
            text, self._lead = text[:-1], escapes[-4:]
        units = text.encode("utf-16-le")
        self._parts += [b"\\u%d?" % unit for unit in unpack(f"<{len(units) // 2}h", units)]
        if text:
            self._parts.insert(-len(units) // 2, b"\\uc1")
            self._parts.append(b"\\uc" + self._fallback + b" " if self._fallback != b"1" else b"")


def _code_page(data: bytes) -> str:
    found = re.search(rb"\\ansicpg(\d+)", data[:_HEAD])
    codec = f"cp{int(found[1][:9])}" if found else "cp1252"
    try:
        b"".decode(codec)
    except LookupError:
        return "cp1252"
    return "gbk" if codec == "cp936" else codec
