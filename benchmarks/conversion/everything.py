"""
Measure which words of PDF files, Word files and web pages are missing, beside others: all three tables in one run.

    python -m benchmarks.conversion.everything SOURCES [--every pdf=4 docx=2 html=4] [--out benchmarks/conversion]

SOURCES holds clones, each in a folder of its repository's name: those that `documents` and `html` name,
which also say what else is needed. A collection of documents may be missing: the tables name those that were there.
"""

import argparse
from pathlib import Path

from benchmarks.conversion import documents, html
from benchmarks.harness import publish

COLLECTIONS = {
    "pdf": ("pdf.js", "pdfplumber", "pdfminer.six", "pypdf", "sample-files"),
    "docx": ("poi", "pandoc", "python-docx", "python-mammoth", "markitdown", "docling"),
}


def main() -> None:
    """Run the benchmarks and write their tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", type=Path)
    parser.add_argument("--every", nargs="+", default=[], metavar="KIND=N", help="measure every Nth file of a kind")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    options = parser.parse_args()
    every = dict.fromkeys(("pdf", "docx", "html"), 1) | {
        kind: int(number) for kind, _, number in (given.partition("=") for given in options.every)
    }
    for kind, names in COLLECTIONS.items():
        chosen = list(documents.cases(options.sources, kind, every[kind], names))
        page = documents.page_of(options.sources, kind, chosen, list(documents.SIDES), every[kind])
        publish(page, options.out / f"{kind}.md")
    clones = options.sources / "trafilatura", options.sources / "readability"
    publish(html.page_of(*clones, list(html.SIDES), every["html"]), options.out / "html.md")


if __name__ == "__main__":
    main()
