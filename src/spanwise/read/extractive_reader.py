"""The reader as a Haystack component."""

from pathlib import Path
from typing import Any

from haystack import Document, ExtractedAnswer, component, default_from_dict, default_to_dict
from haystack.utils import ComponentDevice, Secret
from haystack.utils.hf import deserialize_hf_model_kwargs, serialize_hf_model_kwargs

from spanwise.default_reader import DEFAULT_READER
from spanwise.read.candidates import read_candidates
from spanwise.read.reader import SpanReader
from spanwise.types import Candidate, Hit, Passage


@component
class ExtractiveReader:
    """
    Finds the exact words in documents that answer a question, and says how likely it is that there are any.

    ### Usage example

    ```python
    from haystack import Document
    from spanwise.read import ExtractiveReader

    reader = ExtractiveReader()
    reader.warm_up()
    result = reader.run(query="Who is the capital's mayor?", documents=[Document(content="Ana Ruiz is its mayor.")])
    print(result["answers"][0].data, result["answers"][0].score)
    ```
    """

    def __init__(
        self,
        model: Path | str = DEFAULT_READER,
        device: ComponentDevice | str | None = None,
        token: Secret | None = Secret.from_env_var(["HF_API_TOKEN", "HF_TOKEN"], strict=False),  # noqa: B008
        top_k: int = 20,
        score_threshold: float | None = None,
        max_seq_length: int = 384,
        stride: int = 128,
        max_batch_size: int | None = None,
        no_answer: bool = True,
        model_kwargs: dict[str, Any] | None = None,
        max_answer_length: int = 30,
        max_batch_tokens: int | None = None,
    ) -> None:
        """
        Store and check the settings; the model is loaded by `warm_up`.

        :param model: "default" for the packaged reader, a hub name or a local folder.
        :param device: None chooses by hardware.
        :param token: Hub token for private models.
        :param top_k: Most answers to return, the "no answer" not counted.
        :param score_threshold: Answers of a lower probability are left out; None keeps all.
        :param max_seq_length: Most tokens in a window, question and special tokens included.
        :param stride: Passage tokens that neighboring windows share.
        :param max_batch_size: Most windows in a batch, or None for no such bound.
        :param no_answer: Whether to add an answer with data None, whose score is the probability that no document
            holds an answer.
        :param model_kwargs: Passed to transformers' `from_pretrained`.
        :param max_answer_length: Most tokens in an answer.
        :param max_batch_tokens: Most tokens in a padded batch, or None for what suits the device.
        :raises ValueError: If a number is out of its range.
        """
        _check_top_k(top_k)
        self.model = str(model)
        self.device = device
        self.token = token
        self.top_k = top_k
        self.score_threshold = score_threshold
        self.max_seq_length = max_seq_length
        self.stride = stride
        self.max_batch_size = max_batch_size
        self.no_answer = no_answer
        self.model_kwargs = model_kwargs
        self.max_answer_length = max_answer_length
        self.max_batch_tokens = max_batch_tokens
        self._reader = SpanReader(
            self.model,
            device=_device_name(device),
            token=token.resolve_value() if token is not None else None,
            max_seq_length=max_seq_length,
            stride=stride,
            max_answer_length=max_answer_length,
            max_batch_size=max_batch_size,
            max_batch_tokens=max_batch_tokens,
            model_kwargs=model_kwargs,
        )

    def warm_up(self) -> None:
        """
        Load the model; later calls do nothing.

        :raises ModelError: If it cannot be loaded.
        """
        self._reader.warm_up()

    @component.output_types(answers=list[ExtractedAnswer])
    def run(
        self,
        query: str,
        documents: list[Document],
        top_k: int | None = None,
        score_threshold: float | None = None,
        no_answer: bool | None = None,
    ) -> dict[str, list[ExtractedAnswer]]:
        """
        Read documents for the answer to a question.

        :param query: The question.
        :param documents: Those without words are passed over.
        :param top_k: Overrides the component's own.
        :param score_threshold: Overrides the component's own.
        :param no_answer: Overrides the component's own.
        :returns: A dictionary with the following keys:
            - `answers`: Answers by descending score. `score` is a probability in [0, 1]; `document_offset` is in
              characters of `document.content`; `meta` has "margin", "start_logit", "end_logit" and "null_logit".
        :raises UsageError: If the question is too long.
        :raises ValueError: If `top_k` is below 1.
        """
        top_k = self.top_k if top_k is None else top_k
        threshold = self.score_threshold if score_threshold is None else score_threshold
        no_answer = self.no_answer if no_answer is None else no_answer
        _check_top_k(top_k)
        readable = [document for document in documents if document.content is not None and document.content.strip()]
        hits = [Hit(Passage(str(index), 0, 0, str(document.content)), 0.0) for index, document in enumerate(readable)]
        (candidates,) = read_candidates(self._reader, [query], [hits], top_k=top_k)
        answers = [
            self._answer(query, candidate, readable[int(candidate.hit.passage.file)]) for candidate in candidates
        ]
        best = answers[0].score if answers else 0.0
        answers = [answer for answer in answers if threshold is None or answer.score >= threshold]
        if no_answer:
            answers.append(ExtractedAnswer(query=query, score=1 - best, data=None, meta={}))
            answers.sort(key=lambda answer: -answer.score)
        return {"answers": answers}

    def _answer(self, query: str, candidate: Candidate, document: Document) -> ExtractedAnswer:
        span = candidate.span
        return ExtractedAnswer(
            query=query,
            score=self._reader.calibration.confidence(span.margin),
            data=candidate.hit.passage.text[span.start : span.end],
            document=document,
            document_offset=ExtractedAnswer.Span(span.start, span.end),
            meta={
                "margin": span.margin,
                "start_logit": span.start_logit,
                "end_logit": span.end_logit,
                "null_logit": span.null_logit,
            },
        )

    def to_dict(self) -> dict[str, Any]:
        """Serialize the settings."""
        kwargs = None if self.model_kwargs is None else dict(self.model_kwargs)
        if kwargs is not None:
            serialize_hf_model_kwargs(kwargs)
        return default_to_dict(
            self,
            model=self.model,
            device=self.device,
            token=self.token,
            top_k=self.top_k,
            score_threshold=self.score_threshold,
            max_seq_length=self.max_seq_length,
            stride=self.stride,
            max_batch_size=self.max_batch_size,
            no_answer=self.no_answer,
            model_kwargs=kwargs,
            max_answer_length=self.max_answer_length,
            max_batch_tokens=self.max_batch_tokens,
        )

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "ExtractiveReader":
        """Make the component that `to_dict` serialized."""
        parameters = dict(data["init_parameters"])
        if parameters.get("model_kwargs") is not None:
            parameters["model_kwargs"] = dict(parameters["model_kwargs"])
            deserialize_hf_model_kwargs(parameters["model_kwargs"])
        return default_from_dict(cls, {**data, "init_parameters": parameters})


def _device_name(device: ComponentDevice | str | None) -> str:
    if device is None:
        return "auto"
    return device.to_torch_str() if isinstance(device, ComponentDevice) else device


def _check_top_k(top_k: int) -> None:
    if top_k < 1:
        msg = f"expected top_k to be at least 1, found {top_k}"
        raise ValueError(msg)
