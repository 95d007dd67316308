"""A cross-encoder as a Haystack component."""

from dataclasses import replace
from typing import Any

from haystack import Document, component

from spanwise.checks import check_positive
from spanwise.retrieve.cross_encoder import PairScorer


@component
class PassageReranker:
    """
    Sorts documents by a cross-encoder, which reads each together with the question.

    ### Usage example

    ```python
    from haystack import Document
    from spanwise.retrieve import PassageReranker

    reranker = PassageReranker("cross-encoder/ms-marco-MiniLM-L6-v2")
    reranker.warm_up()
    found = [Document(content="The dome opens at dusk."), Document(content="The server listens on port 8443.")]
    print(reranker.run(query="Which port?", documents=found)["documents"][0].content)
    ```
    """

    def __init__(self, model: str, device: str = "auto", top_k: int = 20) -> None:
        """
        Store and check the settings; the model is loaded by `warm_up`.

        :param model: A cross-encoder's hub name or local folder; only safetensors are loaded.
        :param device: "auto", "cpu", "cuda", "cuda:N" or "mps".
        :param top_k: Most documents to return.
        :raises ValueError: If `top_k` is below 1.
        """
        check_positive(top_k=top_k)
        self.model = model
        self.device = device
        self.top_k = top_k
        self._scorer = PairScorer(model, device=device)

    def warm_up(self) -> None:
        """
        Load the model; later calls do nothing.

        :raises ModelError: If there is no such model, or it does not give one score for a pair.
        """
        self._scorer.warm_up()

    @component.output_types(documents=list[Document], passages=int)
    def run(self, query: str, documents: list[Document], top_k: int | None = None) -> dict[str, Any]:
        """
        Sort documents.

        :param top_k: Overrides the component's own.
        :returns: A dictionary with the following keys:
            - `documents`: Best first, with scores in [0, 1]; equal ones in the order given.
            - `passages`: How many were asked for, which tells `AnswerMerger` whether its calibration fits.
        :raises ModelError: If the model cannot be loaded.
        :raises ValueError: If `top_k` is below 1.
        """
        top_k = self.top_k if top_k is None else top_k
        check_positive(top_k=top_k)
        scores = self._scorer.score([(query, document.content or "") for document in documents])
        scored = [replace(document, score=score) for document, score in zip(documents, scores, strict=True)]
        best = sorted(scored, key=lambda document: -(document.score or 0.0))
        return {"documents": best[:top_k], "passages": top_k}
