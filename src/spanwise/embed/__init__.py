"""Embed passages and questions."""

from typing import TYPE_CHECKING

from spanwise.lazy import lazy_exports

if TYPE_CHECKING:
    from spanwise.embed.load import load_encoder as load_encoder
    from spanwise.embed.passage_embedder import PassageEmbedder as PassageEmbedder
    from spanwise.embed.question_embedder import QuestionEmbedder as QuestionEmbedder

__all__, __getattr__ = lazy_exports(__name__)
