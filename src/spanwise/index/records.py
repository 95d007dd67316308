"""What goes into an index and what it says about its files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from spanwise.types import Passage, SkippedFile, SourceText

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray


class Versions(NamedTuple):
    """Which versions of conversion and of splitting made a file's text and passages; 0 where that is not known."""

    conversion: int = 0
    splitting: int = 0


UNKNOWN = Versions()


class Stamp(NamedTuple):
    """What tells whether a file is still as it was indexed; without `sha256` it is to be read again."""

    sha256: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class FileRecord:
    """
    One indexed file.

    :param file: Path relative to the indexed folder, with forward slashes.
    :param sha256: Hex digest of the file's bytes.
    :param size: Size of the file in bytes.
    :param mtime_ns: Time of its last change, in nanoseconds since the epoch.
    :param passages: Number of its passages in the index.
    :param wants_ocr: Whether pages of it were not read because nothing that reads pictures was installed.
    """

    file: str
    sha256: str
    size: int
    mtime_ns: int
    title: str | None
    passages: int
    versions: Versions = UNKNOWN
    wants_ocr: bool = False


@dataclass(frozen=True, slots=True)
class Summary:
    """
    What an index holds.

    :param generation: Number of its newest commit.
    :param unread: Files that lost something to damage, and that the next sync reads again.
    :param documents: Passages of files, and documents of no file.
    :param vectors: Rows of all segments, those of deleted documents among them.
    :param tombstones: Vectors of deleted documents.
    :param structures: Segments that are searched by FAISS; all others are scanned.
    :param index_type: As it was set.
    :param resolved_type: What "auto" comes to at this size.
    :param bytes: Size of all files, in bytes.
    """

    format_version: int
    generation: int
    files: int
    unread: int
    documents: int
    vectors: int
    tombstones: int
    segments: int
    structures: int
    index_type: str
    resolved_type: str
    bytes: int


@dataclass(frozen=True, slots=True)
class PassedOver:
    """
    What the last sync did not index.

    :param skipped: Of a kind that is read, but could not be, and why.
    :param ignored: Of other kinds, hidden or excluded, and which of these; of very many the first.
    :param seen: Size and time of those of the skipped files that there was something to read of.
    """

    skipped: tuple[SkippedFile, ...] = ()
    ignored: tuple[SkippedFile, ...] = ()
    seen: Mapping[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """
    One document as it is stored; a passage has `file`, offsets and no `meta`, a free document the reverse.

    :param meta: JSON object, or None.
    :param blob: Bytes that come with the document.
    :param extra: JSON object with whatever else a document carries, or None.
    :param embedded: Whether the change holds a vector for it.
    """

    doc_id: str
    content: str | None
    embedded: bool
    file: str | None = None
    start: int | None = None
    end: int | None = None
    page: int | None = None
    meta: str | None = None
    blob: bytes | None = None
    extra: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """
    All that one commit changes: files with their passages, documents of no file, and what an index says of itself.

    :param sources: Added or replaced files: the text, the size in bytes and the mtime in nanoseconds.
    :param passages: Every passage of `sources`; they have the titles of their sources.
    :param vectors: One for each of `rows` that is embedded, and for each of `passages`, in their order. *Shape:*
        (n, dimension), float32; None when there are none.
    :param removed: Files that leave the index; those that are not in it are passed over.
    :param touched: (file, size, mtime_ns) of files whose bytes are as indexed.
    :param versions: Which versions made `sources` and `passages`.
    :param continued: Sources that the index has already, of which more passages are among `passages`.
    :param finished: (file, sha256, size, mtime_ns) of files whose passages are all there now.
    :param rows: Documents to add.
    :param removed_ids: Document ids to delete.
    :param updated: (doc_id, meta JSON) of documents whose metadata changes in place.
    :param settings: Manifest entries to set; None deletes one.
    :param clear: Whether everything that was there leaves first.
    :param merge_all: Whether all vectors are to be merged into as few segments as may be, without the deleted ones.
    :param purge: Whether nothing is to stay of what was deleted: neither its words in the full-text index nor its
        vectors, but for those in segments that have a FAISS index, which takes minutes to build.
    """

    sources: Sequence[tuple[SourceText, int, int]] = ()
    passages: Sequence[Passage] = ()
    vectors: "NDArray[float32] | None" = None
    removed: Sequence[str] = ()
    touched: Sequence[tuple[str, int, int]] = ()
    versions: Versions = UNKNOWN
    continued: Sequence[SourceText] = ()
    finished: Sequence[tuple[str, str, int, int]] = ()
    rows: Sequence[Row] = ()
    removed_ids: Sequence[str] = ()
    updated: Sequence[tuple[str, str | None]] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    clear: bool = False
    merge_all: bool = False
    purge: bool = False
