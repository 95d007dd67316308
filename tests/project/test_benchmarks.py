"""The benchmarks go with the code that they measure."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = [file for file in sorted(ROOT.glob("benchmarks/**/*.py")) if file.parent.name != "peer"]  # it takes hayhooks
MODULES = [".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for file in FILES]


@pytest.mark.parametrize("module", MODULES)
def test_every_module_can_be_imported(module):
    assert importlib.import_module(module).__name__ == module


@pytest.mark.slow
def test_the_benchmark_of_indexing_counts_every_stage_of_its_own_side(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text("The dome opens at dusk. " * 100, encoding="utf-8")
    command = ["-m", "benchmarks.indexing.indexing", "docs", "--side", "spanwise", "--index", "own.index"]
    folders = [str(tmp_path / name) if name in {"docs", "own.index"} else name for name in command]
    ran = subprocess.run([sys.executable, *folders], cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(ran.stdout.splitlines()[-1])
    assert all(found["stages"][stage] > 0 for stage in ("convert and split", "embed", "store"))
    assert (found["files"], found["skipped"]) == (1, {})
    assert found["passages"] > 1
