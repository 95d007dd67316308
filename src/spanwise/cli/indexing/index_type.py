"""`spanwise index --type` without a folder: another type for the vectors that are there."""

import time
from pathlib import Path

from spanwise.cli.output import echo, print_json
from spanwise.cli.progress import spinner
from spanwise.errors import UsageError
from spanwise.text.pluralize import pluralize


def change_type(index_type: str, index_dir: Path, *, as_json: bool) -> None:
    """Change the type of an existing index; nothing is embedded again."""
    from spanwise.index.faiss.index_types import FLAT, MIN_ROWS
    from spanwise.index.index import Index

    began = time.perf_counter()
    with spinner(f"changing the index type to {index_type}"), Index.open(index_dir, writable=True) as index:
        before = index.index_type
        try:
            with index.releasing():
                index.set_type(index_type)
        except ValueError as error:
            raise UsageError(str(error)) from error
        summary = index.summary()
    seconds = time.perf_counter() - began
    if as_json:
        facts = {"index": str(index_dir), "index_type": index_type, "resolved_type": summary.resolved_type}
        print_json({**facts, "vectors": summary.vectors, "structures": summary.structures, "seconds": seconds})
        return
    resolved = "" if summary.resolved_type == index_type else f", which is {summary.resolved_type} at this size"
    echo(f"The type of {index_dir} is {index_type}{resolved}; it was {before}.")
    echo(f"{pluralize(summary.vectors, 'vector')}, none embedded again, {seconds:.1f} s.")
    if summary.resolved_type != FLAT and summary.structures < summary.segments:
        scanned = pluralize(summary.segments - summary.structures, "segment")
        echo(f"{scanned} of fewer than {MIN_ROWS:,} vectors: scanned, which is as fast.")
