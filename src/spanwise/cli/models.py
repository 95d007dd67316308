"""`spanwise models`: the readers that are known by name."""

from dataclasses import asdict

from spanwise.cli.options import JsonOption
from spanwise.cli.output import echo, print_json

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
