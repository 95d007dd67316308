"""Zip archives of XML parts, as office formats are, read as far as they can be: one damaged part loses itself only."""

import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Container, Iterator
from contextlib import suppress
from urllib.parse import unquote
from xml.etree import ElementTree

from spanwise.convert.extracted import one_line
from spanwise.convert.limits import limits
from spanwise.errors import ConversionError

OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOCAL_HEADER = struct.Struct("<4s5H3I2H")  # APPNOTE.TXT 4.3.7
_READ_AT_ONCE = 1 << 20
_LONGEST_PART = 200_000_000  # bytes of XML; what follows is left out
_OPENXML = re.compile(r"http://(?:schemas\.openxmlformats\.org|purl\.oclc\.org/ooxml)/(?:(\w+)/)?(?:\d{4}/)?(\w+)")
_PREFIXES = {
    "wordprocessingml": "w", "math": "m", "relationships": "r", "markup-compatibility": "mc", "presentationml": "p",
    "chart": "c", "diagram": "dgm", "spreadsheetml": "x",
}  # fmt: skip
_OTHER_PREFIXES = {
    "http://schemas.openxmlformats.org/package/2006/relationships": "rel",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://schemas.microsoft.com/office/word/2010/wordprocessingShape": "wps",
    "http://www.w3.org/1999/xlink": "xlink",
    "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0": "draw",
}


class Relations(dict[str, tuple[str, str]]):
    """What a part refers to: for each id the last word of the relation's type, and the name of the part."""

    def target(self, identifier: str | None) -> str:
        """Return the part of an id, "" for none."""
        return self.get(identifier or "", ("", ""))[1]

    def targets(self, kind: str) -> list[str]:
        """Return the parts of one kind."""
        return [target for given, target in self.values() if given == kind]


class Package:
    """
    The parts of an archive by name; names differ in neither case nor the direction of their slashes.

    :param kind: What the file should be, for messages.
    :raises ConversionError: If it is no zip archive at all, or would unpack to too much.
    """

    def __init__(self, data: bytes, kind: str) -> None:
        if data.startswith(OLE_SIGNATURE):
            msg = f"an old format, not a {kind} file"
            raise ConversionError(msg)
        self._data = data
        self._unpacked_bytes = 0
        self._places = _central_directory(data) or _local_headers(data)
        if not self._places:
            msg = f"damaged file or not a {kind}: it is no zip archive"
            raise ConversionError(msg)

    def names(self) -> list[str]:
        """Return the names of the parts, in lower case, in the order of the archive."""
        return list(self._places)

    def read(self, name: str) -> bytes:
        """
        Return a part's bytes, those before the damage if it is damaged; b"" for one that is missing.

        :raises ConversionError: If the parts read so far are too large together.
        """
        start, method, packed = self._places.get(_key(name), (len(self._data), 0, 0))
        try:
            signature, _, flags, *_, name_length, extra_length = _LOCAL_HEADER.unpack_from(self._data, start)
        except struct.error:
            return b""
        begin = start + _LOCAL_HEADER.size + name_length + extra_length
        if signature != b"PK\x03\x04" or flags & 1 or method not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            return b""
        if method == zipfile.ZIP_STORED:
            return self._counted(self._data[begin : begin + packed])
        unpack, found, at = zlib.decompressobj(-zlib.MAX_WBITS), [], begin
        most = limits().most_unpacked(len(self._data)) + 1
        with suppress(zlib.error):
            while not unpack.eof and at < len(self._data):
                found.append(self._counted(unpack.decompress(self._data[at : at + _READ_AT_ONCE], most)))
                at += _READ_AT_ONCE
        return b"".join(found)

    def xml(self, name: str) -> ElementTree.Element:
        """Return the root of an XML part; see `parse_xml`."""
        return parse_xml(self.read(name))

    def title(self) -> str | None:
        """Return the title that the properties of the package say it has."""
        parts = map(self.xml, self.relations("").targets("core-properties"))
        titles = [one_line(element.text) for root in parts for element in root if element.tag == "dc:title"]
        return next(filter(None, titles), None)

    def relations(self, name: str) -> Relations:
        """
        Return the parts that a part refers to.

        :param name: The part; "" for the package itself.
        """
        folder, base = posixpath.split(name)
        found = Relations()
        for relation in self.xml(posixpath.join(folder, "_rels", f"{base}.rels")):
            target = relation.get("Target") or ""
            if relation.get("TargetMode") == "External" or not target:
                continue
            path = target if target.startswith("/") else posixpath.join(folder, target.replace("\\", "/"))
            kind = posixpath.basename(relation.get("Type") or "")
            found[relation.get("Id") or ""] = kind, posixpath.normpath(unquote(path)).lstrip("/")
        return found

    def main_part(self, usual: str) -> str:
        """
        Return the name of the part that the package is about.

        :param usual: What it is called if nothing says so, and in which folder.
        """
        named = self.relations("").targets("officeDocument")
        folder = usual.partition("/")[0]
        others = [name for name in self._places if name.startswith(folder) and name.endswith(usual[-8:])]
        return next((name for name in [*named, usual, *others] if _key(name) in self._places), usual)

    def _counted(self, part: bytes) -> bytes:
        self._unpacked_bytes += len(part)
        limits().check_unpacked(self._unpacked_bytes, len(self._data))
        return part


def parse_xml(data: bytes) -> ElementTree.Element:
    """
    Return the root of a document, as far as it is well formed; an element without a tag if nothing of it is.

    Tags and attributes get the prefixes that the formats' own documentation uses, whatever the edition of the standard.
    """
    builder = ElementTree.TreeBuilder()
    parser = ElementTree.XMLParser(target=builder)
    with suppress(ElementTree.ParseError):
        parser.feed(data[:_LONGEST_PART])
    root: ElementTree.Element | None = builder.close()
    if root is None:
        return ElementTree.Element("")
    _shorten(root)
    return root


def nearest(
    parent: ElementTree.Element, tags: Container[str], skipped: Container[str] = ()
) -> Iterator[ElementTree.Element]:
    """
    Yield the elements of some tags below another in order, but none inside one of them.

    :param skipped: Tags of elements that are not looked into.
    """
    stack = list(reversed(parent))
    while stack:
        element = stack.pop()
        if element.tag in tags:
            yield element
        elif element.tag not in skipped:
            stack += reversed(chosen(element))


def chosen(element: ElementTree.Element) -> ElementTree.Element:
    """Return the first `mc:Choice` of an `mc:AlternateContent` that holds anything, else the element itself."""
    if element.tag != "mc:AlternateContent":
        return element
    return next((child for child in element if child.tag == "mc:Choice" and len(child)), element)


def _shorten(root: ElementTree.Element) -> None:
    """Give all names their prefixes, and leave out what lies too deep for those who go through the tree."""
    names: dict[str, str] = {}
    stack, deepest = [(root, 1)], limits().depth
    while stack:
        element, depth = stack.pop()
        element.tag = names.get(element.tag) or names.setdefault(element.tag, _short(element.tag))
        if element.attrib:
            element.attrib = {
                names.get(key) or names.setdefault(key, _short(key)): value for key, value in element.attrib.items()
            }
        if depth == deepest:
            del element[:]
        stack += [(child, depth + 1) for child in element]


def _short(name: str) -> str:
    """Return `prefix:local` for a name with its namespace."""
    if not name.startswith("{"):
        return name
    namespace, _, local = name[1:].rpartition("}")
    prefix = _OTHER_PREFIXES.get(namespace)
    if prefix is None and namespace.startswith("urn:oasis:names:tc:opendocument:xmlns:"):
        prefix = namespace.split(":")[6]
    openxml = _OPENXML.match(namespace) if prefix is None else None
    if openxml is not None:
        words = [word for word in namespace.split("/")[3:] if not word.isdigit() and word != "main"]
        prefix = next((_PREFIXES[word] for word in reversed(words) if word in _PREFIXES), "a")
    return f"{prefix}:{local}" if prefix is not None else local


def _key(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def _central_directory(data: bytes) -> dict[str, tuple[int, int, int]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(part.file_size for part in archive.infolist())
            places = {
                _key(part.filename): (part.header_offset, part.compress_type, part.compress_size)
                for part in archive.infolist()
            }
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return {}
    limits().check_unpacked(size, len(data))
    return places


def _local_headers(data: bytes) -> dict[str, tuple[int, int, int]]:
    """Return the parts of an archive whose directory, at its end, is lost."""
    places: dict[str, tuple[int, int, int]] = {}
    for match in re.finditer(rb"PK\x03\x04", data):
        start = match.start()
        if start + _LOCAL_HEADER.size > len(data):
            break
        fields = _LOCAL_HEADER.unpack_from(data, start)
        name = data[start + _LOCAL_HEADER.size : start + _LOCAL_HEADER.size + fields[9]]
        places.setdefault(_key(name.decode("utf-8", "replace")), (start, fields[3], fields[7]))
    return places
