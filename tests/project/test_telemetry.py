"""Nobody is told that spanwise runs: its libraries' telemetry is off before they are imported, from every entry."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

IS_OFF = """
from haystack.telemetry import _telemetry
assert _telemetry.telemetry is None, "a client of Haystack's telemetry is live"
"""
YAML = (Path(__file__).parents[2] / "pipelines" / "query.yaml").read_text(encoding="utf-8")
BY_PIPELINE = f"""
import spanwise
from haystack import Pipeline
Pipeline.loads({YAML!r}, allowed_modules=["spanwise.*"])
"""
FILE = "import spanwise; from pathlib import Path; Path('notes.md').write_text('The port is 8443.')\n"


def run_nowhere(code, folder, **variables):
    """Run code in a process whose environment is empty but for `variables`; returns what it left in its home."""
    home, work = folder / "home", folder / "work"
    home.mkdir()
    work.mkdir()
    environment = {"HOME": str(home), "USERPROFILE": str(home), **variables}
    command = [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{code}"]
    ran = subprocess.run(command, env=environment, cwd=work, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return sorted(str(path.relative_to(home)) for path in home.rglob("*"))


@pytest.mark.parametrize(
    "code",
    [
        "import spanwise.pipeline; spanwise.pipeline.query_pipeline",
        pytest.param("from spanwise.read import ExtractiveReader", marks=pytest.mark.slow),
        pytest.param("import spanwise.documents", marks=pytest.mark.slow),
        pytest.param(
            FILE + "corpus = spanwise.Corpus('my.index'); corpus.sync('.'); corpus.ask('Which port?')",
            marks=pytest.mark.slow,
        ),
        FILE + "from spanwise.cli.main import app; app(['index', '.', '--json'], standalone_mode=False)",
        BY_PIPELINE,
    ],
    ids=["pipelines", "reader", "documents", "corpus", "shell", "yaml"],
)
def test_it_is_off_from_every_entry(code, tmp_path):
    assert run_nowhere(code + IS_OFF, tmp_path) == []


def test_a_program_that_imported_haystack_before_has_chosen(tmp_path):
    code = """
import os
import haystack
from haystack.telemetry import _telemetry
client = _telemetry.telemetry
import spanwise.pipeline
assert _telemetry.telemetry is client is not None
assert "HAYSTACK_TELEMETRY_ENABLED" not in os.environ
"""
    assert run_nowhere(code, tmp_path) == [".haystack", os.path.join(".haystack", "config.yaml")]


def test_a_program_that_says_it_wants_it_is_heeded(tmp_path):
    code = "import os, spanwise; assert os.environ['HAYSTACK_TELEMETRY_ENABLED'] == 'True'"
    assert run_nowhere(code, tmp_path, HAYSTACK_TELEMETRY_ENABLED="True") == []
