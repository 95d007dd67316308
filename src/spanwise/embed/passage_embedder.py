"""The embedder of passages as a Haystack component."""

from dataclasses import replace
from typing import Any

from haystack import Document, component

from spanwise.embed.load import EncoderComponent
from spanwise.types import EmbedderIdentity


@component
class PassageEmbedder(EncoderComponent):
    """
    Embeds documents, in batches of similar length.

    ### Usage example

    ```python
    from haystack import Document
    from spanwise.embed import PassageEmbedder

    embedder = PassageEmbedder()
    embedder.warm_up()
    print(len(embedder.run(documents=[Document(content="The dome opens at dusk.")])["documents"][0].embedding))
    ```
    """

    @component.output_types(documents=list[Document], embedder=EmbedderIdentity)
    def run(self, documents: list[Document]) -> dict[str, Any]:
        """
        Embed documents by their content.

        :returns: A dictionary with the following keys:
            - `documents`: Copies of `documents`, in their order, with `embedding` set to a list of unit length.
            - `embedder`: What must agree for other vectors to be comparable with these.
        """
        vectors = self._loaded().encode([document.content or "" for document in documents])
        embedded = zip(documents, vectors, strict=True)
        return {
            "documents": [replace(document, embedding=vector.tolist()) for document, vector in embedded],
            "embedder": self._loaded().identity,
        }
