"""Electronic books: their chapters in the order of reading."""

import posixpath
import re
from urllib.parse import unquote

from spanwise.convert.extracted import Convert, Extracted, one_line
from spanwise.convert.office.block_writer import BlockWriter
from spanwise.convert.office.package import Package
from spanwise.errors import ConversionError

_CHAPTER = re.compile(r"\.x?html?$")


def convert_epub(data: bytes, convert_part: Convert) -> Extracted:
    """
    Return the text of a book's chapters.

    :raises ConversionError: If it is no EPUB file, or protected against reading.
    """
    package = Package(data, ".epub")
    paths = [element.get("full-path") or "" for element in package.xml("META-INF/container.xml").iter()]
    paths += [name for name in package.names() if name.endswith(".opf")]
    path = next(filter(None, paths), "")
    book = package.xml(path)
    title = next((one_line(element.text) for element in book.iter("dc:title")), None)
    items = {item.get("id"): item.get("href") or "" for item in book.iter() if item.tag.endswith("item")}
    order = [items.get(place.get("idref"), "") for place in book.iter() if place.tag.endswith("itemref")]
    folder = posixpath.dirname(path)
    chapters = [posixpath.normpath(posixpath.join(folder, unquote(name))) for name in order if name]
    if not any(package.read(name) for name in chapters):
        chapters = [name for name in package.names() if _CHAPTER.search(name)]
    writer = BlockWriter()
    for name in chapters:
        writer.append_part(convert_part, package.read(name), "chapter.xhtml")
    if package.read("META-INF/rights.xml") and not any(map(str.isalpha, writer.text)):
        msg = "protected against reading (DRM): it can be opened by its owner's program only"
        raise ConversionError(msg)
    return writer.extracted(title)
