"""Write SQuAD files: whole or not at all, and never over another file by accident."""

import gzip
import json
from collections.abc import Iterable, Sequence
from itertools import chain, count
from pathlib import Path

from spanwise.errors import UsageError
from spanwise.files.durable import write_durably
from spanwise.squad.squad_file import Fields


def check_output(path: Path, *, overwrite: bool) -> None:
    """
    Refuse a file that cannot be written, before the work for it begins.

    :param overwrite: Whether a file that is there may be replaced.
    :raises UsageError: If it is there and may not, is a folder, or its folder is missing.
    """
    if path.is_dir():
        msg = f"expected a file to write, found the folder {path}; name a file in it"
    elif not path.parent.is_dir():
        msg = f"expected the folder of {path}, found none; make it, or name another file"
    elif path.exists() and not overwrite:
        msg = f"expected a new file, found {path} there already; overwrite it with --force, or name another"
    else:
        return
    raise UsageError(msg)


def write_squad(path: Path, data: Sequence[Fields]) -> None:
    """
    Write articles as SQuAD 2.0 JSON, gzipped where the name ends in .gz; the same articles are the same bytes.

    :param data: Articles as SQuAD has them.
    :raises UsageError: If the disk refuses; what was there before then stays.
    """
    # Half a surrogate pair, which UTF-8 cannot hold, becomes the escape that JSON has for it.
    content = json.dumps({"version": "v2.0", "data": data}, ensure_ascii=False).encode("utf-8", "backslashreplace")
    if path.name.endswith(".gz"):
        content = gzip.compress(content, mtime=0)
    try:
        write_durably(path, content)
    except OSError as error:
        msg = f"expected to write {path}: {error.strerror}; name another file"
        raise UsageError(msg) from error


def as_articles(made: Iterable[tuple[str, str, Fields]]) -> list[Fields]:
    """
    Bring questions into SQuAD's articles and paragraphs.

    :param made: For each question the title of its article, its context, and its fields.
    :returns: Articles and paragraphs in the order in which they first appear.
    """
    articles: dict[str, dict[str, list[Fields]]] = {}
    for title, context, fields in made:
        articles.setdefault(title, {}).setdefault(context, []).append(fields)
    return [
        {"title": title, "paragraphs": [{"context": context, "qas": qas} for context, qas in paragraphs.items()]}
        for title, paragraphs in articles.items()
    ]


def unique_id(wanted: str, taken: set[str]) -> str:
    """
    Return an id that no other question has: the wanted one, or that with a number.

    >>> taken = set()
    >>> unique_id("q7", taken), unique_id("q7", taken)
    ('q7', 'q7-2')

    :param taken: The ids of the others, to which it is added.
    """
    numbered = (f"{wanted}-{number}" for number in count(2))
    found = next(name for name in chain([wanted], numbered) if name not in taken)
    taken.add(found)
    return found
