"""Calls that other libraries no longer have."""

from typing import TYPE_CHECKING

from spanwise.lazy import lazy_attributes

if TYPE_CHECKING:
    from spanwise.compat.load import pipeline
    from spanwise.compat.question_answering import QuestionAnsweringPipeline

__all__ = ["QuestionAnsweringPipeline", "pipeline"]

__getattr__ = lazy_attributes(
    __name__,
    {
        "QuestionAnsweringPipeline": "spanwise.compat.question_answering",
        "pipeline": "spanwise.compat.load",
    },
)
