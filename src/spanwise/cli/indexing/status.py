"""`spanwise status` and `spanwise files`: what an index holds, and what was passed over."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Option

from spanwise.cli.options import DEFAULT_INDEX, IndexOption, JsonOption
from spanwise.cli.output import echo, megabytes, note, one_line, print_json, print_table, safe_name
from spanwise.cli.progress import spinner
from spanwise.errors import UsageError
from spanwise.files.patterns import path_matcher
from spanwise.text.pluralize import pluralize

if TYPE_CHECKING:
    from spanwise.index.records import FileRecord, Summary
    from spanwise.index.roots import Root
    from spanwise.pipeline.differences import Differences
    from spanwise.types import SkippedFile

SHOWN = 10  # files of a kind of difference that are named


def status(index_dir: IndexOption = DEFAULT_INDEX, as_json: JsonOption = False) -> None:
    """
    Show what an index holds, and what has changed in its folders since.

    Examples:
        spanwise status
        spanwise status --index other.index --json

    """
    from spanwise.index.index import Index
    from spanwise.pipeline.differences import differences
    from spanwise.pipeline.sync.changes import can_read_more, is_old

    with Index.open(index_dir) as index:
        with spinner("comparing with the folders"):
            differing = differences(index)
        summary, splitter, roots, identity = index.summary(), index.splitter, index.roots, index.embedder
        records = index.files().values()
        old, readable = (sum(map(one, records)) for one in (is_old, can_read_more))
    if as_json:
        numbers = asdict(summary)
        passages = numbers.pop("documents")
        root = roots[0].path if len(roots) == 1 else None
        facts = {"index": str(index_dir), "root": root, "roots": [_root_as_json(root) for root in roots]}
        facts |= {"passages": passages, **numbers, "old": old, "newly_readable": readable, **asdict(differing)}
        print_json({**facts, "embedder": None if identity is None else asdict(identity), "splitter": splitter})
        return
    several = len(roots) > 1
    named = [("root", f"{root.name}: {_described(root)}" if several else _described(root)) for root in roots]
    embedder = "none" if identity is None else f"{identity.name}, {identity.dimension} dimensions"
    rows = [("index", str(index_dir)), *(named or [("root", "none")]), *_counted(summary, old, readable)]
    print_table([(name, safe_name(value)) for name, value in (*rows, ("embedder", embedder))])
    _print_differences(differing)


def _counted(summary: "Summary", old: int, readable: int) -> list[tuple[str, str]]:
    """Return rows about what an index holds."""
    segments = pluralize(summary.segments, "segment")
    unread = f", {summary.unread:,} to be read again by `spanwise index`" if summary.unread else ""
    made = f", {old:,} made by an earlier version, to be converted again by `spanwise index`" if old else ""
    more = f", {readable:,} with scanned pages that can be read now by `spanwise index`" if readable else ""
    dead = f", {summary.tombstones:,} of deleted passages" if summary.tombstones else ""
    resolved = "" if summary.resolved_type == summary.index_type else f", which is {summary.resolved_type} at this size"
    searched = f", FAISS in {summary.structures} of {segments}" if summary.structures else ""
    return [
        ("files", f"{summary.files:,}{unread}{made}{more}"),
        ("passages", f"{summary.documents:,}"),
        ("vectors", f"{summary.vectors:,} in {segments}{dead}"),
        ("type", f"{summary.index_type}{resolved}{searched}"),
        ("generation", f"{summary.generation}"),
        ("format", f"{summary.format_version}"),
        ("size", megabytes(summary.bytes)),
    ]


def _print_differences(differing: "Differences") -> None:
    """Say what an index lacks of its folders, and what it has that they have not."""
    found = {"new": differing.new, "changed": differing.changed, "gone": differing.gone}
    echo()
    for one in differing.missing:
        echo(f"not there: {safe_name(one.file)}: {one_line(one.reason)}")
    if not any(found.values()):
        echo("Nothing has changed since it was indexed." if not differing.missing else "Nothing else has changed.")
        return
    for what, files in found.items():
        for file in files[:SHOWN]:
            echo(f"{f'{what}:':9}{safe_name(file)}")
        if len(files) > SHOWN:
            echo(f"{f'{what}:':9}and {len(files) - SHOWN:,} more; --json lists them")
    echo("`spanwise index` brings the index up to date.")


def _root_as_json(root: "Root") -> dict[str, Any]:
    patterns = {"include": None, "exclude": None} if root.patterns is None else asdict(root.patterns)
    facts = {"name": root.name, "path": root.path, "is_file": root.is_file, "follow_links": root.follow_links}
    return {**facts, **patterns}


def _described(root: "Root") -> str:
    """Return a root's path and its patterns."""
    patterns = root.patterns
    if patterns is None:
        return f"{root.path} (its patterns are not known: index it once more with them, or with --include '**')"
    said = [f"only {', '.join(patterns.include)}"] if patterns.include else []
    said += [f"without {', '.join(patterns.exclude)}"] if patterns.exclude else []
    said += ["with files that links lead to"] if root.follow_links else []
    return f"{root.path} ({'; '.join(said)})" if said else root.path


_SAID = {"skipped": "skipped at the last sync", "in_part": "indexed in part", "ignored": "ignored at the last sync"}


def files(
    glob: Annotated[str | None, Argument(metavar="PATTERN", help="Only files that match, as in .gitignore.")] = None,
    *,
    skipped: Annotated[
        bool, Option("--skipped", help="List files that could not be read, or only in part, and why.")
    ] = False,
    ignored: Annotated[
        bool, Option("--ignored", help="List files that are not read: other kinds, hidden, or excluded.")
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
