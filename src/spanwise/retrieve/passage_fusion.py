"""The fusion of two rankings as a Haystack component."""

from dataclasses import replace
from typing import Any

from haystack import Document, component

from spanwise.checks import check_positive
from spanwise.documents import EXCERPT, PLACE
from spanwise.retrieve.retriever import LEXICAL_WEIGHT, fused_groups


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

    def __init__(self, top_k: int = 20, lexical_weight: float = LEXICAL_WEIGHT) -> None:
        """
        Store and check the settings.

        :param top_k: Most documents to return.
        :param lexical_weight: What a point of BM25 counts, at least 0; `spanwise.retrieve.retriever.lexical_weight`
            gives that of an embedder.
        :raises ValueError: If `top_k` is below 1.
        """
        check_positive(top_k=top_k)
        self.top_k = top_k
        self.lexical_weight = lexical_weight

    @component.output_types(documents=list[Document], passages=int)
    def run(self, lexical: list[Document], dense: list[Document], top_k: int | None = None) -> dict[str, Any]:
        """
        Fuse.

        :param lexical: Scored by BM25, best first, as `LexicalRetriever` gives them.
        :param dense: Scored by cosine similarity, best first, as `DenseRetriever` gives them.
        :param top_k: Overrides the component's own.
        :returns: A dictionary with the following keys:
            - `documents`: Best first; `score` is the cosine similarity + `lexical_weight` x the BM25 score. Where
              others have the same content, `meta["copies"]` lists the places in which they stand.
            - `passages`: How many were asked for, which tells `AnswerMerger` whether its calibration fits.
        :raises ValueError: If `top_k` is below 1.
        """
        top_k = self.top_k if top_k is None else top_k
        check_positive(top_k=top_k)
        groups = fused_groups(lexical, dense, _key, top_k, lexical_weight=self.lexical_weight)
        documents = [_with_copies(first, score, copies) for score, (first, *copies) in groups]
        return {"documents": documents, "passages": top_k}


def _key(document: Document) -> tuple[str, float, str]:
    return document.id, document.score or 0.0, document.content or document.id


def _with_copies(document: Document, score: float, copies: list[Document]) -> Document:
    meta = dict(document.meta)
    if copies:
        kept = (*PLACE, EXCERPT) if EXCERPT in meta else PLACE
        meta["copies"] = [{name: copy.meta.get(name) for name in kept} for copy in copies]
    return replace(document, score=score, meta=meta)
