"""Passages for the benchmarks of the store: texts of a given length, and vectors that lie as real ones do."""

import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spanwise.squad.squad_file import read_squad

Vectors = NDArray[np.float32]
SENTENCE = re.compile(r"(?<=[.!?])\s+")
CLUSTERS = 20_000
QUERIES = 1_000
DRIFT = 0.35  # how far a passage lies from its cluster's real embedding, as a share of the way between two others
NOISE = 0.02  # and in any direction, in each of the dimensions
VOCABULARY = 30_000
EMBEDDINGS = "embeddings.npz"
SAMPLE = Path(__file__).parents[2] / "data" / "sample" / "questions.json"


def embeddings_of(files: Sequence[Path], folder: Path) -> str:
    """
    Embed sentences and questions with the default embedder, for `load_embeddings`.

    :param files: SQuAD files.
    :param folder: Where the embeddings are kept.
    :returns: What they were made of, in words.
    """
    from spanwise.embed.load import load_encoder

    contexts, asked = _squad(files)
    found = {part for context in contexts for part in SENTENCE.split(context) if 40 < len(part) < 220}
    chance = random.Random(0)
    sentences = chance.sample(sorted(found), min(CLUSTERS, len(found)))
    questions = chance.sample(sorted(asked), min(QUERIES, len(asked)))
    encoder = load_encoder(device="cpu")
    np.savez(folder / EMBEDDINGS, base=encoder.encode(sentences), questions=encoder.encode_queries(questions))
    names = ", ".join(file.name.partition(".")[0] for file in files)
    return f"{len(sentences):,} sentences of {names}"


def load_embeddings(folder: Path) -> tuple[Vectors, Vectors]:
    """Return sentence and question embeddings. *Shapes:* (at most 20,000, 384) and (at most 1,000, 384)."""
    with np.load(folder / EMBEDDINGS) as arrays:
        return arrays["base"], arrays["questions"]


def _squad(files: Sequence[Path]) -> tuple[set[str], set[str]]:
    contexts, questions = set(), set()
    for file in files:
        for paragraph in read_squad(file).paragraphs():
            contexts.add(paragraph.context)
            questions.update(entry.question for entry in paragraph.entries)
    return contexts, questions


def clustered(base: Vectors, rows: int, *, block: int = 50_000, seed: int = 0) -> Iterator[Vectors]:
    """
    Make unit vectors around real ones: each a real embedding, moved along the difference of two others, with noise.

    :param base: Real embeddings. *Shape:* (n, dimension).
    :param rows: Number of vectors to make.
    :returns: Blocks of *shape* (at most `block`, dimension), always the same ones for a seed.
    """
    for number, at in enumerate(range(0, rows, block)):
        chance = np.random.default_rng([seed, number])
        size = min(block, rows - at)
        center, first, second = chance.integers(len(base), size=(3, size))
        made = base[center] + DRIFT * (base[first] - base[second])
        made += NOISE * chance.standard_normal(made.shape, dtype=np.float32)
        yield (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


def texts(start: int, rows: int, words: int) -> Iterator[str]:
    """Make texts of a number of words each, which are as often as words are (Zipf), always the same for a number."""
    for number in range(start, start + rows):
        chance = np.random.default_rng([1, number])
        ranks = np.minimum(chance.zipf(1.1, words), VOCABULARY)
        yield " ".join(f"w{rank}" for rank in ranks)
