"""What is read in the place of a picture: its description, where it stands alone."""

import re

from turbohtml import Element, Node, Text

_PLACES = {"td", "th", "p", "figure", "h1", "h2", "h3", "h4", "h5", "h6"}
_WRAPPERS = {"a", "b", "center", "div", "em", "font", "i", "picture", "span", "strong"}
_EMPTY = {"a", "br", "source"}
_NO_WORDS = re.compile(  # logos, bullets, names of files and of kinds of pictures; DocBook's "[Note]" beside the word
    r"|.*\blogo\b.*|[-*.]+|\[.*\]|(?:icon|image|img|photo|picture|bullet|spacer)\W*\d*|\S*_\S*|\S*\.(?:gif|jpe?g|png|svg|webp)",
    re.IGNORECASE,
)


def picture_text(picture: Element) -> str:
    """
    Return what a picture says by its description, or "" for one beside words, in a link, or of no meaning.

    :param picture: An `img` element.
    """
    text = " ".join((picture.attr("alt") or "").split())
    if _NO_WORDS.fullmatch(text):
        return ""
    around: Element = picture
    while _is_alone(around):
        parent = around.parent
        if not isinstance(parent, Element) or (parent.tag == "a" and parent.attr("href") is not None):
            return ""
        if parent.tag in _PLACES:
            return text
        if parent.tag not in _WRAPPERS:
            return ""
        around = parent
    return ""


def _is_alone(element: Element) -> bool:
    """Return whether nothing that is read stands beside an element."""
    return all(
        _is_empty(sibling) for siblings in (element.previous_siblings, element.next_siblings) for sibling in siblings
    )


def _is_empty(node: Node) -> bool:
    if isinstance(node, Element):
        return node.tag in _EMPTY and not node.children
    return not isinstance(node, Text) or not node.data.strip()
