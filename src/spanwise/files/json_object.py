"""Read files that hold one JSON object."""

import json
from pathlib import Path
from typing import Any

from spanwise.errors import SpanwiseError, UsageError


def read_json_object(file: Path, what: str, remedy: str, refusal: type[SpanwiseError] = UsageError) -> dict[str, Any]:
    """
    Read a file that holds one JSON object.

    :param what: What the object is, for the error.
    :param remedy: What to do where it is not, for the error.
    :param refusal: The class of the error.
    :raises UsageError: Or `refusal`, if the file cannot be read, or holds anything else.
    """
    cause: Exception | None = None
    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"))
        if isinstance(content, dict):
            return content
        found = f"a {type(content).__name__}"
    except OSError as error:
        found, cause = f"none ({error.strerror})", error
    except (ValueError, RecursionError) as error:
        found, cause = f"no JSON ({error})", error
    msg = f"expected {what} in {file}, found {found}; {remedy}"
    raise refusal(msg) from cause
