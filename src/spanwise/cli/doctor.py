"""`spanwise doctor`: whether an index is whole, and what to do if it is not."""

import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spanwise.cli.options import DEFAULT_INDEX, DeviceOption, IndexOption, JsonOption
from spanwise.cli.output import print_json
from spanwise.cli.progress import step_progress
from spanwise.errors import SpanwiseError

if TYPE_CHECKING:
    from spanwise.index.maintenance.health import Health


def doctor(
    index_dir: IndexOption = DEFAULT_INDEX,
    repair: Annotated[bool, typer.Option("--repair", help="Restore what can be restored.")] = False,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """
    Read a whole index and compare it with its checksums.

    With --repair, make again what can be made of what is whole: lost vectors
    from the stored texts, the full-text index, FAISS files. The documents'
    folder is not needed. Exits with 1 if committed data is damaged, or lost.
    """
    began = time.perf_counter()
    if repair:
        _repair(index_dir, device, began, as_json=as_json)
        return
    from spanwise.index.index import Index

    with step_progress() as progress, Index.open(index_dir, check=False) as index:
        health = index.examine(progress)
    seconds = time.perf_counter() - began
    if as_json:
        print_json({"index": str(index_dir), "sound": not health.damage, **_numbers(health, seconds)})
    else:
        from spanwise.cli.render_health import render_health

        render_health(health, index_dir, seconds)
    if health.damage:
        raise typer.Exit(1)


def _repair(index_dir: Path, device: str, began: float, *, as_json: bool) -> None:
    from spanwise.pipeline.repair import repair_index

    with step_progress() as progress:
        repair = repair_index(index_dir, device=device, progress=progress)
    seconds = time.perf_counter() - began
    if as_json:
        facts = {"repaired": repair.done, "lost": repair.lost, "found": _findings(repair.found)}
        print_json({"index": str(index_dir), "sound": repair.whole, **facts, **_numbers(repair.left, seconds)})
    else:
        from spanwise.cli.render_health import render_repair

        render_repair(repair, index_dir, seconds, root=_root(index_dir))
    if not repair.whole:
        raise typer.Exit(1)


def _root(index_dir: Path) -> str | None:
    from spanwise.index.index import Index

    with suppress(SpanwiseError), Index.open(index_dir, check=False) as index:
        return index.root
    return None


def _numbers(health: "Health", seconds: float) -> dict[str, Any]:
    return {
        **_findings(health),
        "files": health.files,
        "passages": health.documents,
        "vectors": health.vectors,
        "bytes": health.bytes,
        "seconds": seconds,
    }


def _findings(health: "Health") -> dict[str, Any]:
    kinds = {"damage": health.damage, "derived": health.derived, "leftovers": health.leftovers}
    return {kind: [asdict(finding) for finding in findings] for kind, findings in kinds.items()}
