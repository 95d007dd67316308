"""What the README shows is what the commands print."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_a_real_result_stands_before_line_30(sample_index):
    head = "\n".join(README.splitlines()[:30])
    question = re.search(r'spanwise ask "([^"]+)"', head)[1]
    command = [sys.executable, "-c", "from spanwise.cli.main import main; main()", "ask", question]
    ran = subprocess.run([*command, "--index", str(sample_index)], capture_output=True, text=True, check=True)
    shown = [line.strip() for line in ran.stdout.splitlines() if line.strip()][:3]
    assert len(shown) == 3
    for line in shown:
        assert line in head


def test_python_example_runs(sample_folder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    example = re.search(r"```python\n(import spanwise\n.*?)```", README, re.DOTALL)[1]
    exec(example.replace("papers/", str(sample_folder)), {})
    assert capsys.readouterr().out.strip()
