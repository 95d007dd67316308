"""Places in object stores, which are named by URLs: s3://bucket/folder."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from spanwise.errors import UsageError

_URL = re.compile(r"([a-z][a-z0-9+.-]+)://.*", re.DOTALL)
_LOCAL = {"file", "local"}


def is_url(place: str) -> bool:
    """Return whether a place is a URL, and not a path on this machine."""
    return _URL.fullmatch(place) is not None


def as_place(given: str) -> Path | str:
    """
    Return a URL as it is recorded, without a slash at its end, or the path that is meant.

    >>> as_place("s3://bucket/folder/"), as_place("papers/").name
    ('s3://bucket/folder', 'papers')

    :raises UsageError: If the URL holds a password, or joins several.
    """
    found = _URL.fullmatch(given)
    if found is None:
        return Path(given)
    if found[1] in _LOCAL:
        from urllib.request import url2pathname  # which brings all of HTTP

        return Path(url2pathname(urlsplit(given).path))
    if "::" in given:
        msg = f"expected one URL such as s3://bucket/folder, found several in {given}; name the place itself"
        raise UsageError(msg)
    if "@" in given.partition("://")[2].partition("/")[0] and ":" in given.partition("://")[2].partition("@")[0]:
        msg = (
            f"expected a URL without a password, which an index would keep, found one for {found[1]}://; set it where "
            "the store's package looks for it"
        )
        raise UsageError(msg)
    place = given.rstrip("/")
    if place.endswith(":"):
        msg = f"expected a URL such as s3://bucket/folder, found {given}"
        raise UsageError(msg)
    return place
