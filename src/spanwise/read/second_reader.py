"""The best passages of a question, which a second and usually larger reader reads again, as a Haystack component."""

from typing import Any

from haystack import Document, ExtractedAnswer, component

from spanwise.checks import check_positive
from spanwise.read.again import READ_AGAIN, worth_reading_again
from spanwise.read.extractive_reader import ExtractiveReader


@component
class SecondReader:
    """
    Reads again what a first reader found the best, and answers instead of it.

    ### Usage example

    ```python
    from haystack import Document
    from spanwise.read import ExtractiveReader, SecondReader

    query, documents = "Who is the mayor?", [Document(content="Ana Ruiz is its mayor."), Document(content="It rains.")]
    first = ExtractiveReader(no_answer=False).run(query=query, documents=documents)
    result = SecondReader("default", passages=1).run(query=query, documents=documents, answers=first["answers"])
    print(result["answers"][0].data)
    ```
    """

    def __init__(self, model: str, device: str | None = None, top_k: int = 20, passages: int = READ_AGAIN) -> None:
        """
        Store and check the settings; the model is loaded by `warm_up`.

        :param model: "default" for the packaged reader, a hub name or a local folder.
        :param device: "auto", "cpu", "cuda", "cuda:N" or "mps"; None chooses by hardware.
        :param top_k: Most answers to return.
        :param passages: Most documents to read.
        :raises ValueError: If `top_k` or `passages` is below 1.
        """
        check_positive(passages=passages)
        self.model = model
        self.device = device
        self.top_k = top_k
        self.passages = passages
        self._reader = ExtractiveReader(model, device, top_k=top_k, no_answer=False)

    def warm_up(self) -> None:
        """
        Load the model; later calls do nothing.

        :raises ModelError: If it cannot be loaded.
        """
        self._reader.warm_up()

    @component.output_types(answers=list[ExtractedAnswer])
    def run(self, query: str, documents: list[Document], answers: list[ExtractedAnswer]) -> dict[str, Any]:
        """
        Read the best documents.

        :param query: The question.
        :param documents: As they were retrieved, best first.
        :param answers: What the first reader found in them; a "no answer" among them is passed over.
        :returns: A dictionary with the following keys:
            - `answers`: As of `ExtractiveReader`, by descending score.
        :raises UsageError: If the question is too long.
        :raises ModelError: If the model cannot be loaded, or is broken.
        """
        margins = ((answer.document.id, answer.meta["margin"]) for answer in answers if answer.document is not None)
        again = worth_reading_again([document.id for document in documents], margins, self.passages)
        return self._reader.run(query, [documents[place] for place in again])
