"""
Measure whether retrieval finds the passage with the answer: by meaning, by words, and both fused.

    python -m benchmarks.retrieval.retrieval --data SQUAD.json[.gz] ... --distractors SQUAD.json[.gz] ... --cache DIR
    python -m benchmarks.retrieval.retrieval --realdocs DOCUMENTS --cache DIR

Every paragraph of the files becomes a document of one index, beside those of all other files; questions are
asked of --data only, and those without an answer are left out. A passage is right when it is a part of the paragraph
that the question was written for and holds one of its answers, so that another that happens to answer counts as wrong.
DOCUMENTS is what realdocs/fetch.sh made; each of its folders is indexed by itself. Indexes stay in DIR for later runs.

Such files are public: SQuAD 1.1 and 2.0 at https://rajpurkar.github.io/SQuAD-explorer, SQuADShifts at
https://modestyachts.github.io/squadshifts-website, COVID-QA at https://github.com/deepset-ai/COVID-QA.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.harness import environment, markdown_table, publish
from benchmarks.retrieval.sets import Ask, paragraphs_of, realdocs_asks, sample, squad_index

from spanwise.embed.load import Encoder, load_encoder
from spanwise.evaluate.measures import mean_reciprocal_rank, recall_at
from spanwise.evaluate.outcome import DEPTHS
from spanwise.index import Index
from spanwise.retrieve import retrieve
from spanwise.retrieve.retriever import LEXICAL_WEIGHT, SEARCHED, fuse
from spanwise.types import Hit

FOLDERS = ("git", "sqlite", "r")
WEIGHTS = (0.005, 0.0075, 0.01, 0.0125, 0.015, 0.02, 0.03, 0.05)
DEEPEST = 200
Found = tuple[list[Hit], list[Hit]]  # lexical and dense, as deep as any variation looks
Method = Callable[[Found], list[Hit]]


def by_rank(lexical_weight: float, depth: int = 100) -> Method:
    """Return reciprocal rank fusion (Cormack et al. 2009), the lexical ranking counting so much of 1."""

    def fused(found: Found) -> list[Hit]:
        scores: dict[str, float] = {}
        hits: dict[str, Hit] = {}
        for weight, ranking in zip((lexical_weight, 1 - lexical_weight), found, strict=True):
            for rank, hit in enumerate(ranking[:depth], 61):
                scores[hit.passage.id] = scores.get(hit.passage.id, 0.0) + weight / rank
                hits[hit.passage.id] = hit
        return [hits[name] for name in sorted(scores, key=lambda name: -scores[name])]

    return fused


def by_share(lexical_weight: float) -> Method:
    """Return the fusion by cosine similarity + weight x BM25 / the question's best BM25."""

    def fused(found: Found) -> list[Hit]:
        best = max((hit.score for hit in found[0]), default=0.0)
        return by_score(lexical_weight / best if best > 0 else 0.0)(found)

    return fused


def by_score(lexical_weight: float, depth: int = SEARCHED, *, copies: bool = False) -> Method:
    """Return the fusion that is shipped, with another weight or depth, or with copies as hits of their own."""

    def fused(found: Found) -> list[Hit]:
        hits = fuse(found[0][:depth], found[1][:depth], DEEPEST, lexical_weight=lexical_weight)
        if not copies:
            return hits
        return [replace(hit, passage=place, copies=()) for hit in hits for place in (hit.passage, *hit.copies)]

    return fused


VARIATIONS: dict[str, Method] = {
    "by rank, 20 a side, equal weights": by_rank(0.5, 20),
    **{f"by rank, words {weight}": by_rank(weight) for weight in (0.2, 0.3, 0.4, 0.5, 0.6)},
    **{f"by share of the best BM25, {weight}": by_share(weight) for weight in (0.1, 0.2, 0.3, 0.5)},
    **{f"by score, BM25 x {weight}": by_score(weight) for weight in WEIGHTS},
    f"by score, BM25 x {LEXICAL_WEIGHT}, 50 a side": by_score(LEXICAL_WEIGHT, 50),
    f"by score, BM25 x {LEXICAL_WEIGHT}, 200 a side": by_score(LEXICAL_WEIGHT, 200),
    f"by score, BM25 x {LEXICAL_WEIGHT}, copies apart": by_score(LEXICAL_WEIGHT, copies=True),
}


def first_right(ask: Ask, hits: Sequence[Hit]) -> int | None:
    """Return the rank, from 1, of the first passage that answers."""
    found = (rank for rank, hit in enumerate(hits, 1) if any(map(ask.answers, (hit.passage, *hit.copies))))
    return next(found, None)


def measure(
    index: Index, asks: Sequence[Ask], *, with_variations: bool, encoder: Encoder | None = None
) -> dict[str, list[int | None]]:
    """Return for each way of retrieving the rank of the first right passage of each question."""
    encoder = encoder or load_encoder(device="cpu")
    questions = [ask.text for ask in asks]
    vectors = encoder.encode_queries(questions)
    dense = index.search(vectors, DEEPEST)
    lexical = [index.lexical(question, DEEPEST) for question in questions]
    shipped = retrieve(index, questions, vectors, top_k=DEPTHS[-1])
    ranked: dict[str, list[list[Hit]]] = {"dense": dense, "lexical": lexical, "as shipped": shipped}
    if with_variations:
        both = list(zip(lexical, dense, strict=True))
        ranked |= {name: [method(found) for found in both] for name, method in VARIATIONS.items()}
    return {
        name: [first_right(ask, hits[: DEPTHS[-1]]) for ask, hits in zip(asks, rankings, strict=True)]
        for name, rankings in ranked.items()
    }


def section(name: str, passages: int, ranks: dict[str, list[int | None]]) -> str:
    """Return the table of one set of questions."""
    rows = [
        [method, *(f"{recall_at(found, depth):.3f}" for depth in DEPTHS), f"{mean_reciprocal_rank(found):.3f}"]
        for method, found in ranks.items()
    ]
    count = len(next(iter(ranks.values())))
    head = ["", *(f"@{depth}" for depth in DEPTHS), "MRR"]
    return f"## {name}\n\n{count:,} questions, {passages:,} passages.\n\n{markdown_table(head, rows)}"


def measure_squad(arguments: argparse.Namespace) -> list[str]:
    """Index all paragraphs together, and ask the questions of each file."""
    sets = {file.name.partition(".")[0]: paragraphs_of(file) for file in arguments.data}
    others = [paragraph for file in arguments.distractors for paragraph in paragraphs_of(file)]
    everything = [paragraph for paragraphs in (*sets.values(), others) for paragraph in paragraphs]
    sections = []
    with squad_index(arguments.cache / "squad.index", everything, load_encoder(device="cpu")) as index:
        for name, paragraphs in sets.items():
            asks = sample([ask for paragraph in paragraphs for ask in paragraph.asks()], arguments.questions)
            ranks = measure(index, asks, with_variations=arguments.variations)
            sections.append(section(name, index.count(), ranks))
            print(f"asked {name}", file=sys.stderr, flush=True)
    return sections


def measure_realdocs(arguments: argparse.Namespace) -> list[str]:
    """Ask the questions of each folder, and put all of them together."""
    from spanwise import Corpus

    sections, together, passages = [], {}, 0
    for folder in arguments.folders:
        with Corpus(arguments.cache / f"{folder}.index", device="cpu") as corpus:
            corpus.sync(arguments.realdocs / folder)
            ranks = measure(corpus.index, realdocs_asks(folder), with_variations=arguments.variations)
            count = corpus.index.count()
        sections.append(section(f"realdocs: {folder}", count, ranks))
        passages += count
        for method, found in ranks.items():
            together.setdefault(method, []).extend(found)
    return [section("realdocs: all folders together", passages, together), *sections]


def main() -> None:
    """Index, ask, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", type=Path, default=[], metavar="FILE", help="SQuAD files to ask about")
    parser.add_argument(
        "--distractors", nargs="+", type=Path, default=[], metavar="FILE", help="SQuAD files of other paragraphs"
    )
    parser.add_argument("--realdocs", type=Path, metavar="DOCUMENTS", help="the folder that realdocs/fetch.sh made")
    parser.add_argument(
        "--folders", nargs="+", choices=FOLDERS, default=FOLDERS, help="only these of its folders (default all three)"
    )
    parser.add_argument("--cache", type=Path, required=True, metavar="DIR", help="where the indexes are kept")
    parser.add_argument("--questions", type=int, default=1000, help="most questions of a file (default 1000)")
    parser.add_argument("--variations", action="store_true", help="also other weights and depths of the fusion")
    parser.add_argument("--out", type=Path, help="also write the tables to this Markdown file")
    arguments = parser.parse_args()
    if not arguments.data and arguments.realdocs is None:
        parser.error("expected --data or --realdocs, found neither: give it something to ask about")
    arguments.cache.mkdir(parents=True, exist_ok=True)
    sections = measure_squad(arguments) if arguments.data else []
    if arguments.realdocs is not None:
        sections += measure_realdocs(arguments)
    introduction = (
        f"{environment()}\n\nThe share of questions whose passage is among the first 1, 5, 10, 20 and 50, and the mean "
        "of 1 / its rank among 50. All paragraphs of all SQuAD files are in one index."
    )
    publish("\n\n".join(["# Finding the passage", introduction, *sections]), arguments.out)


if __name__ == "__main__":
    main()
