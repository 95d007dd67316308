"""Files in object stores and on web servers, by fsspec and the package that it needs for the store."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import Any

from spanwise.errors import SpanwiseError, UsageError

PACKAGES = {
    **dict.fromkeys(("s3", "s3a"), "s3fs"),
    **dict.fromkeys(("gs", "gcs"), "gcsfs"),
    **dict.fromkeys(("az", "abfs", "abfss"), "adlfs"),
    **dict.fromkeys(("http", "https"), "aiohttp"),
    **dict.fromkeys(("sftp", "ssh"), "paramiko"),
}
"""What reads which store."""
_OTHERS = {"memory", "ftp", "hdfs", "webhdfs", "smb", "hf", "oss"}
_WEB = {"http", "https"}
_FLAT = {"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss"}  # buckets, which are listed with all folders at once
_TIMES = ("LastModified", "last_modified", "Last-Modified", "mtime", "updated", "modified", "created")
_TAGS = ("ETag", "etag", "md5Hash", "content_md5", "Content-MD5")
_SECOND = 1_000_000_000
_READ_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True)
class FoundFile:
    """
    A file to index, on a disk or in a store.

    :param path: Where it is; its URL where that is a store.
    :param file: Its path relative to the folder that was listed, or its stored name; with forward slashes.
    :param size: Bytes.
    :param mtime_ns: Time of its last change, in nanoseconds since the epoch. Of a store: whole seconds, with a hash of
        the file's tag below them; 0 where it tells neither.
    """

    path: Path | str
    file: str
    size: int
    mtime_ns: int

    @property
    def name(self) -> str:
        """What it is called where it is."""
        return (PurePosixPath(self.path) if isinstance(self.path, str) else self.path).name


class RemotePlace:
    """
    A file or a folder in a store. Access is configured as the store's package documents it, or as fsspec does.

    :param url: As `spanwise.files.urls.as_place` gives it, or `FoundFile.path`.
    :raises UsageError: If fsspec, or what it needs for the store, is not installed.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._protocol = url.partition("://")[0]
        if self._protocol not in {*PACKAGES, *_OTHERS}:  # others of fsspec lead to archives, or to other places
            known = ", ".join(sorted({*PACKAGES, *_OTHERS}))
            msg = f"expected a URL of a store that is read ({known}), found {url[:200]}"
            raise UsageError(msg)
        if find_spec("fsspec") is None:
            msg = f"expected fsspec to read {url}, found none: pip install 'spanwise[remote]'"
            raise UsageError(msg)
        from fsspec.registry import get_filesystem_class

        try:
            kind = get_filesystem_class(self._protocol)
        except ImportError as error:
            package = PACKAGES.get(self._protocol)
            remedy = f"pip install {package}" if package else str(error)
            msg = f"expected a package that reads {self._protocol}:// to be installed, found none: {remedy}"
            raise UsageError(msg) from error
        with self._reaching():
            self._store: Any = kind(**kind._get_kwargs_from_urls(url))
            self._path: str = kind._strip_protocol(url)

    def is_folder(self, *, slash: bool = False) -> bool:
        """
        Return whether it is a folder, and not a file; on a web server only the slash at its end tells.

        :param slash: Whether it was named with one.
        :raises SpanwiseError: If there is neither, or it cannot be reached.
        """
        if self._protocol in _WEB and slash:
            return True
        with self._reaching():
            found: bool = self._store.info(self._path)["type"] == "directory"
            return found

    def files(self) -> Iterator[FoundFile]:
        """
        Yield the files of a folder and of its folders, or the one file that it is, by name.

        :raises SpanwiseError: If it is not there, or cannot be reached.
        """
        with self._reaching():
            self._store.invalidate_cache()
            base = self._path.rstrip("/")
            listed = self._listed(base)
        for path in sorted(listed):
            info = listed[path]
            if info.get("type") == "directory":
                continue
            if info.get("size") is None:
                with self._reaching():
                    info = self._store.info(path)
            relative = path.removeprefix(base).removeprefix("/")
            url = f"{self.url}/{relative}" if relative else self.url
            yield FoundFile(url, relative, int(info.get("size") or 0), changed_ns(info))

    def _listed(self, base: str) -> dict[str, Any]:
        if self._protocol in _FLAT:
            return self._store.find(base, detail=True) or {base: self._store.info(base)}
        start = f"{base}/" if self._protocol in _WEB else base
        found, pending = dict[str, Any](), [start]
        seen = {base}
        while pending:  # fsspec's own walk leaves out a folder that it cannot list, whose files would seem gone
            folder = pending.pop()
            try:
                listing = self._store.ls(folder, detail=True)
            except FileNotFoundError:
                if folder != start:
                    raise
                return {base: self._store.info(base)}
            for info in listing:
                name = info["name"]
                if info["type"] != "directory":
                    found[name] = info
                elif name.rstrip("/") not in seen:
                    seen.add(name.rstrip("/"))
                    pending.append(name)
        return found

    def file(self) -> FoundFile:
        """
        Return the file that it is.

        :raises SpanwiseError: If it is not there, or cannot be reached.
        """
        with self._reaching():
            self._store.invalidate_cache()
            info = self._store.info(self._path)
        return FoundFile(self.url, "", int(info.get("size") or 0), changed_ns(info))

    def head(self, size: int) -> bytes:
        """
        Return the first bytes of the file.

        :raises SpanwiseError: If it cannot be reached.
        """
        with self._reaching(), self._store.open(self._path, "rb") as file:
            found: bytes = file.read(size)
            return found

    def copy(self, to: Path, most: int) -> None:
        """
        Copy the file.

        :param most: Bytes after which it is given up, with at least one more copied.
        :raises FileNotFoundError: If it is not there any more.
        :raises PermissionError: If it may not be read.
        :raises SpanwiseError: If it cannot be reached.
        """
        with self._reaching(told=(FileNotFoundError, PermissionError)), open(to, "wb") as copy:
            size = 0
            with self._store.open(self._path, "rb") as file:
                while size <= most and (part := file.read(_READ_AT_ONCE)):
                    size += copy.write(part)

    @contextmanager
    def _reaching(self, told: tuple[type[Exception], ...] = ()) -> Iterator[None]:
        """Turn what a store raises into one line, but for some errors that the caller understands."""
        try:
            yield
        except told:
            raise
        except FileNotFoundError as error:
            msg = f"expected a folder or a file at {self.url}, found nothing; nothing was changed"
            raise SpanwiseError(msg) from error
        except Exception as error:  # of any kind: what the stores' packages raise has no base of its own
            reason = f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0][:200]}".rstrip(": ")
            msg = f"expected to read {self.url}, found that it cannot be reached ({reason}); what was indexed stays"
            raise SpanwiseError(msg) from error


def changed_ns(info: Mapping[str, Any]) -> int:
    """Return a file's time in nanoseconds, below the second a digest of its tag, if its store gives one; 0 for none."""
    when = next((_nanoseconds(info[name]) for name in _TIMES if info.get(name)), 0)
    tag = next((info[name] for name in _TAGS if info.get(name)), None)
    if tag is None:
        return when
    digest = sha256(tag if isinstance(tag, bytes) else str(tag).encode()).digest()
    return when // _SECOND * _SECOND + int.from_bytes(digest[:8], "big") % _SECOND


def _nanoseconds(when: Any) -> int:
    """Return a time that a store gives, in nanoseconds since the epoch; 0 for one that cannot be understood."""
    try:
        if isinstance(when, str):
            when = parsedate_to_datetime(when) if "," in when else datetime.fromisoformat(when)
        return int((when.timestamp() if isinstance(when, datetime) else float(when)) * 1_000_000) * 1000
    except (TypeError, ValueError):
        return 0
