"""The fusion of two rankings as a Haystack component."""

from dataclasses import replace
from typing import Any

from haystack import Document, component, default_from_dict, default_to_dict

from spanwise.checks import check_positive
from spanwise.retrieve.fusion import Scored, by_text, fused_scores

PLACE = ("file_path", "page_number", "source_start", "source_end", "title")


@component
class PassageFusion:
    """
    Brings what was found by words and by meaning into one order, in which each wording stands once.

    ### Usage example

    ```python
    from dataclasses import replace

    from haystack import Document
    from spanwise.retrieve import PassageFusion

    found = Document(content="The server listens on port 8443.", score=0.6)
    print(PassageFusion().run(lexical=[replace(found, score=7.1)], dense=[found])["documents"][0].score)
    ```
    """

    def __init__(self, top_k: int = 20) -> None:
        """
        Store and check the settings.

        :param top_k: Most documents to return.
        :raises ValueError: If `top_k` is below 1.
        """
        check_positive(top_k=top_k)
        self.top_k = top_k

    @component.output_types(documents=list[Document])
    def run(
        self, lexical: list[Document], dense: list[Document], top_k: int | None = None
    ) -> dict[str, list[Document]]:
        """
        Fuse.

        :param lexical: Scored by BM25, best first, as `LexicalRetriever` gives them.
        :param dense: Scored by cosine similarity, best first, as `DenseRetriever` gives them.
        :param top_k: Overrides the component's own.
        :returns: A dictionary with the following keys:
            - `documents`: Best first; `score` is the cosine similarity + 0.02 x the BM25 score. Where others have
              the same content, `meta["copies"]` lists the places in which they stand.
        :raises ValueError: If `top_k` is below 1.
        """
        top_k = self.top_k if top_k is None else top_k
        check_positive(top_k=top_k)
        documents = {document.id: document for document in (*lexical, *dense)}
        scores = fused_scores(_scored(lexical), _scored(dense))
        groups = by_text((documents[identifier].content or identifier, identifier) for identifier, _ in scores)
        best = dict(scores)
        return {
            "documents": [
                _with_copies(documents[first], best[first], [documents[copy] for copy in copies])
                for first, *copies in groups[:top_k]
            ]
        }

    def to_dict(self) -> dict[str, Any]:
        """Serialize the settings."""
        return default_to_dict(self, top_k=self.top_k)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "PassageFusion":
        """Make the component that `to_dict` serialized."""
        return default_from_dict(cls, data)


def _with_copies(document: Document, score: float, copies: list[Document]) -> Document:
    meta = dict(document.meta)
    if copies:
        meta["copies"] = [{name: copy.meta.get(name) for name in PLACE} for copy in copies]
    return replace(document, score=score, meta=meta)


def _scored(documents: list[Document]) -> list[Scored]:
    return [(document.id, 0.0 if document.score is None else document.score) for document in documents]
