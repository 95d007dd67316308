"""`spanwise files`: what an index holds, and what was passed over."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from spanwise.cli.options import DEFAULT_INDEX, IndexOption, JsonOption
from spanwise.cli.output import echo, note, print_json, print_table, safe_name
from spanwise.errors import UsageError
from spanwise.files.patterns import path_matcher
from spanwise.text.pluralize import pluralize

if TYPE_CHECKING:
    from spanwise.index.records import FileRecord


def files(
    glob: Annotated[
        str | None, typer.Argument(metavar="PATTERN", help="Only files that match, as in .gitignore.")
    ] = None,
    *,
    skipped: Annotated[bool, typer.Option("--skipped", help="List files that could not be read, and why.")] = False,
    ignored: Annotated[
        bool, typer.Option("--ignored", help="List files that are not read: other kinds, hidden, or excluded.")
    ] = False,
    index_dir: IndexOption = DEFAULT_INDEX,
    as_json: JsonOption = False,
) -> None:
    """
    List the files of an index, or those that its last sync left out.

    Examples:
        spanwise files
        spanwise files "reports/*.pdf"
        spanwise files --skipped

    """
    if skipped and ignored:
        msg = "expected either --skipped or --ignored, found both; ask for one after the other"
        raise UsageError(msg)
    from spanwise.index.index import Index

    with Index.open(index_dir) as index:
        shown = index.roots.shown
        if skipped or ignored:
            passed = index.passed_over
            chosen = passed.skipped if skipped else passed.ignored
            matches = path_matcher(() if glob is None else (glob,))
            named = [(shown(one.file), one.reason) for one in chosen]
            rows = [(file, reason) for file, reason in named if glob is None or matches(file)]
        else:
            with index.pinned() as snapshot:
                snapshot.require_files(glob)
            records = [replace(record, file=shown(file)) for file, record in index.files(glob).items()]
    if skipped or ignored:
        _show_passed(rows, "skipped" if skipped else "ignored", as_json=as_json)
    elif as_json:
        print_json({"index": str(index_dir), "files": [_facts(record) for record in records]})
    else:
        print_table(map(_cells, records), ("file", "bytes", "changed", "passages"))
        note(f"{pluralize(len(records), 'file')}, {sum(record.passages for record in records):,} passages")


def _show_passed(rows: Sequence[tuple[str, str]], what: str, *, as_json: bool) -> None:
    if as_json:
        print_json({what: [{"file": file, "reason": reason} for file, reason in rows]})
        return
    for file, reason in rows:
        echo(f"{safe_name(file)}: {safe_name(reason)}")
    note(f"{pluralize(len(rows), 'file')} {what} at the last sync")


def _cells(record: "FileRecord") -> tuple[str, ...]:
    changed = _changed(record)
    date = "" if changed is None else f"{changed:%Y-%m-%d %H:%M}"
    return safe_name(record.file), f"{record.size:,}", date, f"{record.passages:,}"


def _facts(record: "FileRecord") -> dict[str, object]:
    changed = _changed(record)
    return {
        "file": record.file,
        "title": record.title,
        "size": record.size,
        "changed": None if changed is None else changed.isoformat(),
        "passages": record.passages,
        "sha256": record.sha256,
    }


def _changed(record: "FileRecord") -> datetime | None:
    """Return when a file last changed; None if it changed so shortly before that its time says nothing yet."""
    try:
        return datetime.fromtimestamp(record.mtime_ns / 1e9, UTC).astimezone() if record.mtime_ns else None
    except (OverflowError, ValueError, OSError):  # of a clock, or an index, that cannot be believed
        return None
