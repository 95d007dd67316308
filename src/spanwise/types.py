"""Data that passes between the stages. All offsets are in characters, 0-based, end exclusive."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from operator import attrgetter, itemgetter
from pathlib import PurePath
from typing import Any, Literal, Self

Verdict = Literal["answer", "unsure", "no_answer"]
PartKind = Literal["heading", "sheet", "slide", "row", "left_out"]

_SECTIONS = ("heading", "sheet", "slide")


@dataclass(frozen=True, slots=True)
class Part:
    """
    A stretch of a source text with a place in its document.

    :param kind: "heading", "sheet" and "slide" are sections; "row" is one row of a table; "left_out" stands in the
        source text but in no passage, such as a page's running header.
    :param value: The heading, the sheet's name, the slide's title; the 1-based number of a sheet's or CSV's row, ""
        for a row of any other table; why it is left out ("header", "contents").
    """

    start: int
    end: int
    kind: PartKind
    value: str


@dataclass(frozen=True)
class SourceText:
    """
    The text extracted from one file; every citation is a slice of it.

    :param file: Path relative to the indexed folder, with forward slashes.
    :param text: The whole extracted text.
    :param sha256: Hex digest of the file's bytes.
    :param title: The document's own title, or None.
    :param page_starts: Offset into `text` at which each physical page begins, ascending and starting with 0;
        None for a format without pages.
    :param page_labels: What these pages are called in the file ("iii"), or None where they are just counted.
    :param parts: The text's structure, sorted by start, the outer part before those in it.
    :param has_lines: Whether its lines are those of the file, as of text, Markdown and CSV.
    :param warning: What of the file is not in the text, and what to do; "" where that is all of it.
    :param wants_ocr: Whether it has pages that are pictures, and nothing that reads them was installed.
    """

    file: str
    text: str
    sha256: str
    title: str | None = None
    page_starts: tuple[int, ...] | None = None
    page_labels: tuple[str, ...] | None = None
    parts: tuple[Part, ...] = ()
    has_lines: bool = True
    warning: str = ""
    wants_ocr: bool = False

    def page_at(self, offset: int) -> int | None:
        """Return the 1-based physical page that holds the character at `offset`, or None without pages."""
        return None if self.page_starts is None else bisect_right(self.page_starts, offset)

    def page_label_at(self, offset: int) -> str | None:
        """Return what the file calls the page that holds the character at `offset`, or None."""
        page = self.page_at(offset)
        labels = self.page_labels
        return None if page is None or labels is None or page > len(labels) else labels[page - 1]

    def section_at(self, offset: int) -> list[str]:
        """Return the headings over the character at `offset`, the highest first; or its sheet, or its slide's title."""
        at = bisect_right(self._sections, offset, key=itemgetter(0)) - 1
        return list(self._sections[at][1]) if at >= 0 else []

    def row_at(self, offset: int) -> int | None:
        """Return the 1-based row, of a sheet or CSV, that holds the character at `offset`, or None."""
        at = bisect_right(self._rows, offset, key=attrgetter("start")) - 1
        return int(self._rows[at].value) if at >= 0 and offset < self._rows[at].end else None

    @cached_property
    def _sections(self) -> list[tuple[int, tuple[str, ...]]]:
        """Offsets at which sections begin or end, ascending, each with the sections from there on."""
        parts = [part for part in self.parts if part.kind in _SECTIONS and part.start < part.end]
        places: list[tuple[int, tuple[str, ...]]] = []
        is_open: list[Part] = []
        done = 0
        for place in sorted({place for part in parts for place in (part.start, part.end)}):
            is_open = [part for part in is_open if part.end > place]
            while done < len(parts) and parts[done].start <= place:
                is_open.append(parts[done])
                done += 1
            places.append((place, tuple(part.value for part in is_open)))
        return places

    @cached_property
    def _rows(self) -> list[Part]:
        """The numbered rows, of which none stands in another."""
        return [part for part in self.parts if part.kind == "row" and part.value]

    def line_at(self, offset: int) -> int | None:
        """Return the file's 1-based line of the character at `offset`, as editors count (LF, CR LF, CR), or None."""
        if not self.has_lines:
            return None
        feeds, returns = self.text.count("\n", 0, offset), self.text.count("\r", 0, offset)
        return 1 + feeds + returns - self.text.count("\r\n", 0, offset + 1)

    def location_at(self, offset: int) -> str:
        """Return as a person says it where in the document the character at `offset` stands: "Prices, row 12"."""
        page, row, line = self.page_label_at(offset) or self.page_at(offset), self.row_at(offset), self.line_at(offset)
        named = [("page", page), ("row", row), ("line", None if row else line)]
        said = [" > ".join(self.section_at(offset)), *(f"{name} {value}" for name, value in named if value is not None)]
        return ", ".join(filter(None, said))

    def cite(self, start: int, end: int) -> "Citation":
        """Return where `text[start:end]` stands."""
        return Citation(
            file=self.file,
            page=self.page_at(start),
            line=self.line_at(start),
            start=start,
            end=end,
            page_label=self.page_label_at(start),
            section=tuple(self.section_at(start)),
            row=self.row_at(start),
            location=self.location_at(start),
        )


@dataclass(frozen=True, slots=True)
class Passage:
    """
    A slice of a source text that an embedder sees whole: `text == source.text[start:end]`.

    :param page: 1-based physical page on which the passage starts, or None.
    :param title: The title of its document, or None.
    """

    file: str
    start: int
    end: int
    text: str
    page: int | None = None
    title: str | None = None

    @property
    def id(self) -> str:
        """A stable identifier: SHA-256 (hex) over file, offsets and text."""
        key = f"{self.file}\0{self.start}\0{self.end}\0{self.text}"
        return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()

    def stands_in(self, source: SourceText) -> bool:
        """Whether `source` has these words at this place."""
        return 0 <= self.start < self.end and source.text[self.start : self.end] == self.text


@dataclass(frozen=True, slots=True)
class FileFilter:
    """
    Which files of an index are asked; one has to meet every condition that is given.

    :param patterns: Globs, one of which its path matches.
    :param suffixes: Endings in lower case, one of which its path has, such as ".pdf".
    :param since_ns: Its last change is not before this, in nanoseconds since the epoch.
    """

    patterns: tuple[str, ...] | None = None
    suffixes: tuple[str, ...] | None = None
    since_ns: int | None = None


FileGlobs = str | Sequence[str] | FileFilter | None
"""What may be given for a filter: a glob or several, a filter, or None for every file."""


@dataclass(frozen=True, slots=True)
class Hit:
    """
    A retrieved passage.

    :param score: Retrieval score, higher is better; for dense retrieval the cosine similarity in [-1, 1].
    :param copies: Other passages that were found and have the same words; what is read in one stands in all.
    :param place: In a result, where it stands.
    """

    passage: Passage
    score: float
    copies: tuple[Passage, ...] = ()
    place: "Citation | None" = None

    @property
    def places(self) -> tuple[Passage, ...]:
        """Return the passage and its copies."""
        return (self.passage, *self.copies)


@dataclass(frozen=True, slots=True)
class Span:
    """
    A candidate answer inside one text, as the reader scored it.

    :param start: Offset of its first character in the text that was read.
    :param end: Offset after its last character.
    :param start_logit: Logit of its first token as the start of an answer.
    :param end_logit: Logit of its last token as the end of an answer.
    :param null_logit: Start plus end logit of "no answer" in the same window.
    """

    start: int
    end: int
    start_logit: float
    end_logit: float
    null_logit: float

    @property
    def margin(self) -> float:
        """How far the span beats "no answer": start + end - null, in logits (Devlin et al. 2019, section 4.3)."""
        return self.start_logit + self.end_logit - self.null_logit


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span and the retrieved passage it was read in; the span's offsets are into `hit.passage.text`."""

    hit: Hit
    span: Span

    def everywhere(self) -> Iterator["Candidate"]:
        """Yield it, and then the same span in each copy of the passage."""
        yield self
        for copy in self.hit.copies:
            yield replace(self, hit=replace(self.hit, passage=copy))


@dataclass(frozen=True, slots=True)
class Citation:
    """
    One place where an answer stands; `source_text(file)[start:end]` is its exact wording there.

    :param page: The 1-based physical page, or None for a format without pages.
    :param line: The 1-based line of the file, or None where it is no text.
    :param page_label: What the file calls the page ("iii"), or None where it is just counted.
    :param section: The headings over it, the highest first; or its sheet, or its slide's title.
    :param row: The 1-based row of its sheet or CSV file, or None.
    :param location: All this as shown to a person.
    """

    file: str
    page: int | None
    line: int | None
    start: int
    end: int
    page_label: str | None = None
    section: tuple[str, ...] = ()
    row: int | None = None
    location: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """
    One answer with its evidence.

    :param answer: The exact words, `source_text[start:end]`.
    :param confidence: Probability in [0, 1] that the answer is right.
    :param context: The sentence or two around it, beginning at `context_start` in the source text.
    :param score: The reader's margin over "no answer", in logits.
    :param retrieval_score: The retrieval score of the passage it was read in.
    :param citations: Every place that gives this answer, best first; the first is the answer's own.
    :param signals: What the confidence was computed from; see `spanwise.answer.answering.signals`.
    :param page_label: This, `section`, `row` and `location` are its first citation's; see `Citation`.
    """

    answer: str
    confidence: float
    file: str
    page: int | None
    line: int | None
    start: int
    end: int
    context: str
    context_start: int
    score: float
    retrieval_score: float
    citations: tuple[Citation, ...]
    signals: Mapping[str, float] = field(default_factory=dict)
    page_label: str | None = None
    section: tuple[str, ...] = ()
    row: int | None = None
    location: str = ""


@dataclass(frozen=True, slots=True)
class QueryResult:
    """
    What a corpus says to one question.

    :param generation: The commit of the index that everything in it was read from.
    :param answers: Candidates sorted by confidence, best first; listed even when abstaining.
    :param abstained: True when there are no answers or the best is below `threshold`.
    :param threshold: The confidence in [0, 1] below which the corpus is said not to answer.
    :param no_answer_confidence: Probability in [0, 1] that the corpus holds no answer.
    :param calibrated: Whether confidences come from a fitted calibration, under the conditions that it holds for.
    :param calibration_note: Why not, in a sentence; None where `calibrated` is true.
    :param verdict: "answer" where it does not abstain; else "no_answer" where that is likely enough, or "unsure".
    :param timings_ms: Milliseconds for "retrieve", "read" and "total".
    :param passages: The passages that were read, in that order.
    :param stale: Files that its answers stand in and that are not as they were indexed: changed, moved or gone.
    :param stale_note: Which of that, in a sentence; None where all are as they were.
    """

    query: str
    generation: int
    answers: tuple[Answer, ...]
    abstained: bool
    threshold: float
    no_answer_confidence: float
    calibrated: bool
    calibration_note: str | None = None
    verdict: Verdict = "answer"
    timings_ms: dict[str, float] = field(default_factory=dict)
    passages: tuple[Hit, ...] = ()
    stale: tuple[str, ...] = ()
    stale_note: str | None = None

    def __str__(self) -> str:
        from spanwise.text.shown import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from spanwise.text.shown import as_html

        return as_html(self)


@dataclass(frozen=True, slots=True)
class SearchResult:
    """
    Passages that were found, the best first.

    :param generation: The commit of the index that they were read from.
    """

    query: str
    generation: int
    passages: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class EmbedderIdentity:
    """
    What must agree for two vectors to be comparable.

    :param name: Model name or folder, as given.
    :param fingerprint: SHA-256 (hex) of the weights, or the hub revision.
    :param dimension: Length of a vector.
    :param normalized: Whether vectors have unit length.
    :param max_tokens: Most tokens the model sees, special tokens included.
    """

    name: str
    fingerprint: str
    dimension: int
    normalized: bool
    max_tokens: int

    def to_dict(self) -> dict[str, Any]:
        """Return its fields, as a snapshot of a Haystack pipeline keeps them."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return what `to_dict` gave the fields of."""
        return cls(**data)


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file that could not be indexed, or not all of it, and why."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class SyncReport:
    """
    What a sync did; files are paths relative to the indexed folder, behind its name where there are several.

    :param unchanged: How many files were already indexed as they are.
    :param skipped: Files that could not be read; what the index held of them before is kept.
    :param ignored: Files of kinds that are not read.
    :param passages: Passages in the index afterwards.
    :param seconds: Wall time.
    :param reconverted: Files that are as they were, and that were converted again: an earlier version had made their
        text, or had no OCR.
    :param newly_readable: Those of them that have pages which only OCR reads, and which it can read now.
    :param warnings: Files of which something was left out, among those that were indexed.
    :param unmatched: Files that were taken out since the patterns no longer match them; they need not be gone.
    :param refused: Of several folders those that were not synced, by their names, and why.
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int
    skipped: tuple[SkippedFile, ...]
    ignored: tuple[str, ...]
    passages: int
    seconds: float
    reconverted: tuple[str, ...] = ()
    warnings: tuple[SkippedFile, ...] = ()
    unmatched: tuple[str, ...] = ()
    refused: tuple[SkippedFile, ...] = ()
    newly_readable: tuple[str, ...] = ()

    @property
    def ignored_kinds(self) -> dict[str, int]:
        """How many files of each kind were ignored, by suffix in lower case ("" without one), the most first."""
        return dict(Counter(PurePath(file).suffix.lower() for file in self.ignored).most_common())
