"""`spanwise compact`: free unused space."""

import time

from spanwise.cli.options import DEFAULT_INDEX, IndexOption, JsonOption
from spanwise.cli.output import echo, megabytes, print_json
from spanwise.cli.progress import spinner
from spanwise.text.pluralize import pluralize


def compact(index_dir: IndexOption = DEFAULT_INDEX, as_json: JsonOption = False) -> None:
    """
    Merge the index's vectors into one file, and free unused space.

    It needs disk space for a second copy. You can keep asking meanwhile.

    Examples:
        spanwise compact

    """
    from spanwise.index.index import Index

    began = time.perf_counter()
    with spinner("compacting"), Index.open(index_dir, writable=True) as index:
        before = index.summary()
        with index.releasing():
            index.compact()
        after = index.summary()
    removed = before.tombstones - after.tombstones
    if as_json:
        print_json(
            {
                "index": str(index_dir),
                "bytes_before": before.bytes,
                "bytes_after": after.bytes,
                "segments_before": before.segments,
                "segments_after": after.segments,
                "tombstones_removed": removed,
                "seconds": time.perf_counter() - began,
            }
        )
        return
    echo(f"Compacted {index_dir}: {megabytes(before.bytes)} before, {megabytes(after.bytes)} after.")
    echo(
        f"{pluralize(before.segments, 'segment')} before, {after.segments} after; "
        f"{pluralize(removed, 'vector')} of deleted passages gone."
    )
