"""What `kills.py` does to an index: syncs of a folder, and writes, deletions and changes of a document store."""

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.store.passages import texts

from spanwise.types import EmbedderIdentity

DIMENSION, WORDS, STORED = 384, 120, 2_000
FILES, FILE_WORDS = 60, 1_200


@dataclass
class Operation:
    """
    What is done to an index, and killed.

    :param act: Does it to the index in a folder.
    :param base: The index to do it to a copy of, or None for none.
    :param whole: How it goes when it is not killed.
    """

    name: str
    act: Callable[[Path], object]
    base: Path | None
    whole: Any = None


class HashEncoder:
    """Embeds a text as a random direction that depends on the text alone."""

    identity = EmbedderIdentity("hash", "0" * 64, DIMENSION, normalized=True, max_tokens=256)

    def __init__(self) -> None:
        from spanwise.runtime.default_embedder import DEFAULT_EMBEDDER, embedder_folder
        from spanwise.runtime.tokenizer import load_tokenizer

        self.tokenizer = load_tokenizer(embedder_folder(DEFAULT_EMBEDDER))

    def encode(self, texts: Sequence[str], *, progress: Callable[[int], None] | None = None) -> Any:
        """Embed texts. *Shape:* (len(texts), 384), float32."""
        keys = [int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") for text in texts]
        vectors = np.array([np.random.default_rng(key).standard_normal(DIMENSION) for key in keys])
        if progress is not None:
            progress(len(texts))
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def sync(folder: Path, encoder: HashEncoder, index: Path) -> None:
    """Bring an index up to date with a folder."""
    from spanwise.pipeline.corpus import Corpus

    with Corpus(index) as corpus:
        vars(corpus)["_loaded_encoder"] = encoder  # instead of the model that it would load
        corpus.sync(folder)


def on_store(act: Callable[[Any], object], path: Path) -> None:
    """Do something to the document store in a folder."""
    from spanwise.index import FaissDocumentStore

    store = FaissDocumentStore(path)
    act(store)
    store.close()


def on_index(act: Callable[[Any], object], path: Path) -> None:
    """Do something to the index in a folder, as its writer."""
    from spanwise.index import Index

    with Index.open(path, writable=True) as index:
        act(index)


def documents(first: int, count: int, version: int = 0) -> list[Any]:
    """Make documents of 120 words with embeddings and metadata."""
    from haystack import Document

    vectors = np.random.default_rng([first, version]).standard_normal((count, DIMENSION)).tolist()
    written = texts(first + version * 100_000, count, WORDS)
    return [
        Document(id=str(number), content=text, meta={"group": number % 10}, embedding=vector)
        for number, text, vector in zip(range(first, first + count), written, vectors, strict=True)
    ]


def write_files(folder: Path, numbers: Sequence[int], version: int = 0) -> None:
    """Write text files, long enough ago that their times tell versions apart."""
    folder.mkdir(exist_ok=True)
    old = time.time() - 3600 + version
    for number, text in zip(numbers, (next(texts(n + version * 1000, 1, FILE_WORDS)) for n in numbers), strict=True):
        file = folder / f"{number}.txt"
        file.write_text(text, encoding="utf-8")
        os.utime(file, (old, old))


def operations(scratch: Path) -> list[Operation]:
    """Make the folder, the indexes and what is to be done with them."""
    from haystack.document_stores.types import DuplicatePolicy

    encoder, folder, synced = HashEncoder(), scratch / "papers", scratch / "synced"
    write_files(folder, range(FILES))
    sync(folder, encoder, synced)
    write_files(folder, range(FILES, FILES + 10))
    write_files(folder, range(8), version=1)
    for number in range(10, 16):
        (folder / f"{number}.txt").unlink()
    for number in range(20, 26):
        (folder / f"{number}.txt").rename(folder / f"renamed {number}.txt")
    plain, structured = scratch / "plain", scratch / "structured"
    on_store(lambda store: store.write_documents(documents(0, STORED)), plain)
    shutil.copytree(plain, structured)
    on_index(lambda index: index.set_type("hnsw"), structured)
    on_store(lambda store: store.delete_documents([str(number) for number in range(0, 400, 2)]), structured)
    new, changed = documents(STORED, 1_000), documents(1_500, 800, version=1)
    removed = [str(number) for number in range(0, STORED, 3)]

    def write(store: Any) -> None:
        store.write_documents(new, DuplicatePolicy.SKIP)

    def overwrite(store: Any) -> None:
        store.write_documents(changed, DuplicatePolicy.OVERWRITE)

    return [
        Operation("sync, first", partial(sync, folder, encoder), None),
        Operation("sync, changes", partial(sync, folder, encoder), synced),
        Operation("write_documents, new", partial(on_store, write), plain),
        Operation("write_documents, overwrite, hnsw", partial(on_store, overwrite), structured),
        Operation("delete_documents", partial(on_store, lambda store: store.delete_documents(removed)), plain),
        Operation("compact, hnsw", partial(on_index, lambda index: index.compact()), structured),
        Operation("set_type, hnsw to ivf", partial(on_index, lambda index: index.set_type("ivf")), structured),
    ]
