"""
Compare embedders: the share of questions whose passage is found by meaning alone, and fused with words as shipped.

    python -m benchmarks.retrieval.embedders NAME NAME ... --data SQUAD.json[.gz] ... [--corpora PASSAGES.jsonl.gz ...]
        [--realdocs DOCUMENTS] --cache DIR [--weights] [--out benchmarks/retrieval/embedders.md]

Paragraphs of the files and passages of the corpora are in one index, as for indexing/embedding.py; of DOCUMENTS, which
realdocs/fetch.sh made, each folder is an index by itself. An index is made once and embedded again for the next NAME.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.harness import environment, markdown_table, publish
from benchmarks.indexing.embedding import passages_of
from benchmarks.retrieval.retrieval import WEIGHTS, measure
from benchmarks.retrieval.sets import Ask, paragraphs_of, realdocs_asks, sample, squad_index

from spanwise.embed.load import load_encoder
from spanwise.evaluate.measures import mean_reciprocal_rank, recall_at
from spanwise.index import Index
from spanwise.pipeline.corpus import Corpus

DEPTHS = (1, 5, 10, 20)
FOLDERS = ("git", "r", "mixed")


def rows_of(name: str, embedder: str, index: Index, asks: Sequence[Ask], *, weights: bool) -> list[list[str]]:
    """Return the rows of one set of questions asked of one index."""
    encoder = load_encoder(embedder, device="cpu")
    rows = []
    shown = {"dense", "as shipped", *(f"by score, BM25 x {weight}" for weight in WEIGHTS)}
    for method, ranks in measure(index, asks, with_variations=weights, encoder=encoder).items():
        if method in shown:
            found = [f"{100 * recall_at(ranks, depth):.1f}" for depth in DEPTHS]
            rows.append([name, f"{len(asks):,}", method, embedder, *found, f"{mean_reciprocal_rank(ranks):.3f}"])
    return rows


def main() -> None:
    """Embed, ask, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("embedders", nargs="+", metavar="NAME", help="embedders, by name or folder")
    parser.add_argument("--data", nargs="+", type=Path, default=[], metavar="FILE", help="SQuAD files to ask about")
    parser.add_argument("--corpora", nargs="+", type=Path, default=[], metavar="FILE", help="passages beside them")
    parser.add_argument("--realdocs", type=Path, metavar="DOCUMENTS", help="the folder that realdocs/fetch.sh made")
    parser.add_argument("--cache", type=Path, required=True, metavar="DIR", help="where the indexes are kept")
    parser.add_argument("--questions", type=int, default=1000, help="most questions of a file (default 1000)")
    parser.add_argument("--weights", action="store_true", help="also other weights of words")
    parser.add_argument("--out", type=Path, help="also write the table to this Markdown file")
    arguments = parser.parse_args()
    arguments.cache.mkdir(parents=True, exist_ok=True)
    sets = {file.name.partition(".")[0]: paragraphs_of(file) for file in arguments.data}
    paragraphs = [one for found in sets.values() for one in found]
    known = {one.text for one in paragraphs}
    paragraphs += [one for file in arguments.corpora for one in passages_of(file) if one.text not in known]
    rows: list[list[str]] = []
    for embedder in arguments.embedders:
        if paragraphs:
            path = arguments.cache / "squad.index"
            squad_index(
                path, paragraphs, load_encoder(arguments.embedders[0], device="cpu")
            ).close() if not rows else None
            with Corpus(path, embedder=embedder, device="cpu") as corpus:
                corpus.change_embedder()
                for name, asked in sets.items():
                    asks = sample([ask for one in asked for ask in one.asks()], arguments.questions)
                    rows += rows_of(name, embedder, corpus.index, asks, weights=arguments.weights)
        for folder in FOLDERS if arguments.realdocs else ():
            with Corpus(arguments.cache / f"{folder}.index", embedder=embedder, device="cpu") as corpus:
                if Index.exists(corpus.path):
                    corpus.change_embedder()
                else:
                    corpus.sync(arguments.realdocs / folder)
                rows += rows_of(folder, embedder, corpus.index, realdocs_asks(folder), weights=arguments.weights)
    order = {name: number for number, name in enumerate([*sets, *FOLDERS])}
    rows.sort(key=lambda row: (order[row[0]], row[2] != "dense"))
    head = ["questions of", "number", "", "embedder", *(f"% found @{depth}" for depth in DEPTHS), "MRR"]
    publish("\n\n".join(["# Embedders", environment(), markdown_table(head, rows)]), arguments.out)


if __name__ == "__main__":
    main()
