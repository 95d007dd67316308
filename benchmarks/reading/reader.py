"""
Measure the reader against Haystack's `TransformersExtractiveReader` with the same weights, on a CPU.

    python -m benchmarks.reading.reader --data SQUAD.json[.gz] ... [--repeats 5] [--questions 8] [--wait 300]

Each question is read with the 20 passages that full-text search finds for it among the paragraphs of its file; a second
set cuts the same texts as spanwise indexes them. Sides are processes that take turns; the peer computes in float32, and
so does spanwise in its exact mode; its default on a CPU is int8. Files are in SQuAD format, for example from
https://rajpurkar.github.io/SQuAD-explorer. The peer needs `pip install transformers-haystack`; `gpu.py` is the
same for a GPU.
"""

import argparse
import os
import statistics
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from benchmarks.harness import Result, alternate, environment, markdown_table, publish
from benchmarks.reading.checks import matmul_rates, operations, quality, reference_answers
from benchmarks.reading.sides import (
    EXACT,
    FAST,
    PASSAGES,
    PEER,
    Ask,
    Passages,
    Question,
    Side,
    asks,
    cut,
    questions_of,
    uneven,
)

from spanwise.runtime.default_reader import DEFAULT_READER, reader_folder
from spanwise.runtime.processor import usable_cores

MODEL = reader_folder(DEFAULT_READER)
SETTINGS = {
    EXACT: {"backend": "onnx", "precision": "fp32"},
    FAST: {"backend": "auto", "precision": "auto"},
    PEER: {"model_kwargs": {"dtype": "float32"}},
}
AIMS = {"20 passages": (2.5, 4.0), "uneven": (6.0, 6.0)}
MANY = 100
Runs = Mapping[str, Sequence[Result]]


def sides(stack: ExitStack) -> dict[str, Side]:
    """Start a process for each side."""
    return {name: stack.enter_context(Side(name, str(MODEL), **settings)) for name, settings in SETTINGS.items()}


def speed(readers: Mapping[str, Side], questions: Sequence[Ask], repeats: int, wait: float) -> dict[str, list[Result]]:
    """Have the sides read the same questions in turn, after one unmeasured question each."""
    for reader in readers.values():
        reader.call("read", questions[:1])
    measure: dict[str, Callable[[], Result]] = {
        name: partial(reader.call, "read", questions) for name, reader in readers.items()
    }
    return alternate(measure, repeats, wait, shown)


def shown(run: Result) -> str:
    """Describe a run in a line."""
    return f"{run['wall']:.2f} s, CPU {run['cpu']:.2f} s, others {run['others']:.2f} cores"


def median(runs: Sequence[Result], value: str = "wall") -> float:
    """Return the median of a measure."""
    return statistics.median(run[value] for run in runs)


def times_faster(runs: Runs, side: str, value: str = "wall") -> float:
    """Return the median over the repeats of the peer's seconds by a side's."""
    return statistics.median(b[value] / a[value] for a, b in zip(runs[side], runs[PEER], strict=True))


def speed_rows(name: str, runs: Runs, passages: int, aims: tuple[float, float] | None) -> list[list[str]]:
    """Return table rows: passages a second, how many times the peer's, seconds of CPU, and what was aimed at."""
    return [
        [
            f"{name}, {side}",
            f"{passages / median(runs[side]):.1f}",
            "" if side == PEER else f"{times_faster(runs, side):.2f}",
            f"{median(runs[side], 'cpu') / passages * 1000:.1f}",
            "" if side == PEER else f"{times_faster(runs, side, 'cpu'):.2f}",
            "" if side == PEER or aims is None else f"{aims[side == FAST]:g}",
        ]
        for side in runs
    ]


def limit_rows(runs: Runs, lengths: Sequence[int], rates: Mapping[str, float]) -> list[list[str]]:
    """Return table rows: how much of the rate of plain matrix products each precision reaches."""
    needed = operations(MODEL, lengths)
    rows = []
    for side, kind in ((EXACT, "fp32"), (FAST, "int8")):
        reached = needed / median(runs[side])
        shares = [f"{rates[kind] / 1e9:.0f}", f"{reached / rates[kind]:.0%}"] if kind in rates else ["", ""]
        rows.append([side, f"{reached / 1e9:.0f}", *shares])
    rows.append([f"{PEER}, padding not counted", f"{needed / median(runs[PEER]) / 1e9:.0f}", "", ""])
    return rows


def stage_rows(readers: Mapping[str, Side], questions: Sequence[Ask]) -> list[list[str]]:
    """Return table rows: where the time of spanwise goes."""
    found = {side: readers[side].call("stages", questions) for side in (EXACT, FAST)}
    passages = sum(len(read) for _, read in questions)
    return [
        [stage, *(f"{found[side][stage] / passages * 1000:.2f}" for side in found)]
        for stage in next(iter(found.values()))
    ]


def many_rows(readers: Mapping[str, Side], questions: Sequence[Ask], repeats: int, wait: float) -> list[list[str]]:
    """Return table rows: many questions at once against one after the other."""
    rows = []
    for side in (EXACT, FAST):
        measure = {task: partial(readers[side].call, task, questions) for task in ("together", "read")}
        runs = alternate(measure, repeats, wait, shown)
        ratio = statistics.median(b["wall"] / a["wall"] for a, b in zip(runs["together"], runs["read"], strict=True))
        rows.append([side, *(f"{median(runs[task]):.2f}" for task in ("together", "read")), f"{ratio:.2f}"])
    return rows


def company(reader: Side, ask: Ask, others: Ask) -> float:
    """Return how far the margins of a question's passages move when they are read among others."""
    alone = [reader.call("spans", [(ask[0], passage)])[0] for passage in ask[1]]
    pairs = [(question, passage) for question, passages in (ask, others) for passage in passages]
    among = reader.call("spans", pairs)[: len(alone)]
    return max(abs(first[1] - second[1]) for first, second in zip(alone, among, strict=True))


def memory_rows(ask: Ask, texts: Sequence[str]) -> list[list[str]]:
    """Return table rows: the highest resident memory of new processes that read 200 and 2,000 passages."""
    rows = []
    for name, settings in SETTINGS.items():
        peaks = []
        for count in (200, 2000):
            if name == PEER and count > 200:
                continue  # its attention weights alone would take 14 GB
            with Side(name, str(MODEL), **settings) as side:
                peaks.append(side.call("peak", ask[0], (list(texts) * count)[:count]))
        ratio = f"{peaks[1] / peaks[0]:.2f}" if len(peaks) > 1 else ""
        rows.append([name, *(f"{peak:,.0f}" for peak in peaks), *[""] * (2 - len(peaks)), ratio])
    return rows


def quality_rows(readers: Mapping[str, Side], name: str, questions: Sequence[Question]) -> list[list[str]]:
    """Return table rows of F1 in both precisions."""
    pairs = [(question.text, question.context) for question in questions]
    found = [readers[side].call("spans", pairs) for side in (EXACT, FAST)]
    same = statistics.fmean(first[0] == second[0] for first, second in zip(*found, strict=True))
    rows = quality(questions, *found)
    return [[f"{name}: {row[0]}", *row[1:], f"{same:.1%}"] for row in rows]


def identical(reader: Side, questions: Sequence[Ask]) -> tuple[int, float]:
    """Return how many best answers of the exact mode are those of the reference decoder, and the largest difference."""
    found, expected = reader.call("answers", questions), reference_answers(str(MODEL), questions)
    same = sum(first[:2] == second[:2] for first, second in zip(found, expected, strict=True))
    return same, max(abs(first[2] - second[2]) for first, second in zip(found, expected, strict=True))


def measure(data: Sequence[Path], count: int, repeats: int, wait: float, checked: int) -> str:
    """Measure everything and return the page of results."""
    loaded = {file.name.partition(".")[0]: questions_of(file) for file in data}
    table, limits, stages, scores, all_asks = [], [], [], [], []
    timed: list[tuple[str, Runs, Sequence[int]]] = []
    rates: dict[str, float] = {}
    with ExitStack() as stack:
        readers = sides(stack)
        for name, questions in loaded.items():
            contexts = [question.context for question in questions]
            sets = {"paragraphs": contexts, "cut to 192 tokens": cut(contexts)}
            for kind, texts in sets.items():
                read = asks(questions, Passages(texts), count)
                runs = speed(readers, read, repeats, wait)
                table += speed_rows(f"{name}, {kind}", runs, PASSAGES * len(read), AIMS["20 passages"])
                timed.append((f"{name}, {kind}", runs, readers[EXACT].call("tokens", read)))
                reached = matmul_rates(usable_cores())
                rates = {number: max(rate, rates.get(number, 0.0)) for number, rate in reached.items()}
                all_asks += read
            scores += quality_rows(readers, name, questions[:checked])
        for name, runs, lengths in timed:
            limits += [[f"{name}: {row[0]}", *row[1:]] for row in limit_rows(runs, lengths, rates)]
        stages = stage_rows(readers, all_asks)
        odd = [uneven(ask) for ask in all_asks[:2]]
        table += speed_rows("63 short, 1 long", speed(readers, odd, repeats, wait), 128, AIMS["uneven"])
        many = many_rows(readers, (all_asks * MANY)[:MANY], max(1, repeats // 2), wait)
        moved = {side: company(readers[side], all_asks[0], odd[0]) for side in (EXACT, FAST)}
        same, difference = identical(readers[EXACT], all_asks)
    memory = memory_rows(all_asks[0], [passage for _, passages in all_asks for passage in passages])
    parts = (
        "# The reader on a CPU",
        (
            f"{environment()}\n\n{usable_cores()} threads. Data: {', '.join(loaded)}; "
            f"{count} questions with {PASSAGES} "
            f"passages each of every set, the top {PASSAGES} answers asked for; medians of {repeats} runs of each side "
            "in turn, ratios are medians over the turns. An aim is how many times the peer's passages a second."
        ),
        markdown_table(["", "passages/s", "times", "CPU ms a passage", "times by CPU", "aim"], table),
        (
            "Share of the rate of large matrix products of the same kind, one on each core, that reading reaches (in "
            "10^9 operations a second; tokenizing and finding spans included):"
        ),
        markdown_table(["", "reached", "products alone", "share"], limits),
        "Where the time goes, in milliseconds a passage, summed over threads that run at the same time:",
        markdown_table(["", EXACT, FAST], stages),
        (
            f"Best answers equal to those of transformers' model with every span tried, in the exact mode: {same} of "
            f"{len(all_asks)}; margins differ by {difference:.1g} at most."
        ),
        "F1 in percent, each question on its own paragraph, and how often the best span is the same:",
        markdown_table(["", "questions", EXACT, FAST, "difference", "same"], scores),
        f"{MANY} questions with {PASSAGES} passages each, seconds:",
        markdown_table(["", "at once", "one by one", "ratio"], many),
        "How far a passage's margin moves when it is read among 64 others instead of alone: "
        + ", ".join(f"{side} {value:.1g}" for side, value in moved.items())
        + ".",
        "Highest resident memory of a process, in MB:",
        markdown_table(["", "200 passages", "2,000 passages", "ratio"], memory),
    )
    return "\n\n".join(parts)


def main() -> None:
    """Measure both sides and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, nargs="+", required=True, metavar="FILE", help="questions in SQuAD format")
    parser.add_argument("--questions", type=int, default=8, help="how many of each set are timed (default 8)")
    parser.add_argument("--repeats", type=int, default=5, help="runs of each side (default 5)")
    parser.add_argument("--checked", type=int, default=2000, help="questions of each file for F1 (default 2000)")
    parser.add_argument(
        "--wait", type=float, default=0, metavar="SECONDS", help="most seconds to wait before a run for a quiet machine"
    )
    parser.add_argument("--out", type=Path, help="also write the table to this Markdown file")
    arguments = parser.parse_args()
    os.environ.update(HAYSTACK_TELEMETRY_ENABLED="False", HF_HUB_OFFLINE="1")
    publish(
        measure(arguments.data, arguments.questions, arguments.repeats, arguments.wait, arguments.checked),
        arguments.out,
    )


if __name__ == "__main__":
    main()
