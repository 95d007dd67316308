"""`spanwise status`: what an index holds."""

from dataclasses import asdict

from spanwise.cli.options import DEFAULT_INDEX, IndexOption, JsonOption
from spanwise.cli.output import megabytes, print_json, print_table, safe_name
from spanwise.text.pluralize import pluralize


def status(index_dir: IndexOption = DEFAULT_INDEX, as_json: JsonOption = False) -> None:
    """
    Show what an index holds: its folder, files, passages, vectors, size and embedder.

    Examples:
        spanwise status
        spanwise status --index other.index --json

    """
    from spanwise.index.index import Index
    from spanwise.pipeline.versions import is_old

    with Index.open(index_dir) as index:
        identity, splitter, root = index.embedder, index.splitter, index.root
        summary = index.summary()
        old = sum(map(is_old, index.files().values()))
    if as_json:
        numbers = asdict(summary)
        passages = numbers.pop("documents")
        facts = {"index": str(index_dir), "root": root, "passages": passages, **numbers, "old": old}
        print_json({**facts, "embedder": None if identity is None else asdict(identity), "splitter": splitter})
        return
    segments = pluralize(summary.segments, "segment")
    unread = f", {summary.unread:,} to be read again by `spanwise index`" if summary.unread else ""
    made = f", {old:,} made by an earlier version, to be converted again by `spanwise index`" if old else ""
    dead = f", {summary.tombstones:,} of deleted passages" if summary.tombstones else ""
    resolved = "" if summary.resolved_type == summary.index_type else f", which is {summary.resolved_type} at this size"
    searched = f", FAISS in {summary.structures} of {segments}" if summary.structures else ""
    shown = {
        "index": index_dir,
        "root": root,
        "files": f"{summary.files:,}{unread}{made}",
        "passages": f"{summary.documents:,}",
        "vectors": f"{summary.vectors:,} in {segments}{dead}",
        "type": f"{summary.index_type}{resolved}{searched}",
        "generation": summary.generation,
        "format": summary.format_version,
        "size": megabytes(summary.bytes),
        "embedder": "none" if identity is None else f"{identity.name}, {identity.dimension} dimensions",
    }
    print_table([(name, safe_name(str(value))) for name, value in shown.items()])
