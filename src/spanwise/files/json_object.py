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
    wanted = f"expected {what} in {file}"
    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        msg = f"{wanted}, found none ({error.strerror}); {remedy}"
        raise refusal(msg) from error
    except (ValueError, RecursionError) as error:
        msg = f"{wanted}, found no JSON ({error}); {remedy}"
        raise refusal(msg) from error
    if not isinstance(content, dict):
        msg = f"{wanted}, found a {type(content).__name__}; {remedy}"
        raise refusal(msg)
    return content
