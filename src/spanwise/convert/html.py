"""HTML, whose readable text is taken without scripts, menus and other furniture."""

import codecs
import re
from typing import TYPE_CHECKING

from spanwise.convert.encodings import decode_marked, decode_text
from spanwise.convert.extracted import Extracted, one_line
from spanwise.errors import ConversionError

if TYPE_CHECKING:
    from lxml.etree import _Element

_DECLARED = re.compile(
    rb"""<(?:meta\b[^>]*?\bcharset|\?xml\b[^>]*?\bencoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE
)
_HEAD = 4096  # bytes in which a declaration must stand; browsers look at 1024
# What pages that declare these really contain, as browsers read them (WHATWG Encoding Standard, section 4.2).
_SUPERSETS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
_NESTING = re.compile(r"</?(?:a|b|big|center|code|div|em|font|i|small|span|strong|tt|u)\b[^<>]*>", re.IGNORECASE)


def convert_html(data: bytes) -> Extracted:
    """
    Return the readable text of a page.

    :param data: The file's bytes.
    :raises ConversionError: If the bytes are not text, or elements are nested too deeply to be read.
    """
    from spanwise.convert.html_blocks import block_text

    root = _parse(decode_html(data).replace("\r\n", "\n").replace("\r", "\n"))
    if root is None:
        return Extracted("")
    # A page that is nothing but a menu is then the menu's.
    text = block_text(root) or block_text(root, with_furniture=True)
    return Extracted(text, title=_title(root))


def decode_html(data: bytes) -> str:
    """
    Return a page's characters: by its byte order mark, else its declaration, else by what the bytes look like.

    :raises ConversionError: If the bytes are not text.
    """
    text = decode_marked(data)
    if text is not None:
        return text
    declared = _DECLARED.search(data[:_HEAD])
    if declared:
        try:
            name = codecs.lookup(declared[1].decode("ascii")).name
            # A declaration that can be read as ASCII does not stand in UTF-16; damaged UTF-8 is for the fallback.
            if not name.startswith(("utf", "unicode")):
                return data.decode(_SUPERSETS.get(name, name), "replace")
        except (LookupError, UnicodeError):
            pass
    return decode_text(data)


def _parse(page: str) -> "_Element | None":
    root, too_deep = _tree(page)
    if too_deep:
        root, too_deep = _tree(_NESTING.sub(" ", page))
    if too_deep:
        msg = "its elements are nested more than 2000 levels deep"
        raise ConversionError(msg)
    if root is not None:
        _separate_definitions(root)
    return root


def _tree(page: str) -> tuple["_Element | None", bool]:
    from lxml import etree, html

    parser = html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        root = html.document_fromstring(page.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError:
        return None, False  # an empty document
    # Beyond its limit the parser drops what follows, and goes on.
    return root, any("depth" in entry.message for entry in parser.error_log)


def _separate_definitions(root: "_Element") -> None:
    # Where `</dt>` and `</dd>` are left out, as they may be, the parser puts each into the one before.
    for element in list(root.iter("dt", "dd")):
        parent = element.getparent()
        if parent is not None and parent.tag in {"dt", "dd"}:
            parent.addnext(element)


def _title(root: "_Element") -> str | None:
    for tag in ("title", "h1"):
        for element in root.iter(tag):
            title = one_line("".join(map(str, element.itertext())))
            if title is not None:
                return title
    return None
