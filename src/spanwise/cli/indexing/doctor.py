"""`spanwise doctor`: whether an index is sound, and what to do if it is not."""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spanwise.cli.options import DEFAULT_INDEX, DeviceOption, IndexOption, JsonOption
from spanwise.cli.output import megabytes, plain_console, print_json, safe_name
from spanwise.cli.progress import step_progress
from spanwise.errors import SpanwiseError
from spanwise.pluralize import pluralize

if TYPE_CHECKING:
    from rich.text import Text

    from spanwise.index.care.health import Finding, Health, Repair

SHOWN = 10
_REMEDIES = {
    "vectors": "embeds the texts of these passages again",
    "files": "puts a damaged text together from its passages where they are whole",
    "documents": "takes a damaged passage from the text of its file where that is whole",
    "catalogue": "writes the catalogue anew from every row that is as it was written",
}


def doctor(
    index_dir: IndexOption = DEFAULT_INDEX,
    repair: Annotated[bool, typer.Option("--repair", help="Restore what can be restored.")] = False,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """
    Read a whole index and compare it with its checksums.

    With --repair, also restore what can be made from undamaged data: lost
    vectors from the stored texts, the full-text index, FAISS structures. The
    documents' folder is not needed. Exits with 1 if committed data is damaged
    or lost.
    """
    began = time.perf_counter()
    if repair:
        whole = _repair(index_dir, device, began, as_json=as_json)
    else:
        whole = _examine(index_dir, began, as_json=as_json)
    if not whole:
        raise typer.Exit(1)


def _examine(index_dir: Path, began: float, *, as_json: bool) -> bool:
    """Print the state of an index, and return whether it is sound."""
    from spanwise.index.index import Index

    with step_progress() as progress, Index.open(index_dir, check=False) as index:
        health = index.examine(progress)
    seconds = time.perf_counter() - began
    if as_json:
        print_json({"index": str(index_dir), "sound": not health.damage, **_numbers(health, seconds)})
        return not health.damage
    if health.damage:
        _print_damaged(index_dir, "is")
    else:
        plain_console().print(_sound(health, index_dir, seconds))
    _print_findings("Damaged", "red", health.damage)
    _print_findings("Damaged, and can be made again", "yellow", health.derived)
    _print_findings("Left over, and does no harm", "dim", health.leftovers)
    again = f"spanwise doctor --repair --index {quote(str(index_dir))}"
    if health.damage:
        damaged = {finding.part for finding in health.damage}
        _print_remedy(again, [text for part, text in _REMEDIES.items() if part in damaged])
    elif health.derived or health.leftovers:
        _print_remedy(again, ["makes it again" if health.derived else "removes it"])
    return not health.damage


def _repair(index_dir: Path, device: str, began: float, *, as_json: bool) -> bool:
    """Repair an index, print what came of it, and return whether the index is whole."""
    from spanwise.pipeline.repair import repair_index

    with step_progress() as progress:
        repair = repair_index(index_dir, device=device, progress=progress)
    seconds = time.perf_counter() - began
    if as_json:
        facts = {"repaired": repair.done, "lost": repair.lost, "found": _findings(repair.found)}
        print_json({"index": str(index_dir), "sound": repair.whole, **facts, **_numbers(repair.left, seconds)})
    else:
        _print_repair(repair, index_dir, seconds)
    return repair.whole


def _print_repair(repair: "Repair", index_dir: Path, seconds: float) -> None:
    _print_lines("Restored", "green", repair.done)
    _print_lines("Lost", "red", repair.lost)
    _print_findings("Still damaged", "red", repair.left.damage)
    _print_findings("Still damaged, and can be made again", "yellow", repair.left.derived)
    if repair.done or repair.lost:
        typer.echo()
    if repair.left.damage:
        _print_damaged(index_dir, "is still")
        typer.echo("Restore a copy of it, or index the folder into another directory.")
        return
    plain_console().print(_sound(repair.left, index_dir, seconds))
    if repair.lost:
        root = _root(index_dir)
        folder = "FOLDER" if root is None else quote(root)
        again = f"spanwise index {folder} --index {quote(str(index_dir))}"
        _print_remedy(again, ["reads the files again that lost something"])


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


def _sound(health: "Health", index_dir: Path, seconds: float) -> "Text":
    from rich.text import Text

    counts = ((health.files, "file"), (health.documents, "passage"), (health.vectors, "vector"))
    holds = ", ".join(pluralize(count, noun) for count, noun in counts)
    took = f"{megabytes(health.bytes)}, {seconds:.1f} s"
    return Text.assemble(f"The index in {index_dir} is ", ("sound", "bold green"), f": {holds}; {took}.")


def _print_damaged(index_dir: Path, verb: str) -> None:
    from rich.text import Text

    plain_console().print(Text.assemble(f"The index in {index_dir} {verb} ", ("damaged", "bold red"), "."))


def _print_findings(title: str, style: str, findings: "Sequence[Finding]") -> None:
    if not findings:
        return
    console = plain_console()
    console.print()
    console.print(title, style=style)
    for finding in findings[:SHOWN]:
        console.print(f"  {safe_name(finding.message)}")
        if finding.affects:
            console.print(f"    {safe_name(finding.affects)}", style="dim")
    if len(findings) > SHOWN:
        console.print(f"  and {len(findings) - SHOWN:,} more; --json lists them", style="dim")


def _print_lines(title: str, style: str, lines: Sequence[str]) -> None:
    console = plain_console()
    if lines:
        console.print(title, style=style)
    for line in lines:
        console.print(f"  {safe_name(line)}")


def _print_remedy(command: str, what: Sequence[str]) -> None:
    console = plain_console()
    console.print()
    console.print(command, style="bold")
    for line in what:
        console.print(f"  {line}")
