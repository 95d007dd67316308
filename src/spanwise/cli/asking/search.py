"""`spanwise search`: the passages that fit some words best."""

import re
from typing import TYPE_CHECKING, Annotated, Literal

from typer import Argument, Option

from spanwise.cli.options import (
    DEFAULT_INDEX,
    CorpusOptions,
    DeviceOption,
    FileOptions,
    IndexOption,
    JsonOption,
)
from spanwise.cli.output import MARK, note, one_line, plain_console, print_indented, print_json
from spanwise.errors import UsageError

if TYPE_CHECKING:
    from spanwise.index.index import Index
    from spanwise.types import SearchResult

_ENDING = re.compile(r"(?:ing|ed|es|s)$")


def search(
    words: Annotated[list[str], Argument(metavar="WORDS", help="What to look for.")],
    *,
    top_k: Annotated[int, Option("--top-k", "-k", min=1, help="Show at most this many passages.")] = 10,
    by: Annotated[
        Literal["both", "dense", "lexical"],
        Option(help="By meaning (dense), by the words themselves (lexical), or by both."),
    ] = "both",
    index_dir: IndexOption = DEFAULT_INDEX,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
    files: Annotated[FileOptions, "Which files are searched"],
) -> None:
    """
    Find passages, best first, without reading answers from them.

    Examples:
        spanwise search mirror recoating
        spanwise search "storm damage" --by lexical --kind pdf --since 2026-01-01

    """
    wanted, looked_for = files.given(), " ".join(words)
    if not looked_for.strip():
        msg = 'expected words to look for, found none: spanwise search "WORDS"'
        raise UsageError(msg)
    with CorpusOptions(index_dir, device=device).open() as corpus:
        found = corpus.search(looked_for, wanted, top_k=top_k, by=by)
        if as_json:
            from spanwise.answer.result_json import search_json

            print_json(search_json(found))
        else:
            _print_passages(found, corpus.index)


def _print_passages(found: "SearchResult", index: "Index") -> None:
    from rich.text import Text

    from spanwise.cli.asking.open import cited_line, followed, keep

    console = plain_console()
    if not found.passages:
        note("no passage holds any of these words")
    marked = _pattern(found.query)
    places = [hit.place for hit in found.passages if hit.place is not None]
    cited = followed(places, index.roots)
    for number, (hit, place, one) in enumerate(zip(found.passages, places, cited, strict=True), 1):
        console.print(cited_line(number, one, place.page) + Text(f"   {hit.score:.3f}", style="cyan"))
        text = Text(one_line(hit.passage.text))
        if marked is not None:
            text.highlight_regex(marked, MARK)
        print_indented(console, text)
        console.print()
    keep(cited)


def _pattern(query: str) -> "re.Pattern[str] | None":
    """Return what finds the query's words in a text, whatever their endings; None if it has none to look for."""
    from spanwise.index.catalogue.lexical import STOP_WORDS

    words = {word for word in re.findall(r"\w+", query.lower()) if word not in STOP_WORDS}
    stems = {word if len(word) < 5 else _ENDING.sub("", word) for word in words}
    endings = {stem: r"\w*" if len(stem) > 3 else "s?" for stem in stems}
    either = "|".join(re.escape(stem) + endings[stem] for stem in sorted(stems, key=len, reverse=True))
    return re.compile(rf"\b(?:{either})\b", re.IGNORECASE) if either else None
