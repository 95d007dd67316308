"""`spanwise files`: what an index holds, and what was passed over."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
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
    from spanwise.types import SkippedFile

_SAID = {"skipped": "skipped at the last sync", "in_part": "indexed in part", "ignored": "ignored at the last sync"}


def files(
    glob: Annotated[
        str | None, typer.Argument(metavar="PATTERN", help="Only files that match, as in .gitignore.")
    ] = None,
    *,
    skipped: Annotated[
        bool, typer.Option("--skipped", help="List files that could not be read, or only in part, and why.")
    ] = False,
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
            passed, matches = index.passed_over, path_matcher(() if glob is None else (glob,))
            lists = {"skipped": passed.skipped, "in_part": index.warnings()}
            chosen = lists if skipped else {"ignored": passed.ignored}
            named = {what: [replace(one, file=shown(one.file)) for one in found] for what, found in chosen.items()}
            rows = {what: [one for one in found if glob is None or matches(one.file)] for what, found in named.items()}
        else:
            with index.pinned() as snapshot:
                snapshot.require_files(glob)
            records = [replace(record, file=shown(file)) for file, record in index.files(glob).items()]
    if skipped or ignored:
        _show_passed(rows, as_json=as_json)
    elif as_json:
        print_json({"index": str(index_dir), "files": [_facts(record) for record in records]})
    else:
        print_table(map(_cells, records), ("file", "bytes", "changed", "passages"))
        note(f"{pluralize(len(records), 'file')}, {sum(record.passages for record in records):,} passages")


def _show_passed(rows: Mapping[str, Sequence["SkippedFile"]], *, as_json: bool) -> None:
    if as_json:
        print_json({what: [asdict(one) for one in found] for what, found in rows.items()})
        return
    for what, found in rows.items():
        for one in found:
            echo(f"{safe_name(one.file)}: {'in part: ' if what == 'in_part' else ''}{safe_name(one.reason)}")
    counts = {what: pluralize(len(found), "file") for what, found in rows.items()}
    note(", ".join(f"{count} {_SAID[what]}" for what, count in counts.items()))


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
