"""Files brought to where they can be read: those of a store are copied for as long as they are needed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from spanwise.convert.limits import Limits
from spanwise.errors import ConversionError
from spanwise.files.remote import RemotePlace
from spanwise.files.urls import name_in
from spanwise.pipeline.sync.scan import FoundFile

_LONGEST_NAME = 100


@contextmanager
def at_hand(found: FoundFile, limits: Limits) -> Iterator[Path]:
    """
    Give the path at which a file can be read while the block runs.

    :param limits: How large it may be.
    :raises ConversionError: If it is too large, not there any more, or may not be read.
    :raises SpanwiseError: If its store cannot be reached.
    """
    if isinstance(found.path, Path):
        yield found.path
        return
    limits.check_file(found.size)
    with TemporaryDirectory(prefix="spanwise-") as folder:
        copy = Path(folder) / name_in(found.path)[-_LONGEST_NAME:]
        try:
            RemotePlace(found.path).copy(copy, limits.file_bytes)
        except FileNotFoundError:
            msg = "no such file: removed or renamed since it was listed"
            raise ConversionError(msg) from None
        except PermissionError as error:
            msg = "permission denied: allow this user to read it, or exclude it"
            raise ConversionError(msg) from error
        limits.check_file(copy.stat().st_size)
        yield copy
