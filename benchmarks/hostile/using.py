"""A small index, and all that the commands do with one."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from spanwise.errors import SpanwiseError
from spanwise.index import Change, Index
from spanwise.types import EmbedderIdentity, Passage, SourceText

DIMENSION = 8
LONGEST = 60.0  # seconds that one of these may take
VECTOR = np.ones((1, DIMENSION), dtype=np.float32)
TEXTS = {"a.txt": ("zebra one", "zebra two"), "b.txt": ("common",)}


def make_small_index(folder: Path) -> Path:
    """Make an index of two files, whose vectors say nothing."""
    sources, passages = [], []
    for file, texts in TEXTS.items():
        whole = "\n".join(texts)
        sources.append((SourceText(file, whole, "0" * 64, None, (0,)), len(whole), 1))
        passages += [Passage(file, at := whole.index(text), at + len(text), text, 1, None) for text in texts]
    vectors = np.eye(len(passages), DIMENSION, dtype=np.float32)
    identity = EmbedderIdentity("tiny", "ab" * 32, DIMENSION, normalized=True, max_tokens=256)
    with Index.create(folder, embedder=identity) as index:
        index.apply(Change(sources=sources, passages=passages, vectors=vectors))
    return folder


def use(folder: Path) -> list[str]:
    """
    Ask an index, describe it, read its texts, examine, compact and repair it.

    :returns: The messages of what was refused.
    :raises AssertionError: If a passage is no slice of its text, a number is none, or something takes too long.
    """
    refused = []

    def attempt(work: Callable[[Index], object], *, writable: bool = False, check: bool = True) -> None:
        began = time.perf_counter()
        try:
            with Index.open(folder, writable=writable, check=check) as index:
                work(index)
        except SpanwiseError as error:
            refused.append(str(error))
        assert time.perf_counter() - began < LONGEST

    attempt(_ask)
    attempt(lambda index: (index.summary(), index.embedder, index.splitter, index.root, index.files()))
    attempt(lambda index: [index.source(file) for file in TEXTS])
    attempt(lambda index: index.examine(), check=False)
    attempt(lambda index: index.compact(), writable=True)
    attempt(lambda index: index.repair(), check=False, writable=True)
    return refused


def _ask(index: Index) -> None:
    with index.pinned() as snapshot:
        hits = [*snapshot.search(VECTOR, 3)[0], *snapshot.lexical("zebra", 3)]
        sources = snapshot.sources_of(hit.passage for hit in hits)
        for hit in hits:
            passage = hit.passage
            assert sources[passage.file].text[passage.start : passage.end] == passage.text
            assert np.isfinite(hit.score)
