"""`spanwise models` and `spanwise export`: the readers that are known by name, and their ONNX graphs."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from typer import Argument, Option

from spanwise.cli.options import JsonOption
from spanwise.cli.output import echo, print_json, safe_name
from spanwise.text.pluralize import pluralize

if TYPE_CHECKING:
    from spanwise.read.backends.export import Exported

PLACES = {"packaged": "in this package", "cached": "on this machine, in the hub's cache", "hub": "on the hub"}
BACKENDS = {"onnx": "ONNX Runtime", "torch": "PyTorch"}
PRECISIONS = {"int8": "int8", "bf16": "bfloat16", "fp16": "float16", "fp32": "float32"}


def models(as_json: JsonOption = False) -> None:
    """
    List the readers that are known by name, with their published results.

    For each, also show how it would run on this machine, and in which
    precision; this depends only on the hardware. You can also use any other
    question-answering model of the hub, or a folder with one. Set
    HF_HUB_OFFLINE=1 to use no network.

    Examples:
        spanwise models

    """
    from spanwise.read.backends.load import chosen_compute
    from spanwise.read.known_readers import KNOWN, availability

    placed = [(reader, availability(reader.name), chosen_compute(reader.name)) for reader in KNOWN]
    if as_json:
        names = ("device", "backend", "precision")
        shown = [
            {**asdict(reader), "place": place, **dict(zip(names, compute, strict=True)), "use": _use(reader.name)}
            for reader, place, compute in placed
        ]
        print_json({"models": shown})
        return
    for reader, place, (device, backend, precision) in placed:
        echo(reader.name)
        published = "" if reader.exact is None else f"; exact {reader.exact:.2f}, F1 {reader.f1:.2f} published"
        abstains = "" if reader.abstains else "; never says that there is no answer"
        echo(f"  {reader.architecture}; {reader.data}{published}{abstains}")
        echo(f"  {PLACES[place]}; here in {BACKENDS[backend]}, {PRECISIONS[precision]}, on {device}")
        echo(f"  {_use(reader.name)}")


def _use(name: str) -> str:
    return f'spanwise ask --reader {name} "QUESTION"'


def export(
    model: Annotated[str, Argument(metavar="MODEL", help="'default', a model folder or a hub name.")],
    out: Annotated[
        Path | None,
        Option(metavar="DIR", help="Write a copy of the model there; the default is the model's own folder."),
    ] = None,
    precision: Annotated[
        Literal["fp32", "int8"] | None, Option(help="Write only this graph; the default is both.")
    ] = None,
    check: Annotated[
        Path | None, Option(metavar="FILE", help="SQuAD questions on which to compare with PyTorch.")
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
