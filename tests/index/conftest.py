import asyncio
import inspect
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from older import record_root
from spanwise.index import Change, Index
from spanwise.index.faiss import index_types
from spanwise.index.faiss.faiss_index import load_faiss
from spanwise.index.records import Row
from spanwise.index.vectors import merging
from spanwise.types import EmbedderIdentity, Passage, SourceText
from whole import contents

DIMENSION = 8
EMBEDDER = EmbedderIdentity("tiny", "ab" * 32, DIMENSION, normalized=True, max_tokens=256)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "asyncio: a coroutine, run to its end in a loop of its own")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run the coroutines of Haystack's test mixins without another plugin."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: these tests make thousands of durable commits."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


def _unit_vectors(rows: int, seed: int = 0, dimension: int = DIMENSION) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((rows, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _make_source(file: str, texts: list[str], title: str | None = None) -> tuple[SourceText, list[Passage]]:
    """A source text that joins `texts` with newlines, and one passage for each of them."""
    whole = "\n".join(texts)
    passages, start = [], 0
    for text in texts:
        passages.append(Passage(file, start, start + len(text), text, 1, title))
        start += len(text) + 1
    return SourceText(file, whole, "0" * 64, title, (0,)), passages


def _make_change(files: dict[str, list[str]], seed: int = 0, removed: tuple[str, ...] = ()) -> Change:
    made = [_make_source(file, texts) for file, texts in files.items()]
    passages = [passage for _, mine in made for passage in mine]
    return Change(
        sources=[(source, len(source.text), 1) for source, _ in made],
        passages=passages,
        vectors=_unit_vectors(len(passages), seed),
        removed=removed,
    )


@pytest.fixture(scope="session")
def embedder() -> EmbedderIdentity:
    return EMBEDDER


@pytest.fixture(scope="session")
def unit_vectors() -> Callable[..., np.ndarray]:
    return _unit_vectors


@pytest.fixture(scope="session")
def make_source() -> Callable[..., tuple[SourceText, list[Passage]]]:
    return _make_source


@pytest.fixture(scope="session")
def make_change() -> Callable[..., Change]:
    return _make_change


@pytest.fixture(scope="session")
def state_of() -> Callable[[Index], dict[str, object]]:
    return contents


@pytest.fixture
def small_faiss_indexes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give segments of 50 rows a structure, made by one thread: on a busy machine several wait for one another."""
    faiss = load_faiss()
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    monkeypatch.setattr(index_types, "MIN_ROWS", 50)
    yield
    faiss.omp_set_num_threads(threads)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index.create(tmp_path / "my.index v1", embedder=EMBEDDER) as made:
        yield made


def _encode(texts: list[str]) -> np.ndarray:
    """A unit vector for each text, always the same one."""
    seeds = [int.from_bytes(sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "little") for text in texts]
    return np.concatenate([_unit_vectors(1, seed) for seed in seeds])


def _fill(path: Path) -> None:
    """Make an index with a bit of everything: files, documents of no file, deleted ones, two segments, a structure."""
    words = [f"word{number}" for number in range(200)]
    chance = random.Random(1)
    files = {f"part {part}/file{number}.txt": part for part, count in enumerate((16, 6)) for number in range(count)}
    texts = {file: [" ".join(chance.choices(words, k=25)) for _ in range(9)] for file in files}
    with Index.create(path, embedder=EMBEDDER, splitter={"max_tokens": 64}) as index:
        record_root(index, "/documents")
        index.set_type("hnsw")
        for part in (0, 1):
            change = _make_change({file: texts[file] for file in files if files[file] == part})
            vectors = _encode([passage.text for passage in change.passages])
            index.apply(replace(change, vectors=vectors))
        rows = [
            Row(f"free{number}", f"zebra number {number}" if number % 4 else None, number % 4 == 1, meta='{"a":1}')
            for number in range(20)
        ]
        embedded = _encode([str(row.content) for row in rows if row.embedded])
        index.apply(Change(rows=rows, vectors=embedded))
        index.apply(Change(removed=["part 0/file3.txt"]))


def _everything_of(index: Index) -> dict[str, object]:
    """All that readers of an index can see, searches included."""
    found = index.search(_encode(["one query", "another"]), 15, files="*")
    with index.reading() as connection:
        documents = connection.execute(
            "SELECT doc_id, file_id, start_at, end_at, page, embedded, content, meta, extra, blob FROM documents"
        ).fetchall()
    return {
        "documents": sorted(documents, key=lambda row: str(row[0])),
        "files": index.files(),
        "sources": {file: index.source(file) for file in index.files()},
        "nearest": [[(hit.passage.id, round(hit.score, 6)) for hit in hits] for hits in found],
        "words": [hit.passage.id for hit in index.lexical("word3 word77", 30)],
        "settings": (index.root, index.splitter, index.embedder, index.index_type, index.dimension),
    }


@pytest.fixture(scope="session")
def encode() -> Callable[[list[str]], np.ndarray]:
    return _encode


@pytest.fixture(scope="session")
def everything_of() -> Callable[[Index], dict[str, object]]:
    return _everything_of


@pytest.fixture
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let segments of 50 rows have FAISS structures, and none be rewritten for its size."""
    monkeypatch.setattr(index_types, "MIN_ROWS", 50)
    monkeypatch.setattr(merging, "SMALL_SEGMENT", 16)


@pytest.fixture
def filled(tmp_path: Path, small_segments: None) -> Path:
    """The folder of an index with a bit of everything."""
    _fill(tmp_path / "filled")
    return tmp_path / "filled"
