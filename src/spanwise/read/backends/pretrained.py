"""Load models and tokenizers of transformers, and refuse what would answer wrongly."""

import pickle
from typing import TYPE_CHECKING, Any

from spanwise.errors import ModelError
from spanwise.runtime.hub import hub_options
from spanwise.runtime.quiet import quiet_loading

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# Options of `from_pretrained` that say where files come from, and so hold for model and tokenizer alike.
SOURCE_OPTIONS = frozenset(
    {"cache_dir", "force_download", "local_files_only", "revision", "subfolder", "token", "trust_remote_code"}
)

# What `from_pretrained` raises for what is missing, damaged, of another shape, or needs a package that is not there.
LOADING_ERRORS = (OSError, ValueError, RuntimeError, ImportError, KeyError)


def load_model(model: str, *, token: str | bool | None, options: dict[str, Any]) -> "PreTrainedModel":
    """
    Load a question-answering model.

    :param model: A hub name or a local folder.
    :param token: Hub token for private models, or None.
    :param options: Passed to `from_pretrained`; "dtype" is float32 unless it is given, and only safetensors are read
        unless "use_safetensors" is False.
    :raises ModelError: If there is no such model, the hub cannot be reached, files are damaged, or no head is trained.
    """
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForQuestionAnswering

    # transformers keeps a file's dtype otherwise, and float16 products on a CPU are fifteen times slower.
    options = {"dtype": torch.float32, "token": token, **hub_options(model, options), **options}
    options["use_safetensors"] = options.get("use_safetensors") is not False
    try:
        with quiet_loading():
            loaded, info = AutoModelForQuestionAnswering.from_pretrained(model, output_loading_info=True, **options)
    except (*LOADING_ERRORS, SafetensorError, EOFError, pickle.UnpicklingError) as error:
        raise _no_model(model, error, safetensors=options["use_safetensors"]) from error
    untrained = [*info["missing_keys"], *(entry[0] for entry in info["mismatched_keys"])]
    if untrained:
        msg = (
            f"expected a model with a trained question-answering head, found {model!r} "
            f"without {', '.join(sorted(untrained))}; name a model fine-tuned on SQuAD"
        )
        raise ModelError(msg)
    result: PreTrainedModel = loaded
    return result


def load_fast_tokenizer(model: str, *, token: str | bool | None, options: dict[str, Any]) -> "PreTrainedTokenizerBase":
    """
    Load a tokenizer that knows where in the text its tokens stand.

    :param options: Of these, the ones that say where files come from are used.
    :raises ModelError: If there is none, or only a slow one.
    """
    from transformers import AutoTokenizer

    source = {name: value for name, value in options.items() if name in SOURCE_OPTIONS}
    source = {"token": token, **hub_options(model, source), **source}
    try:
        with quiet_loading():
            tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(model, **source)
    except LOADING_ERRORS as error:
        msg = f"expected a tokenizer for {model!r}, found none ({_first_line(error)})"
        raise ModelError(msg) from error
    require_fast(tokenizer)
    return tokenizer


def require_fast(tokenizer: "PreTrainedTokenizerBase") -> None:
    """
    Refuse a tokenizer that does not know where in the text its tokens stand.

    :raises ModelError: If it is one.
    """
    if not tokenizer.is_fast:
        msg = (
            f"expected a fast tokenizer, found {type(tokenizer).__name__} in {tokenizer.name_or_path!r}; "
            "name a model that has a tokenizer.json"
        )
        raise ModelError(msg)


def require_vocabulary(tokenizer: "PreTrainedTokenizerBase", vocabulary_size: int | None) -> None:
    """
    Refuse a tokenizer that knows far fewer tokens than the model, to which all words would be unknown.

    transformers makes an empty tokenizer where a model comes without its tokenizer's files.

    :param vocabulary_size: How many tokens the model knows; None where its configuration does not say.
    :raises ModelError: If it is one.
    """
    if vocabulary_size is not None and 2 * len(tokenizer) < vocabulary_size:
        msg = (
            f"expected a tokenizer of about {vocabulary_size} tokens, found {len(tokenizer)} in "
            f"{tokenizer.name_or_path!r}; save the model's own tokenizer beside it"
        )
        raise ModelError(msg)


def _no_model(model: str, error: Exception, *, safetensors: bool) -> ModelError:
    from safetensors import SafetensorError

    reason = _first_line(error)
    remedy = "check the name; a private model needs a token"
    if isinstance(error, SafetensorError):
        remedy = "its weights are damaged or cut short: copy or download them again"
    if safetensors and "safetensors" in str(error):
        remedy = "convert it to safetensors, or, if you trust its files, pass model_kwargs={'use_safetensors': False}"
    return ModelError(f"expected a question-answering model named {model!r}, found none ({reason}); {remedy}")


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
