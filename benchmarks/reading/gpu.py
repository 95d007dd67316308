"""
Measure the reader against Haystack's `TransformersExtractiveReader` on a GPU, with a model of BERT base's size.

    python -m benchmarks.reading.gpu --data SQUAD.json[.gz] [--repeats 5] [--device cuda:0] [--out FILE]

Weights are random: what they say does not matter for speed. spanwise computes in bfloat16, its default there; the peer
in its own default, float32, and in bfloat16. 20 and 200 passages a question are read, for 1 and for 100 questions: by
spanwise at once, by the peer one by one, which is all it can. A last line says whether the peer works with
`max_batch_size` set. The files and the peer are those of `reader.py`.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import cycle, islice
from pathlib import Path

from benchmarks.harness import Result, alternate, environment, markdown_table, publish
from benchmarks.reading.checks import operations
from benchmarks.reading.sides import PASSAGES, Ask, Passages, Side, asks, questions_of

OURS = "spanwise bf16"
SETTINGS = {
    OURS: {"backend": "torch", "precision": "bf16"},
    "Haystack bf16": {"model_kwargs": {"dtype": "bfloat16"}},
    "Haystack fp32": {"model_kwargs": {"dtype": "float32"}},
}
AIM = 6


def make_model(folder: Path) -> Path:
    """Save a reader of BERT base's size with random weights, and the packaged reader's tokenizer."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForQuestionAnswering

    from spanwise.runtime.default_reader import DEFAULT_READER, reader_folder

    torch.manual_seed(0)
    BertForQuestionAnswering(BertConfig()).save_pretrained(folder)
    AutoTokenizer.from_pretrained(reader_folder(DEFAULT_READER)).save_pretrained(folder)
    return folder


def matmul_rate(device: str, size: int = 8192, repeats: int = 30) -> float:
    """Return the operations a second of a large product of bfloat16 matrices."""
    import torch

    first, second = (torch.randn(size, size, device=device, dtype=torch.bfloat16) for _ in range(2))
    for _ in range(3):
        first @ second
    torch.cuda.synchronize(device)
    began = time.perf_counter()
    for _ in range(repeats):
        first @ second
    torch.cuda.synchronize(device)
    return repeats * 2 * size**3 / (time.perf_counter() - began)


def wider(questions: Sequence[Ask], passages: int) -> list[Ask]:
    """Return the questions with as many passages each, taken from all of them."""
    every = [passage for _, read in questions for passage in read]
    return [
        (question, list(islice(cycle(every), number, number + passages)))
        for number, (question, _) in enumerate(questions)
    ]


def works_in_batches(model: str, device: str, question: Ask) -> str:
    """Say whether the peer reads with `max_batch_size` set."""
    with Side("Haystack", model, device, model_kwargs={"dtype": "float32"}, max_batch_size=8) as side:
        try:
            side.call("read", [question])
        except RuntimeError as error:
            return f"fails: {error}"
    return "works"


def shown(run: Result) -> str:
    """Describe a run in a line."""
    return f"{run['wall']:.3f} s"


def measure(data: Path, device: str, repeats: int) -> str:
    """Measure everything and return the page of results."""
    questions = questions_of(data)
    read = asks(questions, Passages([question.context for question in questions]), 100)
    rate = matmul_rate(device)
    rows = []
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        model = make_model(Path(scratch))
        sides = {
            name: stack.enter_context(Side(name, str(model), device, **settings)) for name, settings in SETTINGS.items()
        }
        for count in (1, 100):
            for passages in (PASSAGES, 10 * PASSAGES):
                asked = wider(read, passages)[:count]
                for side in sides.values():
                    side.call("read", asked[:2])
                runs: dict[str, Callable[[], Result]] = {
                    name: partial(side.call, "together" if name == OURS else "read", asked)
                    for name, side in sides.items()
                }
                found = alternate(runs, repeats, 0, shown)
                seconds = {name: statistics.median(run["wall"] for run in of_side) for name, of_side in found.items()}
                reached = operations(model, sides[OURS].call("tokens", asked)) / seconds[OURS]
                rows.append(
                    [
                        f"{count} x {passages}",
                        *(f"{value:.3f}" for value in seconds.values()),
                        *(f"{seconds[name] / seconds[OURS]:.1f}" for name in seconds if name != OURS),
                        f"{reached / 1e12:.0f}",
                        f"{reached / rate:.0%}",
                    ]
                )
        stages = sides[OURS].call("stages", read[:20])
        in_batches = works_in_batches(str(model), device, read[0])
    head = [
        "questions x passages",
        *(f"{name}, s" for name in SETTINGS),
        "times bf16",
        "times fp32",
        "TFLOP/s",
        "share",
    ]
    return "\n\n".join(
        (
            "# The reader on a GPU",
            (
                f"{environment()}\n\n{_device_name(device)}; its bfloat16 products reach {rate / 1e12:.0f} TFLOP/s. "
                f"{data.name}; medians of {repeats} runs of each side in turn. The aim is {AIM} times."
            ),
            markdown_table(head, rows),
            "Seconds of spanwise for 20 questions by stage, summed over threads that run at the same time: "
            + ", ".join(f"{stage} {seconds:.3f}" for stage, seconds in stages.items())
            + ".",
            f"The peer with max_batch_size=8 on this device {in_batches}.",
        )
    )


def _device_name(device: str) -> str:
    import torch

    return torch.cuda.get_device_name(device)


def main() -> None:
    """Measure both sides and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="FILE", help="questions in SQuAD format")
    parser.add_argument("--repeats", type=int, default=5, help="runs of each side (default 5)")
    parser.add_argument("--device", default="cuda:0", help="the GPU (default cuda:0)")
    parser.add_argument("--out", type=Path, help="also write the table to this Markdown file")
    arguments = parser.parse_args()
    os.environ.update(HAYSTACK_TELEMETRY_ENABLED="False", HF_HUB_OFFLINE="1")
    import torch

    if not torch.cuda.is_available():
        sys.exit("expected a CUDA device, PyTorch finds none; reader.py measures on a CPU")
    publish(measure(arguments.data, arguments.device, arguments.repeats), arguments.out)


if __name__ == "__main__":
    main()
