"""Which files of an index would get another text now than when they were converted, though they are as they were."""

from spanwise.convert.pdf.ocr import can_read
from spanwise.convert.version import CONVERSION_VERSION
from spanwise.index.records import FileRecord, Versions
from spanwise.split.version import SPLITTING_VERSION

VERSIONS = Versions(CONVERSION_VERSION, SPLITTING_VERSION)
"""What makes texts and passages now."""


def is_old(record: FileRecord) -> bool:
    """Return whether a file's text or passages were made by an earlier version, or one that is not known."""
    return record.versions.conversion < VERSIONS.conversion or record.versions.splitting < VERSIONS.splitting


def can_read_more(record: FileRecord) -> bool:
    """Return whether pages of a file were not read for want of OCR, which is there now."""
    return record.wants_ocr and can_read()


def is_stale(record: FileRecord) -> bool:
    """Return whether a file is to be converted again."""
    return is_old(record) or can_read_more(record)
