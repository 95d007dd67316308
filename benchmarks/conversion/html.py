"""
Measure which words of web pages are missing from their text: spanwise against others.

    python -m benchmarks.conversion.html TRAFILATURA READABILITY [--every 1] [--worst 0] [--out FILE]

TRAFILATURA and READABILITY are clones of github.com/adbar/trafilatura and github.com/mozilla/readability. The one names
for each of its pages up to six passages that belong to the article, the other ships the whole article's HTML. Besides
spanwise and Haystack it needs

    pip install trafilatura lxml_html_clean markitdown kreuzberg
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from benchmarks.conversion.harness import Case, measure, origins, summarize, worst
from benchmarks.harness import environment, publish


def trafilatura_cases(clone: Path) -> Iterator[Case]:
    """Yield the pages of trafilatura's tests with the passages that its text must have."""
    tests = clone / "tests"
    for page in json.loads((tests / "evaldata.json").read_text(encoding="utf-8")).values():
        paths = [tests / folder / page["file"] for folder in ("cache", "eval")]
        path = next((path for path in paths if path.is_file()), None)
        if path is not None:
            yield Case(path, "\n".join(map(_whole_words, page["with"])))


def _whole_words(passage: str) -> str:
    """Return a passage without its first and last word, which may be cut off, and without soft hyphens."""
    words = passage.replace("\xad", "").split()
    return " ".join(words[1:-1] if len(words) > 3 else words)


def readability_cases(clone: Path) -> Iterator[Case]:
    """Yield the pages of readability's tests with the text of the article that it expects."""
    for folder in sorted((clone / "test" / "test-pages").iterdir()):
        if (folder / "expected.html").is_file():
            yield Case(folder / "source.html", _visible((folder / "expected.html").read_text(encoding="utf-8")))


class _Text(HTMLParser):
    """Collects a page's text; what is expected must not come from one of the parsers that are measured."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, _: list[tuple[str, str | None]]) -> None:
        self._silent += tag in {"script", "style", "svg"}
        self.pieces.append("" if tag in {"a", "b", "i", "em", "strong", "span", "code", "sup", "sub"} else " ")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"script", "style", "svg"} and self._silent > 0
        self.pieces.append("" if tag in {"a", "b", "i", "em", "strong", "span", "code", "sup", "sub"} else " ")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.pieces.append(data)


def _visible(page: str) -> str:
    parser = _Text()
    parser.feed(page)
    return "".join(parser.pieces)


def with_spanwise(path: Path) -> str:
    """Return a page's text as spanwise stores it."""
    from spanwise.convert import convert_file

    return convert_file(path, path.name).text


def with_haystack(path: Path) -> str:
    """Return a page's text by Haystack's converter."""
    documents = _haystack().run([path])["documents"]
    return documents[0].content or "" if documents else ""


@cache
def _haystack() -> Any:
    from haystack.components.converters import HTMLToDocument

    return HTMLToDocument()


def with_trafilatura(path: Path) -> str:
    """Return a page's text by trafilatura, at its most inclusive."""
    import trafilatura

    return trafilatura.extract(path.read_bytes(), favor_recall=True, include_tables=True) or ""


def with_markitdown(path: Path) -> str:
    """Return a page's text by markitdown, which keeps menus too."""
    return str(_markitdown().convert(path).text_content)


@cache
def _markitdown() -> Any:
    from markitdown import MarkItDown

    return MarkItDown(enable_plugins=False)


def with_kreuzberg(path: Path) -> str:
    """Return a page's text by Kreuzberg."""
    from kreuzberg import ExtractionConfig, extract_bytes_sync

    return extract_bytes_sync(path.read_bytes(), "text/html", ExtractionConfig(use_cache=False)).content


SIDES: dict[str, Callable[[Path], str]] = {
    "spanwise": with_spanwise,
    "Haystack": with_haystack,
    "trafilatura": with_trafilatura,
    "markitdown": with_markitdown,
    "kreuzberg": with_kreuzberg,
}


def page_of(
    trafilatura: Path, readability: Path, sides: list[str], every: int = 1, worst_shown: int = 0
) -> str:  # fmt: skip
    """
    Return the page of results.

    :param trafilatura: A clone of trafilatura.
    :param readability: A clone of readability.
    :param sides: Those of `SIDES` to measure.
    :param every: Measure every so many of the pages alone.
    :param worst_shown: Name, on stderr, so many pages of which spanwise misses most words.
    """
    chosen = {side: SIDES[side] for side in sides}
    for convert in chosen.values():
        convert(Path(__file__).with_name("warm.html"))  # imports, which each file's process then has
    page = ["# Words of web pages", environment()]
    for clone, found in ((trafilatura, trafilatura_cases), (readability, readability_cases)):
        cases = list(found(clone))[::every]
        outcomes = measure(cases, chosen, lambda line: print(line, file=sys.stderr))
        page += [f"## {clone.name}'s pages", origins(cases, clone.parent, every), summarize(cases, outcomes)]
        if worst_shown and "spanwise" in outcomes:
            print(worst(cases, outcomes["spanwise"], worst_shown), file=sys.stderr)
    return "\n\n".join(page)


def main() -> None:
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trafilatura", type=Path)
    parser.add_argument("readability", type=Path)
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=list(SIDES))
    parser.add_argument("--every", type=int, default=1, help="measure every Nth page alone")
    parser.add_argument("--worst", type=int, default=0, help="name so many pages of which spanwise misses most words")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    page = page_of(options.trafilatura, options.readability, options.sides, options.every, options.worst)
    publish(page, options.out)


if __name__ == "__main__":
    main()
