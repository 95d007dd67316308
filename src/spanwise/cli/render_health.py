"""The state of an index, and of a repair, as a person reads it."""

from collections.abc import Sequence
from pathlib import Path
from shlex import quote

from rich.console import Console
from rich.text import Text

from spanwise.cli.output import megabytes, safe_name
from spanwise.index.care.health import Finding, Health, Repair
from spanwise.pluralize import pluralize

SHOWN = 10
_REMEDIES = {
    "vectors": "embeds the texts of these passages again",
    "files": "puts a damaged text together from its passages where they are whole",
    "documents": "takes a damaged passage from the text of its file where that is whole",
    "catalogue": "writes the catalogue anew from every row that is as it was written",
}


def render_health(health: Health, index_dir: Path, seconds: float) -> None:
    """Print the state of an index on stdout."""
    console = _console()
    if health.damage:
        console.print(Text.assemble(f"The index in {index_dir} is ", ("damaged", "bold red"), "."))
    else:
        console.print(_sound(health, index_dir, seconds))
    _print_findings(console, "Damaged", "red", health.damage)
    _print_findings(console, "Damaged, and can be made again", "yellow", health.derived)
    _print_findings(console, "Left over, and in nobody's way", "dim", health.leftovers)
    if health.damage:
        remedies = [text for part, text in _REMEDIES.items() if any(one.part == part for one in health.damage)]
        _print_remedy(console, f"spanwise doctor --repair --index {quote(str(index_dir))}", remedies)
    elif health.derived or health.leftovers:
        what = "makes it again" if health.derived else "removes it"
        _print_remedy(console, f"spanwise doctor --repair --index {quote(str(index_dir))}", [what])


def render_repair(repair: Repair, index_dir: Path, seconds: float, *, root: str | None) -> None:
    """
    Print what a repair came to on stdout.

    :param root: The folder whose documents the index holds, or None where it is not known.
    """
    console = _console()
    _print_lines(console, "Restored", "green", repair.done)
    _print_lines(console, "Lost", "red", repair.lost)
    _print_findings(console, "Damaged still", "red", repair.left.damage)
    _print_findings(console, "Damaged still, and can be made again", "yellow", repair.left.derived)
    if repair.done or repair.lost:
        console.print()
    if not repair.left.damage:
        console.print(_sound(repair.left, index_dir, seconds))
        if repair.lost:
            folder = "FOLDER" if root is None else quote(root)
            again = f"spanwise index {folder} --index {quote(str(index_dir))}"
            _print_remedy(console, again, ["reads the files again that lost something"])
        return
    console.print(Text.assemble(f"The index in {index_dir} is still ", ("damaged", "bold red"), "."))
    console.print("Restore a copy of it, or index the folder into another directory.")


def _sound(health: Health, index_dir: Path, seconds: float) -> Text:
    counts = ((health.files, "file"), (health.documents, "passage"), (health.vectors, "vector"))
    holds = ", ".join(pluralize(count, noun) for count, noun in counts)
    took = f"{megabytes(health.bytes)}, {seconds:.1f} s"
    return Text.assemble(f"The index in {index_dir} is ", ("sound", "bold green"), f": {holds}; {took}.")


def _print_findings(console: Console, title: str, style: str, findings: Sequence[Finding]) -> None:
    if not findings:
        return
    console.print()
    console.print(Text(title, style=style))
    for finding in findings[:SHOWN]:
        console.print(Text(f"  {safe_name(finding.message)}"))
        if finding.affects:
            console.print(Text(f"    {safe_name(finding.affects)}", style="dim"))
    if len(findings) > SHOWN:
        console.print(Text(f"  and {len(findings) - SHOWN:,} more; --json lists them", style="dim"))


def _print_lines(console: Console, title: str, style: str, lines: Sequence[str]) -> None:
    if lines:
        console.print(Text(title, style=style))
        for line in lines:
            console.print(Text(f"  {safe_name(line)}"))


def _print_remedy(console: Console, command: str, what: Sequence[str]) -> None:
    console.print()
    console.print(Text(command, style="bold"))
    for line in what:
        console.print(Text(f"  {line}"))


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True)
