"""What a passage carries of its source text, so that its answers can be cited where the text itself is not kept."""

from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

from spanwise.types import Part, Passage, SourceText

Excerpt = dict[str, Any]
"""JSON; see `excerpt`."""


def excerpt(source: SourceText, passage: Passage) -> Excerpt:
    """
    Return what a text says of the place of one of its passages.

    :returns: "sha256" of the file; "line" of the passage's start, where the text has lines; "pages", the offsets in the
        passage at which pages begin; "page_labels" of the page that it begins on and of these; "parts" that reach
        into it. What there is nothing of is left out.
    """
    found: Excerpt = {"sha256": source.sha256}
    if source.has_lines:
        found["line"] = source.line_at(passage.start)
    page = source.page_at(passage.start)
    if page is not None and source.page_starts is not None:
        found["pages"] = [start for start in source.page_starts[page:] if start < passage.end]
        if source.page_labels is not None:
            found["page_labels"] = list(source.page_labels[page - 1 : page + len(found["pages"])])
    parts = [list(astuple(part)) for part in source.parts if part.start < passage.end and part.end > passage.start]
    return {**found, "parts": parts} if parts else found


def source_of(excerpts: Sequence[tuple[Passage, Excerpt]]) -> SourceText:
    """
    Return a file's text as far as some of its passages hold it, with these at their places and blanks between them.

    It says of every place in these passages what the whole text says of it: page, section, row and line.

    :param excerpts: Passages of one file, each with what `excerpt` said of it; those of another version of the file
        than the first one's are left out.
    """
    digest = excerpts[0][1]["sha256"]
    known = sorted((one for one in excerpts if one[1]["sha256"] == digest), key=lambda one: (one[0].start, one[0].end))
    text = ""
    starts: list[int] = []
    labels: dict[int, str] = {}
    for passage, said in known:
        text = _with_gap(text, passage.start, said.get("line"))
        text += passage.text[len(text) - passage.start :]
        if passage.page is None:
            continue
        for number, start in enumerate([passage.start, *said["pages"]], passage.page):
            starts.extend([start] * (number - len(starts)))
        labels.update(enumerate(said.get("page_labels", ()), passage.page))
    parts = {tuple(part) for _, said in known for part in said.get("parts", ())}
    first = known[0][0]
    return SourceText(
        file=first.file,
        text=text,
        sha256=digest,
        title=first.title,
        page_starts=(0, *starts[1:]) if starts else None,
        page_labels=tuple(labels.get(page, str(page)) for page in range(1, len(starts) + 1)) if labels else None,
        parts=tuple(Part(*part) for part in sorted(parts, key=lambda part: (part[0], -part[1]))),
        has_lines="line" in known[0][1],
    )


def _with_gap(text: str, start: int, line: int | None) -> str:
    """Return a text with blanks up to where the next passage starts, some of them newlines so that it has its line."""
    gap = start - len(text)
    if gap <= 0:
        return text
    begun = 1 + text.count("\n") + text.count("\r") - text.count("\r\n")
    newlines = 0 if line is None else line - begun
    return text + "\n" * newlines + " " * (gap - newlines)
