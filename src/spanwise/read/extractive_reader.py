"""The reader as a Haystack component."""

import asyncio
from collections.abc import Hashable
from inspect import signature
from pathlib import Path
from typing import Any

from haystack import Document, ExtractedAnswer, component, default_from_dict, default_to_dict
from haystack.utils import ComponentDevice, Secret
from haystack.utils.hf import deserialize_hf_model_kwargs, serialize_hf_model_kwargs

from spanwise.calibration import Calibration
from spanwise.checks import check_positive
from spanwise.read.reader import ReadRequest, SpanReader
from spanwise.read.settings import ReaderSettings
from spanwise.runtime.default_reader import DEFAULT_READER
from spanwise.types import Span

# Pairs of meta fields that say which text a document is a slice of, and where it begins there: those of this project's
# passages, and those of Haystack's splitters.
PLACES = (("file_path", "source_start"), ("source_id", "split_idx_start"))

# Settings that `ReaderSettings` has under the same names.
SHARED = (
    *("max_seq_length", "stride", "max_answer_length", "max_batch_size", "max_batch_tokens"),
    *("null_answer", "backend", "precision", "torch_compile"),
)


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
        null_answer: bool | None = None,
        *,
        backend: str = "auto",
        precision: str = "auto",
        devices: list[str] | None = None,
        torch_compile: bool = False,
    ) -> None:
        """
        Store and check the settings; the model is loaded by `warm_up`.

        :param model: "default" for the packaged reader, a hub name or a local folder.
        :param device: None chooses by hardware; one with several devices becomes the model's device map.
        :param token: Hub token for private models.
        :param top_k: Most answers to return, the "no answer" not counted.
        :param score_threshold: Answers of a lower probability are left out; None keeps all.
        :param max_seq_length: Most tokens in a window, question and special tokens included.
        :param stride: Passage tokens that neighboring windows share.
        :param max_batch_size: Most windows in a batch, or None for no such bound.
        :param no_answer: Whether to add an answer with data None, whose score is the probability that no document
            holds an answer.
        :param model_kwargs: Passed to transformers' `from_pretrained`, for example "revision", "dtype" or "device_map".
        :param max_answer_length: Most tokens in an answer.
        :param max_batch_tokens: Most tokens in a padded batch, or None for what suits the device.
        :param null_answer: Whether the model was trained to say "no answer", as SQuAD 2.0 asks for and SQuAD 1.1 does
            not; None takes what its calibration file says, or what is known of it by name, and else True.
        :param backend: "torch", "onnx", or "auto": ONNX Runtime for a folder with a graph on a CPU, else PyTorch.
        :param precision: "fp32", which is exact; "int8", of ONNX Runtime on a CPU; "bf16" or "fp16", of PyTorch; or
            "auto": the fastest that hardware and model allow and that leaves answers much the same.
        :param devices: Several devices for PyTorch, each of which reads a share of the windows, as ["cuda:0",
            "cuda:1"]; None for the one `device`.
        :param torch_compile: Whether PyTorch compiles the model at its first batches, which takes a minute.
        :raises ValueError: If a number is out of its range, or the last four contradict one another.
        """
        check_positive(top_k=top_k)
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
        self.null_answer = null_answer
        self.backend = backend
        self.precision = precision
        self.devices = devices
        self.torch_compile = torch_compile
        device_name, options = _placement(device, model_kwargs)
        self._reader = SpanReader(
            ReaderSettings(
                self.model,
                device=device_name,
                token=None if token is None else token.resolve_value(),
                model_kwargs=options,
                devices=() if devices is None else tuple(devices),
                **{name: getattr(self, name) for name in SHARED},
            )
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
        :param documents: Those without words are passed over. Answers that overlap in one source text, as given by the
            meta fields "file_path" and "source_start" or "source_id" and "split_idx_start", are one answer.
        :param top_k: Overrides the component's own.
        :param score_threshold: Overrides the component's own.
        :param no_answer: Overrides the component's own.
        :returns: A dictionary with the following keys:
            - `answers`: Answers by descending score. `score` is a probability in [0, 1]; `document_offset` is in
              characters of `document.content`; `meta` has "margin", "start_logit", "end_logit" and "null_logit", and
              "answer_page_number" where the document's meta has "page_number".
        :raises UsageError: If the question is too long.
        :raises ModelError: If the model cannot be loaded, or is broken.
        :raises ValueError: If `top_k` is below 1.
        """
        batch = self.run_batch([query], [documents], top_k, score_threshold, no_answer)
        return {"answers": batch["answers"][0]}

    @component.output_types(answers=list[ExtractedAnswer])
    async def run_async(
        self,
        query: str,
        documents: list[Document],
        top_k: int | None = None,
        score_threshold: float | None = None,
        no_answer: bool | None = None,
    ) -> dict[str, list[ExtractedAnswer]]:
        """
        Read documents in a thread of its own; parameters, result and errors are those of `run`.

        :returns: A dictionary with the following keys:
            - `answers`: Answers by descending score.
        """
        return await asyncio.to_thread(self.run, query, documents, top_k, score_threshold, no_answer)

    def run_batch(
        self,
        queries: list[str],
        documents: list[list[Document]],
        top_k: int | None = None,
        score_threshold: float | None = None,
        no_answer: bool | None = None,
    ) -> dict[str, list[list[ExtractedAnswer]]]:
        """
        Read documents for the answers to many questions, which share batches.

        :param queries: The questions.
        :param documents: For each question the documents to read.
        :param top_k: Most answers to each question; overrides the component's own.
        :param score_threshold: Overrides the component's own.
        :param no_answer: Overrides the component's own.
        :returns: A dictionary with the following keys:
            - `answers`: For each question what `run` returns for it.
        :raises UsageError: If a question is too long.
        :raises ModelError: If the model cannot be loaded, or is broken.
        :raises ValueError: If `top_k` is below 1, or there are not as many lists of documents as questions.
        """
        top_k = self.top_k if top_k is None else top_k
        threshold = self.score_threshold if score_threshold is None else score_threshold
        no_answer = self.no_answer if no_answer is None else no_answer
        check_positive(top_k=top_k)
        if len(queries) != len(documents):
            msg = (
                f"expected a list of documents for each of {len(queries)} questions, found {len(documents)}; "
                "for the same documents each time pass [documents] * len(queries)"
            )
            raise ValueError(msg)
        asked = [
            (number, document)
            for number, found in enumerate(documents)
            for document in found
            if document.content is not None and document.content.strip()
        ]
        requests = [_request(queries[number], document, number) for number, document in asked]
        ranked = self._reader.read_ranked(requests, top_k=top_k)
        calibration = self._reader.calibration
        nested = []
        for number, query in enumerate(queries):
            answers = [_answer(query, asked[index][1], span, calibration) for index, span in ranked.get(number, [])]
            nested.append(_finished(query, answers, threshold, no_answer=no_answer))
        return {"answers": nested}

    def to_dict(self) -> dict[str, Any]:
        """Serialize the settings, what `model_kwargs` has of PyTorch by name."""
        settings = {name: getattr(self, name) for name in signature(self.__init__).parameters}  # type: ignore[misc]
        if self.model_kwargs is not None:
            settings["model_kwargs"] = dict(self.model_kwargs)
            serialize_hf_model_kwargs(settings["model_kwargs"])
        return default_to_dict(self, **settings)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "ExtractiveReader":
        """Make the component that `to_dict` serialized."""
        parameters = dict(data["init_parameters"])
        if parameters.get("model_kwargs") is not None:
            parameters["model_kwargs"] = dict(parameters["model_kwargs"])
            deserialize_hf_model_kwargs(parameters["model_kwargs"])
        return default_from_dict(cls, {**data, "init_parameters": parameters})


def _request(query: str, document: Document, rank: Hashable) -> ReadRequest:
    """
    Return a document with words as a passage to read for a question.

    :param rank: Names the question among all of a batch.
    """
    source, begin = document.id, 0
    for name, offset in PLACES:
        if document.meta.get(name) is not None and isinstance(document.meta.get(offset), int):
            source, begin = str(document.meta[name]), document.meta[offset]
            break
    return ReadRequest(query, str(document.content), (rank, source), rank, begin)


def _answer(query: str, document: Document, span: Span, calibration: Calibration) -> ExtractedAnswer:
    """Return a span of a document as an answer."""
    content = str(document.content)
    meta = {name: getattr(span, name) for name in ("margin", "start_logit", "end_logit", "null_logit")}
    page = document.meta.get("page_number")
    if isinstance(page, int):
        meta["answer_page_number"] = page + content.count("\f", 0, span.start)
    return ExtractedAnswer(
        query=query,
        score=calibration.confidence(span.margin),
        data=content[span.start : span.end],
        document=document,
        document_offset=ExtractedAnswer.Span(span.start, span.end),
        meta=meta,
    )


def _finished(
    query: str, answers: list[ExtractedAnswer], threshold: float | None, *, no_answer: bool
) -> list[ExtractedAnswer]:
    """Leave out what is below the threshold, and add the "no answer"."""
    best = answers[0].score if answers else 0.0
    kept = [answer for answer in answers if threshold is None or answer.score >= threshold]
    if no_answer:
        kept.append(ExtractedAnswer(query=query, score=1 - best, data=None, meta={}))
        kept.sort(key=lambda answer: -answer.score)
    return kept


def _placement(
    device: ComponentDevice | str | None, model_kwargs: dict[str, Any] | None
) -> tuple[str, dict[str, Any] | None]:
    """Return a device's name, and the model's options with a device map if there are several devices."""
    if isinstance(device, ComponentDevice):
        if not device.has_multiple_devices:
            return device.to_torch_str(), model_kwargs
        return "auto", {"device_map": device.to_hf(), **({} if model_kwargs is None else model_kwargs)}
    return "auto" if device is None else device, model_kwargs
