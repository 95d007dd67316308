"""Make a pipeline from the names or objects that transformers' `pipeline` took."""

from typing import TYPE_CHECKING, Any

from spanwise.compat.options import CallOptions
from spanwise.compat.question_answering import QuestionAnsweringPipeline
from spanwise.read.backends.load import load_backend
from spanwise.read.backends.torch import TorchBackend
from spanwise.read.settings import ReaderSettings
from spanwise.runtime.default_reader import DEFAULT_READER
from spanwise.runtime.device import resolve_device

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def pipeline(
    task: str | None = None,
    model: "str | PreTrainedModel | None" = None,
    *,
    tokenizer: "str | PreTrainedTokenizerBase | None" = None,
    revision: str | None = None,
    token: str | bool | None = None,
    device: "int | str | torch.device | None" = None,
    device_map: Any = None,
    dtype: Any = None,
    torch_dtype: Any = None,
    trust_remote_code: bool | None = None,
    model_kwargs: dict[str, Any] | None = None,
    **options: Any,
) -> QuestionAnsweringPipeline:
    """
    Make a question-answering pipeline, as transformers did until 5.2.

    ```python
    from spanwise.compat import pipeline

    nlp = pipeline("question-answering")
    print(nlp({"question": "Which port does it use?", "context": "The server listens on port 8443."}))
    ```

    :param task: "question-answering", the only one.
    :param model: A hub name, a local folder, or a loaded model; None for the packaged reader.
    :param tokenizer: A hub name, a local folder, or a loaded tokenizer; None for the model's own.
    :param revision: Branch, tag or commit on the hub.
    :param token: Hub token for private models.
    :param device: -1 for the CPU, the number of a GPU, or a name; None chooses by hardware, and leaves a loaded model
        where it is.
    :param device_map: Where to put the parts of a model.
    :param dtype: What to compute in; None for float32.
    :param torch_dtype: What `dtype` was called before.
    :param trust_remote_code: Whether to run code that comes with the model.
    :param model_kwargs: More arguments of `from_pretrained`.
    :param options: Options of calls that do not give them; see `spanwise.compat.options.CallOptions`.
    :raises KeyError: If the task is another one.
    :raises TypeError: If an option is unknown, or a loaded model comes without its tokenizer.
    :raises ValueError: If a number is out of its range.
    :raises ModelError: If the model cannot be loaded.
    """
    if task not in (None, QuestionAnsweringPipeline.task):
        msg = f"expected the task 'question-answering', found {task!r}; transformers itself has the others"
        raise KeyError(msg)
    CallOptions.of(options)  # before a model is loaded
    place = _device_name(device)
    dtype = torch_dtype if dtype is None else dtype
    if model is None or isinstance(model, str):
        given = {"revision": revision, "trust_remote_code": trust_remote_code, "dtype": dtype, "device_map": device_map}
        kwargs = {**({} if model_kwargs is None else model_kwargs), **{k: v for k, v in given.items() if v is not None}}
        name = DEFAULT_READER if model is None else model
        other = None if isinstance(tokenizer, str) and tokenizer == model else tokenizer
        settings = ReaderSettings(
            name,
            device="auto" if place is None else place,
            token=token,
            model_kwargs=kwargs,
            precision="auto" if {"dtype", "torch_dtype"} & kwargs.keys() else "fp32",
        )
        return QuestionAnsweringPipeline(load_backend(settings, tokenizer=other), model=name, defaults=options)
    if tokenizer is None or isinstance(tokenizer, str):
        msg = f"expected a loaded tokenizer beside a loaded model, found {tokenizer!r}; pass tokenizer=AutoTokenizer..."
        raise TypeError(msg)
    backend = TorchBackend(model, tokenizer, device=None if place is None else resolve_device(place))
    return QuestionAnsweringPipeline(backend, model=type(model).__name__, defaults=options)


def _device_name(device: "int | str | torch.device | None") -> str | None:
    """Return a device's name; transformers numbered the GPUs, and the CPU was -1."""
    if device is None:
        return None
    if isinstance(device, int):
        return f"cuda:{device}" if device >= 0 else "cpu"
    return str(device)
