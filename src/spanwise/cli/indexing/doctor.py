"""`spanwise doctor` and `spanwise compact`: whether an index is sound, and what it does not need."""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Option

from spanwise.cli.options import DEFAULT_INDEX, DeviceOption, EmbedderOption, IndexOption, JsonOption
from spanwise.cli.output import echo, megabytes, plain_console, print_json, safe_name
from spanwise.cli.progress import spinner, step_progress
from spanwise.errors import SpanwiseError
from spanwise.text.pluralize import pluralize

if TYPE_CHECKING:
    from spanwise.index.maintenance.health import Finding, Health, Repair

SHOWN = 10
_REMEDIES = {
    "vectors": "embeds the texts of these passages again",
    "files": "takes out a file whose text is damaged; the next `spanwise index` reads it again",
    "documents": "takes a damaged passage from the text of its file where that is whole",
    "catalogue": "writes the catalogue anew, with all rows as they are",
}


def doctor(
    index_dir: IndexOption = DEFAULT_INDEX,
    repair: Annotated[bool, Option("--repair", help="Restore what can be restored.")] = False,
    embedder: EmbedderOption = None,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """
    Read a whole index and compare it with its checksums.

    With --repair, also restore what can be made from undamaged data: lost
    vectors from the stored texts, the full-text index, FAISS files. The
    documents' folder is not needed. Exits with 1 if committed data is damaged
    or lost.

    Examples:
        spanwise doctor
        spanwise doctor --repair

    """
    from spanwise.index.index import Index

    began, repaired = time.perf_counter(), None
    with step_progress() as progress:
        if repair:
            from spanwise.pipeline.repair import repair_index

            repaired = repair_index(index_dir, embedder=embedder, device=device, progress=progress)
            health, sound = repaired.left, repaired.whole
        else:
            with Index.open(index_dir, check=False) as index:
                health = index.examine(progress)
            sound = not health.damage
    seconds = time.perf_counter() - began
    if as_json:
        facts: dict[str, Any] = {"index": str(index_dir), "sound": sound}
        if repaired is not None:
            facts |= {"repaired": repaired.done, "lost": repaired.lost, "found": _findings(repaired.found)}
        counts = {"files": health.files, "passages": health.documents, "vectors": health.vectors, "bytes": health.bytes}
        print_json({**facts, **_findings(health), **counts, "seconds": seconds})
    elif repaired is None:
        _print_headline(health, index_dir, seconds, "is")
        _print_examined(health, index_dir)
    else:
        _print_headline(health, index_dir, seconds, "is still")
        _print_repaired(repaired, index_dir)
    if not sound:
        raise typer.Exit(1)


def _print_examined(health: "Health", index_dir: Path) -> None:
    """Print what is damaged in an index, and what to do about it."""
    _print_section("Damaged", "red", _entries(health.damage))
    _print_section("Damaged, and can be made again", "yellow", _entries(health.derived))
    _print_section("Left over, and does no harm", "dim", _entries(health.leftovers))
    again = f"spanwise doctor --repair --index {quote(str(index_dir))}"
    if health.damage:
        damaged = {finding.part for finding in health.damage}
        _print_remedy(again, [text for part, text in _REMEDIES.items() if part in damaged])
    elif health.derived or health.leftovers:
        _print_remedy(again, ["makes it again" if health.derived else "removes it"])


def _print_repaired(repair: "Repair", index_dir: Path) -> None:
    """Print what was restored in an index and what was lost, and what to do about it."""
    _print_section("Restored", "green", [(line, "") for line in repair.done])
    _print_section("Lost", "red", [(line, "") for line in repair.lost])
    _print_section("Still damaged", "red", _entries(repair.left.damage))
    _print_section("Still damaged, and can be made again", "yellow", _entries(repair.left.derived))
    if repair.left.damage:
        echo("\nRestore a copy of it, or index the folder into another directory.")
    elif repair.lost:
        command = f"spanwise index{_folder(index_dir)} --index {quote(str(index_dir))}"
        _print_remedy(command, ["reads the files with losses again"])


def _folder(index_dir: Path) -> str:
    """Return what `spanwise index` is to be given: the only folder, or nothing if there are several."""
    from spanwise.index.index import Index

    with suppress(SpanwiseError), Index.open(index_dir, check=False) as index:
        if len(index.roots) > 1:
            return ""
        if index.root is not None:
            return f" {quote(index.root)}"
    return " FOLDER"


def _findings(health: "Health") -> dict[str, Any]:
    kinds = {"damage": health.damage, "derived": health.derived, "leftovers": health.leftovers}
    return {kind: [asdict(finding) for finding in findings] for kind, findings in kinds.items()}


def _print_headline(health: "Health", index_dir: Path, seconds: float, verb_if_damaged: str) -> None:
    from rich.text import Text

    which = f"The index in {safe_name(str(index_dir))}"
    if health.damage:
        line = Text.assemble(f"{which} {verb_if_damaged} ", ("damaged", "bold red"), ".")
    else:
        counts = ((health.files, "file"), (health.documents, "passage"), (health.vectors, "vector"))
        holds = ", ".join(pluralize(count, noun) for count, noun in counts)
        took = f"{megabytes(health.bytes)}, {seconds:.1f} s"
        line = Text.assemble(f"{which} is ", ("sound", "bold green"), f": {holds}; {took}.")
    plain_console().print(line)


def _entries(findings: "Sequence[Finding]") -> list[tuple[str, str]]:
    return [(finding.message, finding.affects) for finding in findings]


def _print_section(title: str, style: str, entries: Sequence[tuple[str, str]], *, even_if_empty: bool = False) -> None:
    """Print a title, and texts with their details."""
    if not entries and not even_if_empty:
        return
    console = plain_console()
    console.print()
    console.print(safe_name(title), style=style)
    for text, detail in entries[:SHOWN]:
        console.print(f"  {safe_name(text)}")
        if detail:
            console.print(f"    {safe_name(detail)}", style="dim")
    if len(entries) > SHOWN:
        console.print(f"  and {len(entries) - SHOWN:,} more; --json lists them", style="dim")


def _print_remedy(command: str, what: Sequence[str]) -> None:
    _print_section(command, "bold", [(line, "") for line in what], even_if_empty=True)


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
        sizes = {"bytes_before": before.bytes, "bytes_after": after.bytes}
        segments = {"segments_before": before.segments, "segments_after": after.segments}
        facts = {"index": str(index_dir), **sizes, **segments, "tombstones_removed": removed}
        print_json({**facts, "seconds": time.perf_counter() - began})
        return
    echo(f"Compacted {index_dir}: {megabytes(before.bytes)} before, {megabytes(after.bytes)} after.")
    echo(
        f"{pluralize(before.segments, 'segment')} before, {after.segments} after; "
        f"{pluralize(removed, 'vector')} of deleted passages gone."
    )
