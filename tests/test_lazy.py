import subprocess
import sys
from importlib import import_module

import pytest

import spanwise

HEAVY = ("torch", "haystack", "transformers", "faiss", "onnxruntime", "sentence_transformers")


def loaded_by(code):
    """Run code in a new interpreter, and return which heavy libraries it loaded."""
    report = f"import sys; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, check=True)
    return set(result.stdout.split())


@pytest.mark.parametrize(
    "code",
    [
        "import spanwise",
        "import spanwise.types, spanwise.errors, spanwise.text.sentences, spanwise.calibration",
        "import spanwise.runtime.device, spanwise.runtime.default_reader",
        "import spanwise.read, spanwise.answer, spanwise.retrieve, spanwise.split, spanwise.embed",
        "import spanwise.read.reader, spanwise.embed.load, spanwise.split.splitter",
        "import spanwise.answer.answering, spanwise.retrieve.retriever",
        "import spanwise.squad.questions, spanwise.evaluate.squad_metric",
        "import spanwise.train.recipe_file, spanwise.train.inputs.training_set, spanwise.train.loop.checkpoints",
        "from spanwise.train import load_recipe; load_recipe('electra-base-squad2')",
        "from spanwise.runtime.device import resolve_device; resolve_device('cpu')",
    ],
)
def test_nothing_heavy_is_loaded(code):
    assert loaded_by(code) == set()


def test_reading_on_a_cpu_loads_onnx_runtime_alone():
    code = """
from spanwise.read import ReaderSettings, SpanReader
SpanReader(ReaderSettings(device="cpu")).read([("Who?", "Ana is here.")])
"""
    assert loaded_by(code) == {"onnxruntime"}


def test_embedding_on_a_cpu_loads_onnx_runtime_alone():
    code = "from spanwise.embed import load_encoder; load_encoder(device='cpu').encode(['text'])"
    assert loaded_by(code) == {"onnxruntime"}


@pytest.mark.parametrize(
    "name",
    [
        "spanwise",
        "spanwise.read",
        "spanwise.split",
        "spanwise.embed",
        "spanwise.evaluate",
        "spanwise.answer",
        "spanwise.retrieve",
    ],
)
def test_every_public_name_is_there(name):
    package = import_module(name)
    assert len(package.__all__) <= 10
    for public in package.__all__:
        assert getattr(package, public) is not None


@pytest.mark.parametrize(
    "name", ["spanwise", "spanwise.index", "spanwise.pipeline", "spanwise.retrieve", "spanwise.read"]
)
def test_dir_lists_what_is_not_imported_yet(name):
    listed = subprocess.run(
        [sys.executable, "-c", f"import {name}; print(*dir({name}))"], capture_output=True, text=True, check=True
    )
    assert set(import_module(name).__all__) <= set(listed.stdout.split())


def test_an_unknown_attribute():
    with pytest.raises(AttributeError, match="module 'spanwise' has no attribute 'nothing'"):
        spanwise.nothing  # noqa: B018
    with pytest.raises(ImportError, match="cannot import name 'nothing'"):
        from spanwise import nothing  # noqa: F401


def test_the_names_are_those_that_type_checkers_see(tmp_path, monkeypatch):
    package = tmp_path / "some_package"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from typing import TYPE_CHECKING\n"
        "from spanwise.lazy import lazy_exports\n"
        "if TYPE_CHECKING:\n"
        "    from collections import OrderedDict as OrderedDict\n"
        "    from collections import deque\n"
        "__all__, __getattr__ = lazy_exports(__name__)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    from collections import OrderedDict

    import some_package

    assert some_package.__all__ == ["OrderedDict"]
    assert some_package.OrderedDict is OrderedDict
    with pytest.raises(AttributeError, match="module 'some_package' has no attribute 'deque'"):
        some_package.deque  # noqa: B018
