"""Make answers of what was read: merged, cited, with a confidence."""

from typing import TYPE_CHECKING

from spanwise.lazy import lazy_attributes

if TYPE_CHECKING:
    from spanwise.answer.answer_merger import AnswerMerger
    from spanwise.answer.answering import answer_question

__all__ = ["AnswerMerger", "answer_question"]

__getattr__ = lazy_attributes(
    __name__,
    {
        "AnswerMerger": "spanwise.answer.answer_merger",
        "answer_question": "spanwise.answer.answering",
    },
)
