"""Folders of a corpus in several sizes, each the beginning of the next: files in an order that their names decide."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

SAMPLE = 300
"""Files that are converted to tell how many passages a byte becomes."""

SUFFIXES = {".html", ".htm", ".txt", ".md", ".rst", ".pdf"}


def lay(documents: Path, sizes: Sequence[int], work: Path) -> dict[int, Path]:
    """
    Make a folder of about so many passages for each size, of hard links.

    :param sizes: Passages, ascending.
    :param work: Where the folders are made; those that are there are used again.
    :returns: Size to folder.
    """
    files = _in_order(documents)
    folders = {size: work / f"documents-{size}" for size in sizes}
    if all(folder.is_dir() for folder in folders.values()):
        return folders
    rate = _passages_a_byte(files[:SAMPLE])
    for size, folder in folders.items():
        passages = 0.0
        for file in files:
            if passages >= size:
                break
            passages += rate * file.stat().st_size
            link = folder / file.relative_to(documents)
            link.parent.mkdir(parents=True, exist_ok=True)
            if not link.exists():
                os.link(file, link)
        else:
            print(f"expected documents for {size:,} passages in {documents}, found about {passages:,.0f}")
    return folders


def _in_order(documents: Path) -> list[Path]:
    found = [file for file in documents.rglob("*") if file.suffix in SUFFIXES and not file.is_symlink()]
    files = [file for file in found if file.is_file()]
    return sorted(files, key=lambda file: hashlib.sha256(os.fsencode(file.relative_to(documents))).digest())


def _passages_a_byte(files: Sequence[Path]) -> float:
    from spanwise.embed.load import load_encoder
    from spanwise.errors import ConversionError
    from spanwise.pipeline.converting.conversion_worker import ConversionWorker
    from spanwise.pipeline.corpus import default_settings
    from spanwise.runtime.default_embedder import DEFAULT_EMBEDDER
    from spanwise.split.splitter import Splitter

    encoder = load_encoder(DEFAULT_EMBEDDER, device="cpu")
    passages = size = 0
    with ConversionWorker(Splitter(encoder.tokenizer, default_settings(encoder))) as worker:
        for file in files:
            size += file.stat().st_size
            try:
                passages += len(worker.convert(file, file.name, size=file.stat().st_size)[1])
            except ConversionError:
                continue
    return passages / size
