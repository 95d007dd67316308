"""`spanwise index --type` without a folder: change how vectors are searched."""

import time
from pathlib import Path

import typer

from spanwise.cli.output import print_json
from spanwise.errors import UsageError
from spanwise.pluralize import pluralize


def change_type(index_type: str | None, index_dir: Path, *, as_json: bool) -> None:
    """Change the type of an existing index; nothing is embedded again."""
    if index_type is None:
        msg = "expected a FOLDER to index, found none: spanwise index FOLDER, or --type TYPE to change the type only"
        raise UsageError(msg)
    from spanwise.cli.progress import spinner
    from spanwise.index.index import Index
    from spanwise.index.index_types import FLAT, MIN_ROWS

    began = time.perf_counter()
    with spinner(f"changing the index type to {index_type}"), Index.open(index_dir, writable=True) as index:
        before = index.index_type
        try:
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
    typer.echo(f"The type of {index_dir} is {index_type}{resolved}; it was {before}.")
    typer.echo(f"{pluralize(summary.vectors, 'vector')}, none embedded again, {seconds:.1f} s.")
    if summary.resolved_type != FLAT and summary.structures < summary.segments:
        scanned = pluralize(summary.segments - summary.structures, "segment")
        typer.echo(f"{scanned} of fewer than {MIN_ROWS:,} vectors: scanned, which is as fast.")
