"""`spanwise status`: what an index holds."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from spanwise.cli.options import DEFAULT_INDEX, IndexOption, JsonOption
from spanwise.cli.output import echo, megabytes, one_line, print_json, print_table, safe_name
from spanwise.cli.progress import spinner
from spanwise.text.pluralize import pluralize

if TYPE_CHECKING:
    from spanwise.index.records import Summary
    from spanwise.index.roots import Root
    from spanwise.pipeline.differences import Differences

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
