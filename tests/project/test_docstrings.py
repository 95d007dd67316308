"""Every example in a docstring runs as it stands, in a folder where the files are that it names."""

import ast
import json
import re
import shutil
import textwrap
from pathlib import Path

import pytest

import spanwise
from spanwise.pipeline.corpus import Corpus
from squad_files import PORT, entry, squad

ROOT = Path(__file__).parents[2]
SOURCE = Path(spanwise.__file__).parent
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
NOTES = {
    "server.md": "The control server listens on port 8443. Backups are kept for thirty days.",
    "dome.txt": "The dome opens at dusk and closes before dawn. The mast is 12 meters tall.",
}


def docstrings(file):
    """Return the docstrings of a module and of all that it defines, by their owners' names."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, DOCUMENTED) and (text := ast.get_docstring(node)) is not None:
            yield getattr(node, "name", "module"), text


def examples():
    fence = re.compile(r"^( *)```python\n(.*?)^\1```", re.DOTALL | re.MULTILINE)
    for file in sorted(SOURCE.rglob("*.py")):
        if "```python" not in file.read_text(encoding="utf-8"):
            continue
        for owner, text in docstrings(file):
            for number, (_, code) in enumerate(fence.findall(text)):
                name = f"{file.relative_to(SOURCE).as_posix()}:{owner}{f'-{number}' if number else ''}"
                yield pytest.param(textwrap.dedent(code), id=name)
    for file in sorted(SOURCE.rglob("*.md")):
        for _, code in fence.findall(file.read_text(encoding="utf-8")):
            yield pytest.param(code, id=file.relative_to(SOURCE).as_posix())


EXAMPLES = list(examples())


def longer(reader, folder):
    """Copy a tiny reader's kind into a folder, with random weights, for as many tokens as real ones take."""
    from transformers import AutoConfig, AutoModelForQuestionAnswering

    config = AutoConfig.from_pretrained(reader)
    config.max_position_embeddings += 512
    AutoModelForQuestionAnswering.from_config(config).save_pretrained(folder)
    shutil.copy(reader / "tokenizer.json", folder)
    settings = json.loads((reader / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps({**settings, "model_max_length": 512}))


@pytest.fixture(scope="module")
def hub_cache(tmp_path_factory, electra_reader, roberta_reader, tiny_cross_encoder):
    """A cache of the hub in which tiny models go by the names of those in the examples."""
    cache = tmp_path_factory.mktemp("hub")
    for name, model in {
        "google/electra-small-discriminator": electra_reader,
        "FacebookAI/roberta-base": roberta_reader,
        "deepset/roberta-large-squad2": roberta_reader,
        "cross-encoder/ms-marco-MiniLM-L6-v2": tiny_cross_encoder,
    }.items():
        repository = cache / f"models--{name.replace('/', '--')}"
        (repository / "refs").mkdir(parents=True)
        (repository / "refs" / "main").write_text("1" * 40)
        snapshot = repository / "snapshots" / ("1" * 40)
        if model is tiny_cross_encoder:
            shutil.copytree(model, snapshot)
        else:
            snapshot.mkdir(parents=True)
            longer(model, snapshot)
    return cache


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A folder with every file that an example names."""
    folder = tmp_path_factory.mktemp("prepared")
    papers = folder / "papers"
    papers.mkdir()
    for name, text in NOTES.items():
        (papers / name).write_text(text)
    with Corpus(folder / "my.index") as corpus:
        corpus.sync(papers)
    port, backups = entry("1", "Which port?", ("8443", PORT.index("8443"))), entry("2", "How long is it kept?")
    for name in ("squad.json", "dev.json"):
        (folder / name).write_text(json.dumps(squad((PORT, port, backups))))
    (folder / "data").symlink_to(ROOT / "data")
    return folder


@pytest.mark.parametrize("code", EXAMPLES)
def test_it_runs(code, prepared, hub_cache, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(hub_cache))
    monkeypatch.chdir(prepared)
    shutil.rmtree("my-reader", ignore_errors=True)  # what more than one example writes
    exec(compile(code, "example", "exec"), {"__name__": "__main__"})


def test_they_are_found():
    every = [file.read_text(encoding="utf-8").count("```python") for file in SOURCE.rglob("*.[mp][dy]")]
    assert len(EXAMPLES) == sum(every)
