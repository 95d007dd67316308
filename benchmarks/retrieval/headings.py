"""
Whether passages are found better if title and headings stand before them where they are embedded.

    python -m benchmarks.retrieval.headings DOCUMENTS --cache DIR [--out benchmarks/retrieval/headings.md]

Each folder of DOCUMENTS, which realdocs/fetch.sh made, is an index by itself, kept in DIR. Its passages are embedded as
shipped, and again with "Title > Heading > Heading" in a line before them. Questions and the search by words are the
same.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from benchmarks.harness import environment, markdown_table, publish
from benchmarks.retrieval.retrieval import first_right
from benchmarks.retrieval.sets import Ask, realdocs_asks

from spanwise.embed.encoder import Encoder
from spanwise.evaluate.measures import mean_reciprocal_rank, recall_at
from spanwise.index import Index
from spanwise.pipeline.corpus import Corpus
from spanwise.retrieve import fuse
from spanwise.retrieve.fusion import lexical_weight
from spanwise.retrieve.retriever import SEARCHED
from spanwise.types import Hit, Passage, SourceText

DEPTHS = (1, 5, 10, 20)
FOLDERS = ("git", "r", "mixed")
Embedded = Callable[[SourceText, Passage], str]
VARIANTS: dict[str, Embedded] = {
    "the passage alone": lambda _, passage: passage.text,
    "behind title and headings": lambda source, passage: "\n".join(
        filter(None, (above(source, passage), passage.text))
    ),
}


def above(source: SourceText, passage: Passage) -> str:
    """Return the title of a passage's document and the headings over it; "" where there are none."""
    return " > ".join(dict.fromkeys(filter(None, (source.title, *source.section_at(passage.start)))))


def rows_of(folder: str, index: Index, encoder: Encoder) -> Iterator[list[str]]:
    """Yield the rows of a folder."""
    asks: Sequence[Ask] = realdocs_asks(folder)
    queries = encoder.encode_queries([ask.text for ask in asks])
    lexical = [index.lexical(ask.text, SEARCHED) for ask in asks]
    placed = [(index.source(file), passage) for file in index.files() for passage in index.passages_of(file)]
    for variant, text in VARIANTS.items():
        vectors = encoder.encode([text(source, passage) for source, passage in placed])
        nearest = [np.argsort(-scores)[:SEARCHED] for scores in queries @ vectors.T]
        dense = [
            [Hit(placed[place][1], float(query @ vectors[place])) for place in places]
            for query, places in zip(queries, nearest, strict=True)
        ]
        weight = lexical_weight(encoder.identity.name)
        fused = [fuse(*found, DEPTHS[-1], lexical_weight=weight) for found in zip(lexical, dense, strict=True)]
        for method, found in (("dense", dense), ("fused", fused)):
            ranks = [first_right(ask, hits) for ask, hits in zip(asks, found, strict=True)]
            shares = [f"{100 * recall_at(ranks, depth):.1f}" for depth in DEPTHS]
            yield [folder, f"{len(asks)}", method, variant, *shares, f"{mean_reciprocal_rank(ranks):.3f}"]


def main() -> None:
    """Embed, ask, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("documents", type=Path, metavar="DOCUMENTS", help="the folder that realdocs/fetch.sh made")
    parser.add_argument("--cache", type=Path, required=True, metavar="DIR", help="where the indexes are kept")
    parser.add_argument("--out", type=Path, help="also write the table to this Markdown file")
    arguments = parser.parse_args()
    rows: list[list[str]] = []
    for folder in FOLDERS:
        with Corpus(arguments.cache / f"{folder}.index", device="cpu") as corpus:
            corpus.sync(arguments.documents / folder)
            rows += rows_of(folder, corpus.index, corpus.encoder)
    head = ["questions of", "number", "", "what is embedded", *(f"% found @{depth}" for depth in DEPTHS), "MRR"]
    publish("\n\n".join(["# Headings before passages", environment(), markdown_table(head, rows)]), arguments.out)


if __name__ == "__main__":
    main()
