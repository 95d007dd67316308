"""
Measure which words of PDF and Word files are missing from their text: spanwise against others.

    python -m benchmarks.conversion.documents FOLDER --kind pdf|docx [--every 1] [--worst 0] [--out FILE]

FOLDER holds files of the kind, at any depth, such as clones of github.com/mozilla/pdf.js, jsvine/pdfplumber,
pdfminer/pdfminer.six, py-pdf/pypdf and py-pdf/sample-files for PDF, and of apache/poi, jgm/pandoc,
python-openxml/python-docx, mwilliamson/python-mammoth, microsoft/markitdown and docling-project/docling for Word. The
words that are expected are those of pdftotext (poppler-utils) and pandoc, neither of which is a side here; files
of which they make fewer than five words are passed over. Besides spanwise and Haystack it needs

    apt-get install poppler-utils pandoc
    pip install pypdf python-docx 'markitdown[docx,pdf]'
"""

import argparse
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.conversion.harness import Case, count_words, measure, origins, summarize, worst
from benchmarks.conversion.html import with_markitdown, with_spanwise
from benchmarks.harness import environment, publish

REFERENCE = {
    "pdf": ["pdftotext", "-enc", "UTF-8", "{}", "-"],
    "docx": ["pandoc", "-f", "docx", "-t", "plain", "--wrap=none", "{}"],
}
TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
THREADED = ("kreuzberg", "markitdown")
FEWEST = 5  # words
SECONDS = 60


def cases(folder: Path, kind: str, every: int, names: Sequence[str] = ("",)) -> Iterator[Case]:
    """
    Yield the files of a kind with the words that the reference finds in them.

    :param every: Every so many of them alone.
    :param names: The folders below the one given that count.
    """
    for path in sorted(path for name in names for path in (folder / name).rglob(f"*.{kind}"))[::every]:
        command = [part.replace("{}", str(path)) for part in REFERENCE[kind]]
        try:
            run = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            continue
        expected = run.stdout.decode("utf-8", "replace")
        if run.returncode == 0 and count_words(expected).total() >= FEWEST:
            yield Case(path, expected)


def with_haystack(path: Path) -> str:
    """Return a file's text by Haystack's converter."""
    documents = _haystack(path.suffix.lower()).run(sources=[path])["documents"]
    return documents[0].content or "" if documents else ""


@cache
def _haystack(suffix: str) -> Any:
    from haystack.components.converters import DOCXToDocument, PyPDFToDocument

    return PyPDFToDocument() if suffix == ".pdf" else DOCXToDocument()


def with_kreuzberg(path: Path) -> str:
    """Return a file's text by Kreuzberg."""
    from kreuzberg import ExtractionConfig, extract_bytes_sync

    config = ExtractionConfig(use_cache=False, output_format="plain")
    return str(extract_bytes_sync(path.read_bytes(), TYPES[path.suffix.lower()[1:]], config).content)


SIDES: dict[str, Callable[[Path], str]] = {
    "spanwise": with_spanwise,
    "Haystack": with_haystack,
    "markitdown": with_markitdown,
    "kreuzberg": with_kreuzberg,
}


def page_of(
    folder: Path, kind: str, chosen: list[Case], sides: list[str], every: int = 1, worst_shown: int = 0
) -> str:  # fmt: skip
    """
    Return the page of results for files of a kind.

    :param folder: They are all in it.
    :param chosen: The files.
    :param sides: Those of `SIDES` to measure.
    :param every: Every how many of the files they are.
    :param worst_shown: Name, on stderr, so many files of which spanwise misses most words.
    """
    for side in sides:
        _warm(side, chosen[0].path)
    outcomes = measure(chosen, {side: SIDES[side] for side in sides}, lambda line: print(line, file=sys.stderr))
    if worst_shown and "spanwise" in outcomes:
        print(worst(chosen, outcomes["spanwise"], worst_shown), file=sys.stderr)
    title = f"# Words of {kind.upper()} files, against {REFERENCE[kind][0]}"
    return "\n\n".join([title, environment(), origins(chosen, folder, every), summarize(chosen, outcomes)])


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kind", choices=REFERENCE, required=True)
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=list(SIDES))
    parser.add_argument("--every", type=int, default=1, help="measure every Nth file alone")
    parser.add_argument("--worst", type=int, default=0, help="name so many files of which spanwise misses most words")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    chosen = list(cases(options.folder, options.kind, options.every))
    page = page_of(options.folder, options.kind, chosen, options.sides, options.every, options.worst)
    publish(page, options.out)


def _warm(side: str, path: Path) -> None:
    """Import what a side needs, which each file's process then has; not threads that converting starts."""
    if side in THREADED:
        import_module(side)
        return
    try:
        SIDES[side](path)
    except Exception as error:
        print(f"{path}: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
