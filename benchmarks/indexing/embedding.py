"""
Embed passages in float32 and as they are embedded, in int8: how fast, how near, and whether the same is found.

    python -m benchmarks.indexing.embedding --data SQUAD.json[.gz] ... [--corpora PASSAGES.jsonl.gz ...] --cache DIR
        [--out benchmarks/indexing/embedding.md]

The paragraphs of all files, and the passages of the corpora ({"text": "..."} a line), are embedded in both ways into
two indexes; the answerable questions of each file are asked of both. retrieval/ says where such files are found, and
what counts as found.
"""

import argparse
import gzip
import json
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from benchmarks.harness import environment, markdown_table, publish
from benchmarks.retrieval.retrieval import measure
from benchmarks.retrieval.sets import Paragraph, paragraphs_of, sample, squad_index
from numpy.typing import NDArray

from spanwise.batching import length_sorted_batches, pad
from spanwise.embed.minilm import MiniLMEncoder
from spanwise.evaluate.measures import recall_at
from spanwise.progress import ReportCount
from spanwise.runtime.graphs.session import run_graph

DEPTHS = (1, 10, 20)
TIMED, ROUNDS = 200, 5
BATCH_TOKENS = 1024


class Float32Encoder(MiniLMEncoder):
    """Embeds passages in float32, as many together as fit into the processor's cache."""

    def encode(self, texts: Sequence[str], *, progress: ReportCount | None = None) -> NDArray[np.float32]:
        """See `spanwise.embed.load.Encoder.encode`."""
        rows = self._tokens(texts)
        vectors = np.empty((len(rows), self.identity.dimension), dtype=np.float32)
        for batch in length_sorted_batches([len(row) for row in rows], BATCH_TOKENS):
            ids = pad([rows[index] for index in batch], 0)
            mask = pad([[1] * len(rows[index]) for index in batch], 0)
            inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
            (states,) = run_graph(self._of_questions, inputs)
            means = (states * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
            vectors[batch] = means / np.linalg.norm(means, axis=1, keepdims=True)
            if progress is not None:
                progress(len(batch))
        return vectors


ENCODERS = {"float32": Float32Encoder(), "int8": MiniLMEncoder()}


def passages_of(file: Path) -> list[Paragraph]:
    """Return the passages of a corpus, about which nothing is asked here."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [Paragraph(json.loads(line)["text"], "", ()) for line in lines]


def speed(texts: Sequence[str]) -> str:
    """Return the table of passages a second, the two in turns, and how near their vectors are."""
    times: dict[str, list[float]] = {name: [] for name in ENCODERS}
    vectors = {}
    for _ in range(ROUNDS + 1):
        for name, encoder in ENCODERS.items():
            began = time.perf_counter()
            vectors[name] = encoder.encode(texts)
            times[name].append(time.perf_counter() - began)
    medians = {name: statistics.median(seconds[1:]) for name, seconds in times.items()}  # the first one opens the graph
    cosines = (vectors["float32"] * vectors["int8"]).sum(axis=1)
    rows = [
        [name, f"{len(texts) / median:.0f}", f"{medians['float32'] / median:.2f}"] for name, median in medians.items()
    ]
    return (
        f"{markdown_table(['', 'passages a second', 'ratio'], rows)}\n\n{len(texts)} passages, the median of {ROUNDS} "
        f"rounds. The cosine of their vectors is {cosines.mean():.4f} in the mean, {cosines.min():.4f} at the least."
    )


def main() -> None:
    """Embed, ask, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", type=Path, required=True, metavar="FILE", help="SQuAD files to ask about")
    parser.add_argument("--corpora", nargs="+", type=Path, default=[], metavar="FILE", help="passages beside them")
    parser.add_argument("--cache", type=Path, required=True, metavar="DIR", help="where the indexes are kept")
    parser.add_argument("--questions", type=int, default=2000, help="most questions of a file (default 2000)")
    parser.add_argument("--out", type=Path, help="also write the tables to this Markdown file")
    arguments = parser.parse_args()
    sets = {file.name.partition(".")[0]: paragraphs_of(file) for file in arguments.data}
    paragraphs = [one for found in sets.values() for one in found]
    known = {one.text for one in paragraphs}
    paragraphs += [one for file in arguments.corpora for one in passages_of(file) if one.text not in known]
    rows, passages = [], 0
    for precision, encoder in ENCODERS.items():
        arguments.cache.mkdir(parents=True, exist_ok=True)
        with squad_index(arguments.cache / f"{precision}.index", paragraphs, encoder) as index:
            passages = index.count()
            for name, asked in sets.items():
                asks = sample([ask for one in asked for ask in one.asks()], arguments.questions)
                for method, ranks in measure(index, asks, with_variations=False).items():
                    if method != "lexical":
                        found = [f"{100 * recall_at(ranks, depth):.2f}" for depth in DEPTHS]
                        rows.append([name, f"{len(asks):,}", method, precision, *found])
    rows.sort(key=lambda row: (row[0], row[2]))
    head = ["questions of", "number", "", "passages in", *(f"% found @{depth}" for depth in DEPTHS)]
    texts = [one.text for one in paragraphs[:: max(1, len(paragraphs) // TIMED)]][:TIMED]
    parts = [
        "# Embedding passages in int8",
        environment(),
        speed(texts),
        f"Asked of {passages:,} passages; questions are embedded in float32.",
        markdown_table(head, rows),
    ]
    publish("\n\n".join(parts), arguments.out)


if __name__ == "__main__":
    main()
