"""
Measure the graphs that `spanwise export` writes against those of PyTorch's exporter and ONNX Runtime's quantization.

    python -m benchmarks.reading.onnx_writer --data SQUAD.json[.gz] ... [--questions 300] [--repeats 9] [--out FILE]

Every graph is of the packaged reader's weights and is run by the same code, `OnnxBackend`; only the file differs.
Reading and cold starts are measured in turn, and each ratio is the median over the rounds of a graph's seconds by those
of ours in the same round. Files are in SQuAD format, for example from https://rajpurkar.github.io/SQuAD-explorer.
Needs the `onnx` extra.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.harness import environment, markdown_table, publish
from benchmarks.reading.sides import questions_of

from spanwise.evaluate.squad_metric import f1_score, scoring_golds
from spanwise.files.digest import file_sha256
from spanwise.read.backends.export import compare_backends
from spanwise.read.backends.load import load_backend
from spanwise.read.backends.onnx import GRAPHS, OnnxBackend
from spanwise.read.reader import SpanReader
from spanwise.read.settings import ReaderSettings
from spanwise.runtime.default_reader import DEFAULT_READER, reader_folder
from spanwise.runtime.graphs.encoder import build_reader_graph
from spanwise.runtime.graphs.session import WEIGHTS_FILE, WEIGHTS_KEY

MODEL = reader_folder(DEFAULT_READER)
OURS = {"fp32": "ours, fp32", "int8": "ours, int8"}
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
READ_AT_ONCE = 20  # questions of a round
COLD = """
import sys
from spanwise.read.reader import SpanReader
from spanwise.read.settings import ReaderSettings
settings = ReaderSettings(sys.argv[1], device="cpu", backend="onnx", precision=sys.argv[2])
SpanReader(settings).read([("Which port?", "The server listens on port 8443.")])
"""
HEAD = (
    "graph", "export, s", "file, MB", "same best span as PyTorch", "largest difference of a logit", "F1", "reading",
    "cold start", "its CPU time",
)  # fmt: skip


@dataclass(frozen=True)
class Graph:
    """A graph in a model folder of its own, and how long it took to write."""

    name: str
    precision: str
    folder: Path
    seconds: float

    @property
    def file(self) -> Path:
        """The graph."""
        return self.folder / GRAPHS[self.precision]


def by_torch(graph: Path) -> None:
    """Write a graph as torch.onnx does by default, its weights inside."""
    import torch
    from transformers import AutoModelForQuestionAnswering

    model = AutoModelForQuestionAnswering.from_pretrained(
        MODEL, dtype=torch.float32, attn_implementation="eager"
    ).eval()
    example = {name: torch.ones((2, 16), dtype=torch.int64) for name in INPUTS}
    example["attention_mask"][1, 9:] = 0
    axes = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    program = torch.onnx.export(
        model,
        (),
        kwargs=example,
        input_names=list(INPUTS),
        output_names=["start_logits", "end_logits"],
        dynamic_shapes=dict.fromkeys(INPUTS, axes),
        dynamo=True,
    )
    program.save(graph)


def fused(plain: Path, graph: Path) -> None:
    """Join the operators of a graph that ONNX Runtime's optimizer for transformers can join."""
    from onnxruntime.transformers.optimizer import optimize_model

    joined = optimize_model(str(plain), model_type="bert", num_heads=12, hidden_size=384, opt_level=0)
    joined.save_model_to_file(str(graph))


def quantized(plain: Path, graph: Path, *, reduce_range: bool) -> None:
    """Do that, and quantize the products dynamically, by output channel."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    between = graph.with_name("between.onnx")
    fused(plain, between)
    quantize_dynamic(between, graph, weight_type=QuantType.QInt8, per_channel=True, reduce_range=reduce_range)
    between.unlink()


def ours(graph: Path, precision: str) -> None:
    """Write a graph as `spanwise export` does."""
    graph.write_bytes(build_reader_graph(MODEL, precision))


DERIVED: dict[tuple[str, str], Callable[[Path, Path], object]] = {
    ("torch.onnx, fp32", "fp32"): shutil.copy,
    ("torch.onnx, fused by ONNX Runtime, fp32", "fp32"): fused,
    ("torch.onnx, fused, quantize_dynamic, int8", "int8"): partial(quantized, reduce_range=False),
    ("the same with reduce_range, int8", "int8"): partial(quantized, reduce_range=True),
}


def timed(write: Callable[[], object]) -> float:
    """Return the seconds of a call."""
    began = time.perf_counter()
    write()
    return time.perf_counter() - began


def written(parent: Path) -> list[Graph]:
    """Write every graph into a copy of the model's folder, and say which weights it belongs to."""
    import onnx

    graphs = []
    plain = parent / "plain.onnx"
    exported = timed(lambda: by_torch(plain))
    for name, precision in (*((name, precision) for precision, name in OURS.items()), *DERIVED):
        folder = parent / str(len(graphs))
        shutil.copytree(MODEL, folder, ignore=shutil.ignore_patterns("*.onnx"))
        file = folder / GRAPHS[precision]
        derive = DERIVED.get((name, precision))
        if derive is None:
            seconds = timed(partial(ours, file, precision))
        else:
            seconds = exported + timed(partial(derive, plain, file))
            model = onnx.load(file)
            onnx.helper.set_model_props(model, {WEIGHTS_KEY: file_sha256(folder / WEIGHTS_FILE)})
            file.write_bytes(model.SerializeToString())
        graphs.append(Graph(name, precision, folder, seconds))
    return sorted(graphs, key=lambda graph: graph.precision)


def reader_of(graph: Graph) -> SpanReader:
    """Return a reader that runs a graph."""
    return SpanReader(ReaderSettings(str(graph.folder), device="cpu", backend="onnx", precision=graph.precision))


def read_seconds(reader: SpanReader, pairs: Sequence[tuple[str, str]]) -> float:
    """Return how long some questions take."""
    began = time.perf_counter()
    reader.read(pairs, top_k=1)
    return time.perf_counter() - began


def cold_seconds(graph: Graph) -> tuple[float, float]:
    """Return the seconds, and those of CPU, of a process that reads one passage."""
    before, began = os.times(), time.perf_counter()
    subprocess.run([sys.executable, "-c", COLD, str(graph.folder), graph.precision], check=True)
    wall, after = time.perf_counter() - began, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return wall, cpu


def f1_of(reader: SpanReader, questions: Sequence[tuple[str, str, list[str]]]) -> float:
    """Return the mean F1 in percent; the empty answer where "no answer" has the higher score."""
    found = reader.read([(question, context) for question, context, _ in questions], top_k=1)
    scores = []
    for (_, context, answers), spans in zip(questions, found, strict=True):
        text = context[spans[0].start : spans[0].end] if spans and spans[0].margin > 0 else ""
        scores.append(f1_score(text, scoring_golds(answers)))
    return 100 * statistics.mean(scores)


def ratio(seconds: dict[str, list[float]], graph: Graph) -> str:
    """Return the median over the rounds of a graph's seconds by those of ours."""
    base = seconds[OURS[graph.precision]]
    return f"{statistics.median(a / b for a, b in zip(seconds[graph.name], base, strict=True)):.2f}"


def rows(
    graphs: Sequence[Graph], questions: Sequence[tuple[str, str, list[str]]], repeats: int
) -> tuple[list[list[str]], str]:
    """Measure everything, and return the table's rows and what ours took in seconds."""
    pairs = [(question, context) for question, context, _ in questions]
    reference = load_backend(ReaderSettings(str(MODEL), device="cpu", backend="torch", precision="fp32"))
    readers = {graph.name: reader_of(graph) for graph in graphs}
    agreed = {
        graph.name: compare_backends(OnnxBackend(graph.folder, precision=graph.precision), reference, pairs)
        for graph in graphs
    }
    f1 = {name: f1_of(reader, questions) for name, reader in readers.items()}
    print(f"F1 {f1}; {agreed}", file=sys.stderr, flush=True)
    reading: dict[str, list[float]] = {graph.name: [] for graph in graphs}
    cold: dict[str, list[float]] = {graph.name: [] for graph in graphs}
    cpu: dict[str, list[float]] = {graph.name: [] for graph in graphs}
    for number in range(repeats):
        for graph in graphs if number % 2 == 0 else graphs[::-1]:
            reading[graph.name].append(read_seconds(readers[graph.name], pairs[:READ_AT_ONCE]))
            wall, used = cold_seconds(graph)
            cold[graph.name].append(wall)
            cpu[graph.name].append(used)
        last = ", ".join(f"{name} {reading[name][-1]:.2f} s, cold {cold[name][-1]:.2f} s" for name in reading)
        print(f"round {number + 1} of {repeats}: {last}", file=sys.stderr, flush=True)
    table = [
        [
            graph.name,
            f"{graph.seconds:.1f}",
            f"{graph.file.stat().st_size / 1e6:.2f}",
            f"{agreed[graph.name].same_best} of {agreed[graph.name].windows}",
            f"{agreed[graph.name].largest_difference:.2g}",
            f"{f1[graph.name]:.2f}",
            ratio(reading, graph),
            ratio(cold, graph),
            ratio(cpu, graph),
        ]
        for graph in graphs
    ]
    taken = ", ".join(
        f"{name}: reading {statistics.median(reading[name]):.2f} s, cold start {statistics.median(cold[name]):.2f} s, "
        f"its CPU time {statistics.median(cpu[name]):.2f} s"
        for name in OURS.values()
    )
    return table, taken


def main() -> None:
    """Measure, and print the page of results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--questions", type=int, default=300, help="of each file")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    questions = [
        (question.text, question.context, question.answers)
        for file in arguments.data
        for question in questions_of(file)[: arguments.questions]
    ]
    with tempfile.TemporaryDirectory() as parent:
        graphs = written(Path(parent))
        table, taken = rows(graphs, questions, arguments.repeats)
    files = ", ".join(file.name for file in arguments.data)
    publish(
        f"# The writer of ONNX graphs against PyTorch's exporter and ONNX Runtime's quantization\n\n{environment()}\n\n"
        f"{len(questions)} questions of {files}. Reading, cold start and CPU time are seconds by those of ours of the "
        f"same precision, the median of {arguments.repeats} rounds in turn. {taken}.\n\n"
        f"{markdown_table(HEAD, table)}\n\n"
        "Ours hold no weights: both point into `model.safetensors`, which PyTorch reads too. A cold start is a new "
        "process, from the model's folder to the first answer. Ours is written by `onnx` alone; the others need "
        "PyTorch, transformers and `onnxscript` beside it.",
        arguments.out,
    )


if __name__ == "__main__":
    main()
