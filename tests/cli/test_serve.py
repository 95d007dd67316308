import subprocess
import sys

import pytest


@pytest.mark.parametrize("command", ["serve", "mcp"])
def test_what_cannot_be_served_is_refused_in_one_line(spanwise, tmp_path, command):
    ran = spanwise(command, "--index", tmp_path / "none")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "there is no index" in ran.err
    ran = spanwise(command, "--host", "0.0.0.0")
    assert ran.code == 2
    assert "expected a token to listen on 0.0.0.0" in ran.err
    assert spanwise(command, "--port", "70000").code == 2


@pytest.mark.parametrize("given", [["--every", "soon", "--sync", "."], ["--watch"], ["--token", "short"]])
def test_options_that_cannot_be_meant(spanwise, given):
    ran = spanwise("serve", *given)
    assert ran.code == 2
    assert ran.err.startswith("spanwise: ")
    assert ran.err.count("\n") == 1


def test_help_imports_no_web_framework():
    code = (
        "import sys\nsys.argv = ['spanwise', 'serve', '--help']\nfrom spanwise.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(sorted({'fastapi', 'uvicorn', 'mcp', 'pydantic_settings', 'torch', 'haystack'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.rstrip().endswith("[]")


def test_a_cluster_is_asked_only_by_its_engine(spanwise, sample_index, monkeypatch):
    ran = spanwise("serve", "--index", sample_index, "--replicas", "2")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "expected --engine ray with --address and --replicas, found none" in ran.err
    monkeypatch.setattr("spanwise.scale.cluster.find_spec", lambda name: None)
    ran = spanwise("serve", "--index", sample_index, "--engine", "ray")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "pip install 'spanwise[ray]'" in ran.err
