"""`spanwise status`: what an index holds."""

from dataclasses import asdict

import typer

from spanwise.cli.options import DEFAULT_INDEX, IndexOption, JsonOption
from spanwise.cli.output import print_json


def status(index_dir: IndexOption = DEFAULT_INDEX, as_json: JsonOption = False) -> None:
    """Say what an index holds: its folder, files, passages, size and embedder."""
    from spanwise.index.index import Index

    with Index.open(index_dir) as index:
        facts = {
            "index": str(index_dir),
            "root": index.root,
            "files": len(index.files()),
            "passages": index.count(),
            "bytes": index.size_bytes(),
            "generation": index.generation,
            "embedder": None if index.embedder is None else asdict(index.embedder),
            "splitter": index.splitter,
        }
    if as_json:
        print_json(facts)
        return
    embedder = (
        "none"
        if facts["embedder"] is None
        else f"{facts['embedder']['name']}, {facts['embedder']['dimension']} dimensions"
    )
    rows = {
        "index": facts["index"],
        "folder": facts["root"],
        "files": f"{facts['files']:,}",
        "passages": f"{facts['passages']:,}",
        "size": f"{facts['bytes'] / 1e6:,.1f} MB",
        "embedder": embedder,
        "generation": facts["generation"],
    }
    for name, value in rows.items():
        typer.echo(f"{name:<11} {value}")
