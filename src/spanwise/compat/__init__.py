"""Calls that other libraries no longer have."""

from typing import TYPE_CHECKING

from spanwise.lazy import lazy_exports

if TYPE_CHECKING:
    from spanwise.compat.load import pipeline as pipeline
    from spanwise.compat.question_answering import QuestionAnsweringPipeline as QuestionAnsweringPipeline

__all__, __getattr__ = lazy_exports(__name__)
