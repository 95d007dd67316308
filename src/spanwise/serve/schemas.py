"""What goes in and comes out, as OpenAPI describes it."""

from collections.abc import Callable
from reprlib import repr as short_repr
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WrapValidator, model_validator

from spanwise.types import SkippedFile, Verdict


def said_plainly(expected: str) -> WrapValidator:
    """Say what was expected in these words, rather than as a pattern or a branch of the schema."""

    def check(given: object, validate: Callable[[object], object]) -> object:
        try:
            return validate(given)
        except ValidationError:
            msg = f"expected {expected}, found {short_repr(given)}"
            raise ValueError(msg) from None

    return WrapValidator(check)


QuestionText = Annotated[
    str,
    Field(min_length=1, max_length=10_000, pattern=r"\S", examples=["Which port does it use?"]),
    said_plainly("a text of at most 10,000 characters that are not all blank"),
]
Glob = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^*]*(\*[^*]*){0,8}$", examples=["reports/*"])]
Globs = Annotated[list[Glob], Field(min_length=1, max_length=32)]
FilterGlobs = Annotated[
    Glob | Globs | None,
    Field(description="Only files whose path matches this, or one of these."),
    said_plainly("a filter such as 'reports/*' of 1 to 200 characters with at most eight *, or 1 to 32 of them"),
]

Whole = Annotated[
    int, BeforeValidator(lambda given: int(given) if isinstance(given, float) and given.is_integer() else given)
]
"""A number without a fraction; 5.0 is one in JSON too."""


class _Given(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class AskRequest(_Given):
    """One question, or several that are asked alike."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": ["question"]}, {"required": ["questions"]}],
            "examples": [{"question": "Which port does it use?", "top_k": 5}],
        }
    )

    question: QuestionText = Field(default_factory=str)
    questions: Annotated[list[QuestionText], Field(min_length=1, max_length=1000)] = Field(default_factory=list)
    top_k: Whole = Field(5, ge=1, le=50, description="Most answers.")
    passages: Whole = Field(20, ge=1, le=100, description="How many passages are read.")
    filters: FilterGlobs = None
    threshold: float | None = Field(None, ge=0, le=1, description="Confidence below which to abstain.")
    explain: bool = Field(default=False, description="Also return the passages that were read.")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if len(self.model_fields_set & {"question", "questions"}) != 1:
            msg = "expected either question or questions"
            raise ValueError(msg)
        return self

    @property
    def asked(self) -> list[str]:
        """The questions."""
        return self.questions if "questions" in self.model_fields_set else [self.question]


class SearchRequest(_Given):
    """Words to be found."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"query": "server port", "top_k": 20}]})

    query: QuestionText
    filters: FilterGlobs = None
    top_k: Whole = Field(20, ge=1, le=100, description="Most passages.")


class FeedbackRequest(_Given):
    """A verdict on an answer."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"properties": {"right": {"const": True}}},
                {"required": ["answer"], "properties": {"answer": {"type": "string"}}},
            ]
        }
    )

    question: QuestionText
    answer: QuestionText | None = Field(
        None, description="The words of the answer; null where the documents were said not to answer."
    )
    right: bool

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.answer is None and not self.right:
            msg = "expected the answer that is wrong, found none"
            raise ValueError(msg)
        return self


class PlaceReply(BaseModel):
    """Where something stands: `source_text[start:end]`, in characters."""

    file: str
    page: int | None = None
    page_label: str | None = None
    section: list[str] | None = None
    row: int | None = None
    line: int | None = None
    location: str | None = None
    start: int
    end: int


class AnswerReply(PlaceReply):
    """An answer in the documents' own words."""

    answer: str
    confidence: float = Field(ge=0, le=1)
    context: str
    context_start: int
    score: float
    retrieval_score: float
    citations: list[PlaceReply]


class PassageReply(PlaceReply):
    """A passage that was found."""

    text: str
    retrieval_score: float


class ResultReply(BaseModel):
    """What the documents say to one question."""

    query: str
    generation: int = Field(description="The commit of the index that all of it was read from.")
    answers: list[AnswerReply]
    abstained: bool
    verdict: Verdict
    threshold: float
    no_answer_confidence: float
    calibrated: bool
    calibration_note: str | None = None
    stale: list[str] = Field(default_factory=list, description="Files that changed, moved or went since.")
    stale_note: str | None = None
    timings_ms: dict[str, float]
    passages: list[PassageReply] | None = None


class ResultsReply(BaseModel):
    """What the documents say to several questions, in their order."""

    results: list[ResultReply]


class SearchReply(BaseModel):
    """Passages, the best first."""

    query: str
    generation: int
    passages: list[PassageReply]


class DocumentReply(BaseModel):
    """A document of the list."""

    id: str
    file: str
    title: str | None
    passages: int
    size: int = Field(description="Bytes of the file.")
    sha256: str


class DocumentsReply(BaseModel):
    """A part of the list of documents."""

    generation: int
    total: int
    documents: list[DocumentReply]
    skipped: list[SkippedFile]


class PageReply(BaseModel):
    """A physical page of a document: a range of its text."""

    page: int
    label: str | None
    start: int
    end: int


class SectionReply(BaseModel):
    """A heading, a sheet or a slide: the range of the text that it is over."""

    kind: Literal["heading", "sheet", "slide"]
    title: str
    start: int
    end: int


class TextReply(BaseModel):
    """A document's text, or a part of it; offsets count the characters of the whole."""

    id: str
    file: str
    title: str | None
    generation: int
    sha256: str
    length: int
    start: int
    end: int
    text: str
    pages: list[PageReply] | None
    sections: list[SectionReply]
    images: bool = Field(description="Whether its pages can be drawn, if the file is still the one that was indexed.")


class WordReply(BaseModel):
    """A word of a page; the box is left, top, right and bottom as shares of the page."""

    text: str
    box: tuple[float, float, float, float]


class MarkedReply(BaseModel):
    """Where a range of the text stands on a page: a box for each line."""

    start: int
    end: int
    boxes: list[tuple[float, float, float, float]]


class WordsReply(BaseModel):
    """The words of a page."""

    page: int
    width: float
    height: float
    words: list[WordReply]
    marked: list[MarkedReply]


class HealthReply(BaseModel):
    """Whether questions can be answered."""

    status: Literal["ok"]
    generation: int


class StatusReply(BaseModel):
    """What the service is and holds."""

    version: str
    generation: int
    documents: int
    passages: int
    feedback: bool
    max_question: int
    sync: dict[str, Any] | None


class RefusalReply(BaseModel):
    """Why a request was not answered."""

    error: str
    status: int
    request_id: str
