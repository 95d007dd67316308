"""Make answers of what was read: merged, cited, with a confidence."""

from typing import TYPE_CHECKING

from spanwise.lazy import lazy_exports

if TYPE_CHECKING:
    from spanwise.answer.answer_merger import AnswerMerger as AnswerMerger
    from spanwise.answer.answering import answer_question as answer_question

__all__, __getattr__ = lazy_exports(__name__)
