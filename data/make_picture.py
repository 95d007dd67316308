"""Draw docs/ask.svg, the README's picture of an answer: what a terminal shows of data/sample, indexed beforehand."""

import argparse
import os
import re
import sys
from io import StringIO
from pathlib import Path

import pexpect
from rich.console import Console
from rich.text import Text

COLUMNS = 100
QUESTION = "What did the lightning hit on 17 July 2022?"
ROOT = Path(__file__).parents[1]
FONT_FROM_ELSEWHERE = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)


def draw(index: Path) -> str:
    """Ask the question on a terminal, and return an SVG of what it shows."""
    shown, status = pexpect.run(
        sys.executable + f' -m spanwise ask "{QUESTION}" --index {index}',
        withexitstatus=True,
        timeout=300,
        dimensions=(40, COLUMNS),
        env={**os.environ, "TERM": "xterm-256color"},
    )
    if status:
        sys.exit(f"spanwise ask ended with {status}: {shown.decode(errors='replace')}")
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.assemble(("$ ", "dim"), ("spanwise ask ", "bold"), f'"{QUESTION}"'))
    console.print(Text.from_ansi(shown.decode().replace("\r\n", "\n").rstrip()))
    return FONT_FROM_ELSEWHERE.sub("", console.export_svg(title="spanwise", unique_id="ask"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--index", type=Path, default=ROOT / "data" / "sample.spanwise", help="An index of data/sample."
    )
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "ask.svg")
    arguments = parser.parse_args()
    arguments.out.write_text(draw(arguments.index), encoding="utf-8")
