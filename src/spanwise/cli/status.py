"""`spanwise status`: what an index holds."""

from dataclasses import asdict

import typer

from spanwise.cli.options import DEFAULT_INDEX, IndexOption, JsonOption
from spanwise.cli.output import print_json


def status(index_dir: IndexOption = DEFAULT_INDEX, as_json: JsonOption = False) -> None:
    """Say what an index holds: its folder, files, passages, size and embedder."""
    from spanwise.index.index import Index

    with Index.open(index_dir) as index:
        identity = index.embedder
        size = index.size_bytes()
        facts = {
            "index": str(index_dir),
            "root": index.root,
            "files": len(index.files()),
            "passages": index.count(),
            "bytes": size,
            "generation": index.generation,
            "embedder": None if identity is None else asdict(identity),
            "splitter": index.splitter,
        }
    if as_json:
        print_json(facts)
        return
    shown = {
        **{name: facts[name] for name in ("index", "root", "files", "passages", "generation")},
        "size": f"{size / 1e6:,.1f} MB",
        "embedder": "none" if identity is None else f"{identity.name}, {identity.dimension} dimensions",
    }
    for name, value in shown.items():
        typer.echo(f"{name:<11} {value}")
