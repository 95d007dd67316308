"""`spanwise export`: write a reader's ONNX graphs and check them."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from spanwise.cli.options import JsonOption
from spanwise.cli.output import echo, print_json, safe_name
from spanwise.text.pluralize import pluralize

if TYPE_CHECKING:
    from spanwise.read.backends.export import Exported


def export(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="'default', a model folder or a hub name.")],
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write a copy of the model there; the default is the model's own folder."),
    ] = None,
    precision: Annotated[
        Literal["fp32", "int8"] | None, typer.Option(help="Write only this graph; the default is both.")
    ] = None,
    check: Annotated[
        Path | None, typer.Option(metavar="FILE", help="SQuAD questions on which to compare with PyTorch.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    r"""
    Write the ONNX graphs of a reader; with them it is fastest on a CPU.

    For models of the kinds of BERT, ELECTRA and RoBERTa. The graphs contain no
    weights: they point into the model's safetensors file. Each is compared
    with PyTorch, and the result is shown. Needs
    `pip install 'spanwise\[onnx]'`; using the graphs does not.

    Examples:
        spanwise export my-reader/
        spanwise export default --out copy/ --precision int8

    """
    from spanwise.read.backends.export import export_reader

    exported = export_reader(model, out, precision=precision, check=check)
    if as_json:
        print_json({"graphs": [{**asdict(entry), "file": str(entry.file)} for entry in exported]})
        return
    for entry in exported:
        echo(_line(entry))


def _line(entry: "Exported") -> str:
    found = entry.agreement
    line = (
        f"{safe_name(str(entry.file))}: {entry.precision}, {pluralize(found.windows, 'window')} compared with PyTorch, "
        f"same best span in {found.same_best}, logits differ by {found.largest_difference:.2g} at most, "
        f"{found.mean_difference:.2g} on average"
    )
    return line if entry.kept else f"{line}: too different, not kept; --precision int8 keeps it"
