"""
Measure a cold question, from the start of a process to its answer: spanwise against Haystack's own components.

    python -m benchmarks.asking.cold_ask FOLDER [--question TEXT] [--repeats 5] [--wait 300] [--out FILE]

FOLDER is indexed by both sides first; that is not measured. Then each question is a process of its own, in turn:
`spanwise ask QUESTION --index DIR --json`, and a program that loads the FAISS store, the sentence-transformers embedder
and Haystack's `TransformersExtractiveReader` with the same reader's weights as float32, and reads 20 documents. The
peer needs what `indexing.py` needs, and `pip install transformers-haystack`.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from benchmarks.harness import SIDES, OtherWork, Result, Stages, alternate, environment, markdown_table, publish, row
from benchmarks.indexing.indexing import run_side

QUESTION = "How long does it take for the dome slit to open completely?"
PASSAGES = 20
IMPORT_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \| +(\S+)")
SHOWN_IMPORTS = 10


def ask_haystack(question: str, index: Path) -> Result:
    """Answer a question with Haystack's components, in this process, and say how long each stage took."""
    stages = Stages()
    with stages.stage("import"):
        import torch
        from haystack.utils import ComponentDevice
        from haystack_integrations.components.embedders.sentence_transformers import SentenceTransformersTextEmbedder
        from haystack_integrations.components.readers.transformers import TransformersExtractiveReader
        from haystack_integrations.components.retrievers.faiss import FAISSEmbeddingRetriever
        from haystack_integrations.document_stores.faiss import FAISSDocumentStore

        from spanwise.runtime.default_embedder import DEFAULT_EMBEDDER, embedder_folder
        from spanwise.runtime.default_reader import DEFAULT_READER, reader_folder
    with stages.stage("load"):
        cpu = ComponentDevice.from_str("cpu")
        store = FAISSDocumentStore(index_path=str(index / "store"), embedding_dim=384)
        retriever = FAISSEmbeddingRetriever(document_store=store, top_k=PASSAGES)
        embedder = SentenceTransformersTextEmbedder(
            model=str(embedder_folder(DEFAULT_EMBEDDER)),
            device=cpu,
            progress_bar=False,
            model_kwargs={"dtype": torch.float32},
        )
        embedder.warm_up()
        reader = TransformersExtractiveReader(
            model=str(reader_folder(DEFAULT_READER)), device=cpu, model_kwargs={"dtype": torch.float32}
        )
        reader.warm_up()
    with stages.stage("retrieve"):
        vector = embedder.run(text=question)["embedding"]
        documents = retriever.run(query_embedding=vector)["documents"]
    with stages.stage("read"):
        answers = reader.run(query=question, documents=documents, top_k=5)["answers"]
    best = next(answer for answer in answers if answer.data is not None)
    return {"answer": best.data, "passages": len(documents), "stages": dict(stages.seconds)}


def spanwise_command(question: str, index: Path) -> list[str]:
    """Return the command line of a question to spanwise."""
    script = Path(sys.executable).with_name("spanwise")
    program = [str(script)] if script.exists() else [sys.executable, "-c", "from spanwise.cli.main import main; main()"]
    return [*program, "ask", question, "--index", str(index), "--passages", str(PASSAGES), "--json"]


def haystack_command(question: str, index: Path) -> list[str]:
    """Return the command line of the same question to Haystack's components."""
    return [sys.executable, "-m", __spec__.name, str(index), "--question", question, "--haystack"]


def timed(command: Sequence[str]) -> tuple[Result, str]:
    """Run a command; returns its wall time, CPU time and what others used, and the last line of its output."""
    others, before, began = OtherWork(), os.times(), time.perf_counter()
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - began, os.times()
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{process.stderr[-4000:]}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return {"wall": wall, "cpu": cpu, "others": others.cores()}, process.stdout.splitlines()[-1]


def run_spanwise(question: str, index: Path) -> Result:
    """Measure one cold question to spanwise."""
    result, line = timed(spanwise_command(question, index))
    found = json.loads(line)
    timings = {name: milliseconds / 1000 for name, milliseconds in found["timings_ms"].items()}
    best = found["answers"][0]["answer"] if found["answers"] else ""
    return {**result, "answer": best, "work": timings["total"], "stages": timings}


def run_haystack(question: str, index: Path) -> Result:
    """Measure one cold question to Haystack's components."""
    result, line = timed(haystack_command(question, index))
    found = json.loads(line)
    work = found["stages"]["retrieve"] + found["stages"]["read"]
    return {**result, "answer": found["answer"], "work": work, "stages": found["stages"]}


def import_seconds(command: Sequence[str]) -> tuple[float, list[tuple[str, float]]]:
    """Return the seconds that a spanwise command's imports take together, and by top-level package, longest first."""
    program = [sys.executable, "-X", "importtime", "-c", "from spanwise.cli.main import main; main()"]
    process = subprocess.run([*program, *command[command.index("ask") :]], capture_output=True, text=True, check=True)
    seconds: defaultdict[str, float] = defaultdict(float)
    for microseconds, module in IMPORT_LINE.findall(process.stderr):
        package = module.partition(".")[0]
        seconds["standard library" if package in sys.stdlib_module_names else package] += int(microseconds) / 1e6
    return sum(seconds.values()), sorted(seconds.items(), key=lambda item: -item[1])


def report(runs: Mapping[str, Sequence[Result]], question: str, imports: tuple[float, list[tuple[str, float]]]) -> str:
    """Return the page of results."""
    rows = [
        row("seconds, whole process", runs, lambda run: run["wall"], ",.2f"),
        row("CPU seconds", runs, lambda run: run["cpu"], ",.2f"),
        row("seconds to retrieve", runs, lambda run: run["stages"]["retrieve"], ",.2f"),
        row("seconds to read", runs, lambda run: run["stages"]["read"], ",.2f"),
        row("seconds before that: start, imports, models", runs, lambda run: run["wall"] - run["work"], ",.2f"),
    ]
    single = [
        [str(number), *(_shown(run) for run in pair), f"{pair[0]['wall'] / pair[1]['wall']:.2f}"]
        for number, pair in enumerate(zip(*(runs[side] for side in SIDES), strict=True), 1)
    ]
    peer = {stage: statistics.median(run["stages"][stage] for run in runs[SIDES[1]]) for stage in ("import", "load")}
    total, packages = imports
    answers = ", ".join(f'{side} "{runs[side][0]["answer"]}"' for side in SIDES)
    introduction = (
        f'{environment()}\n\n"{question}", {PASSAGES} passages read. Medians of {len(single)} processes of each side, '
        "in turn, after one of each to warm the file cache; a ratio is the median over the pairs of spanwise / "
        f"Haystack. First answers: {answers}. Of Haystack's start, imports take {peer['import']:.2f} s and loading "
        f"{peer['load']:.2f} s."
    )
    return "\n\n".join(
        (
            "# A cold question",
            introduction,
            markdown_table(["", *SIDES, "ratio"], rows),
            f"What spanwise imports for it, by `python -X importtime` (which itself slows imports): {total:.2f} s.",
            markdown_table(["package", "seconds"], [[name, f"{cost:.3f}"] for name, cost in packages[:SHOWN_IMPORTS]]),
            "Each run; the cores are what other processes used meanwhile:",
            markdown_table(["pair", *SIDES, "ratio"], single),
        )
    )


def _shown(run: Result) -> str:
    return f"{run['wall']:.2f} s, others {run['others']:.2f} cores"


def measure(folder: Path, question: str, repeats: int, wait: float) -> str:
    """Index a folder with both sides, ask in turn, and return the page of results."""
    with tempfile.TemporaryDirectory() as scratch:
        ours, theirs = Path(scratch) / "spanwise.index", Path(scratch) / "haystack.index"
        for side, index in zip(SIDES, (ours, theirs), strict=True):
            run_side(side, folder, index)
        sides: dict[str, Callable[[], Result]] = {
            SIDES[0]: partial(run_spanwise, question, ours),
            SIDES[1]: partial(run_haystack, question, theirs),
        }
        alternate(sides, 1, 0, _shown)
        runs = alternate(sides, repeats, wait, _shown)
        return report(runs, question, import_seconds(spanwise_command(question, ours)))


def main() -> None:
    """Ask both sides in turn and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the documents, such as data/sample")
    parser.add_argument("--question", default=QUESTION, help=f"what to ask (default: {QUESTION})")
    parser.add_argument("--repeats", type=int, default=5, help="processes of each side (default 5)")
    parser.add_argument(
        "--wait", type=float, default=0, metavar="SECONDS", help="most seconds to wait before a run for a quiet machine"
    )
    parser.add_argument("--out", type=Path, help="also write the table to this Markdown file")
    parser.add_argument("--haystack", action="store_true", help="ask Haystack once, here; FOLDER is then its index")
    arguments = parser.parse_args()
    os.environ.update(HAYSTACK_TELEMETRY_ENABLED="False", HF_HUB_OFFLINE="1")
    if arguments.haystack:
        print(json.dumps(ask_haystack(arguments.question, arguments.folder)))
        return
    publish(measure(arguments.folder, arguments.question, arguments.repeats, arguments.wait), arguments.out)


if __name__ == "__main__":
    main()
