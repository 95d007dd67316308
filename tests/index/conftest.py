import asyncio
import inspect
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from spanwise.index import Change, Index, index_types
from spanwise.index.approximate import load_faiss
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
def small_structures(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
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
