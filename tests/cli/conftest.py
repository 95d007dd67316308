import sys
from dataclasses import dataclass

import pytest

from spanwise.cli.main import main


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def spanwise(capsys, monkeypatch):
    """Run the command line in this process, as the installed command does."""

    def run(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["spanwise", *map(str, arguments)])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run
