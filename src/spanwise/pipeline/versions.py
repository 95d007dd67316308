"""Which files of an index were made by an earlier version of conversion or splitting."""

from spanwise.convert.version import CONVERSION_VERSION
from spanwise.index.records import FileRecord, Versions
from spanwise.split.version import SPLITTING_VERSION

VERSIONS = Versions(CONVERSION_VERSION, SPLITTING_VERSION)
"""What makes texts and passages now."""


def is_old(record: FileRecord) -> bool:
    """Return whether a file's text or passages were made by an earlier version, or one that is not known."""
    return record.versions.conversion < VERSIONS.conversion or record.versions.splitting < VERSIONS.splitting
