"""Embed passages and questions."""

from typing import TYPE_CHECKING

from spanwise.lazy import lazy_attributes

if TYPE_CHECKING:
    from spanwise.embed.load import load_encoder
    from spanwise.embed.passage_embedder import PassageEmbedder
    from spanwise.embed.question_embedder import QuestionEmbedder

__all__ = ["PassageEmbedder", "QuestionEmbedder", "load_encoder"]

__getattr__ = lazy_attributes(
    __name__,
    {
        "PassageEmbedder": "spanwise.embed.passage_embedder",
        "QuestionEmbedder": "spanwise.embed.question_embedder",
        "load_encoder": "spanwise.embed.load",
    },
)
