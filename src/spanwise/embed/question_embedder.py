"""The embedder of questions as a Haystack component."""

from typing import Any

from haystack import component

from spanwise.checks import check_not_empty
from spanwise.embed.load import EncoderComponent
from spanwise.types import EmbedderIdentity


@component
class QuestionEmbedder(EncoderComponent):
    """
    Embeds a question, as `PassageEmbedder` embeds what answers it.

    ### Usage example

    ```python
    from spanwise.embed import QuestionEmbedder

    embedder = QuestionEmbedder()
    embedder.warm_up()
    print(len(embedder.run(query="When does the dome open?")["embedding"]))
    ```
    """

    @component.output_types(embedding=list[float], embedder=EmbedderIdentity)
    def run(self, query: str) -> dict[str, Any]:
        """
        Embed one question.

        :raises ValueError: If the question is empty.
        :returns: A dictionary with the following keys:
            - `embedding`: A list of unit length.
            - `embedder`: What must agree for other vectors to be comparable with it.
        """
        check_not_empty(query)
        encoder = self._loaded()
        return {"embedding": encoder.encode_queries([query])[0].tolist(), "embedder": encoder.identity}
