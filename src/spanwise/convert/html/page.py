"""HTML, whose readable text is taken without scripts, menus and other boilerplate."""

import re

from turbohtml import Document, Namespace, parse

from spanwise.convert.encodings import decode_html
from spanwise.convert.extracted import Extracted, one_line
from spanwise.convert.html.blocks import block_text
from spanwise.convert.html.boilerplate import Boilerplate
from spanwise.convert.text.plain import front_matter

_CLOSED = re.compile(r"""(<template\b[^>]*?\bshadowrootmode\s*=\s*["']?)closed""", re.IGNORECASE)
_IS_XML = re.compile(
    r"""\s*(?:<\?xml\b|(?:<!--[^>]*>\s*)*<!doctype\b[^>]*\bxhtml\b"""
    r"""|(?:<!(?:doctype\b|--)[^>]*>\s*)*<html\b[^>]*\bxmlns\s*=\s*["']http://www\.w3\.org)""",
    re.IGNORECASE,
)
_EMPTY = re.compile(
    r"<(?!(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)\b)([a-z][\w:-]*)((?:\s[^<>]*)?)/>",
    re.IGNORECASE,
)
_ENOUGH = 80  # characters; a shorter article is a description
_PIECES, _PIECE = 8, 40  # of an article: how many are looked for, of how many characters


def convert_html(data: bytes) -> Extracted:
    """
    Return the readable text of a page.

    :raises ConversionError: If the bytes are not text.
    """
    source = decode_html(data)
    front, end = front_matter(source)  # of a page that a site is generated from
    source = source[end:]
    # In XML <title/> is empty; in HTML it would be open, to the end of the page.
    if "/>" in source and _IS_XML.match(source):
        source = _EMPTY.sub(r"<\1\2></\1>", source)
    has_shadows = "shadowroot" in source
    page = parse(_CLOSED.sub(r"\1open", source) if has_shadows else source, positions=False)
    if page.root is None:
        return Extracted("")
    article = _described_article(page)
    page.root.remove("script, style")
    text, parts = block_text(page.root, Boilerplate(page.root), has_shadows=has_shadows)
    if not text:  # a page that is nothing but a menu is then the menu's
        text, parts = block_text(page.root, None, has_shadows=has_shadows)
    if article is not None and not _has_most(text, article):
        text = f"{text}\n\n{article}" if text else article
    return Extracted(text, title=one_line(front) or _title(page), parts=parts)


def _described_article(page: Document) -> str | None:
    """Return the article that a page describes to search engines: the only one, where a script writes what is seen."""
    found: list[object] = list(page.json_ld()) if page.select_one('script[type="application/ld+json"]') else []
    for item in found:
        if isinstance(item, list):
            found.extend(item)
        elif isinstance(item, dict):
            body = item.get("articleBody")
            if isinstance(body, str) and len(body) > _ENOUGH:
                for _ in range(2):  # some write it as HTML, and some as HTML that is escaped
                    root = parse(body, positions=False).root
                    body = body if root is None else block_text(root, None)[0]
                return body
            found.extend(item[name] for name in ("@graph", "mainEntity") if name in item)
    return None


def _has_most(text: str, article: str) -> bool:
    """Return whether a text has most of an article: of pieces of it that stand at even distances."""
    text, article = " ".join(text.split()), " ".join(article.split())
    starts = range(0, max(1, len(article) - _PIECE), max(1, len(article) // _PIECES))
    return 2 * sum(article[start : start + _PIECE] in text for start in starts) > len(starts)


def _title(page: Document) -> str | None:
    # A drawing has titles too.
    names = [name for tag in ("title", "h1") for name in page.iter_elements(tag) if name.namespace is Namespace.HTML]
    titles = (one_line(name.text) for name in names)
    return next((title for title in titles if title is not None), None)
