"""Load models of transformers, and refuse what would answer wrongly."""

import inspect
import pickle
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spanwise.errors import ModelError
from spanwise.read.backends.limits import max_positions, takes_types
from spanwise.read.template import PairFormat
from spanwise.runtime.hub import hub_options, reason
from spanwise.runtime.quiet import quiet_loading
from spanwise.runtime.tokenizer import LOADING_ERRORS, require_fast, without_limits

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True)
class Inputs:
    """
    How a model's inputs are made.

    :param tokenizer: Its tokenizer, a copy without truncation or padding.
    :param pair_format: How it sets a question and a passage beside one another.
    :param pad_id: The token that fills a batch.
    :param max_positions: Most tokens of one input, special tokens included.
    :param takes_types: Whether it is given token types.
    """

    tokenizer: "Tokenizer"
    pair_format: PairFormat
    pad_id: int
    max_positions: int
    takes_types: bool


def inputs_of(model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase") -> Inputs:
    """
    Return how the inputs of a model are made with its tokenizer.

    :raises ModelError: If the tokenizer is a slow one, or knows far fewer tokens than the model.
    """
    from tokenizers import Tokenizer

    config, parameters = model.config.to_dict(), inspect.signature(model.forward).parameters
    require_fast(tokenizer)
    known = config.get("vocab_size")
    # transformers makes an empty tokenizer where a model comes without its tokenizer's files.
    if known is not None and 2 * len(tokenizer) < known:
        msg = (
            f"expected a tokenizer of about {known} tokens, found {len(tokenizer)} in {tokenizer.name_or_path!r}; "
            "save the model's own tokenizer beside it"
        )
        raise ModelError(msg)
    null = tokenizer.cls_token_id if tokenizer.cls_token_id is not None else tokenizer.bos_token_id
    return Inputs(
        tokenizer=without_limits(Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())),
        # The scripts that fine-tune for question answering set the passage first where padding is on the left.
        pair_format=PairFormat(passage_first=tokenizer.padding_side == "left", null_token=null),
        pad_id=0 if tokenizer.pad_token_id is None else int(tokenizer.pad_token_id),
        max_positions=max_positions(config, tokenizer.model_max_length),
        takes_types=takes_types(config, parameters, tokenizer.init_kwargs.get("model_input_names")),
    )


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


def _no_model(model: str, error: Exception, *, safetensors: bool) -> ModelError:
    from safetensors import SafetensorError

    remedy = "check the name; a private model needs a token"
    if isinstance(error, SafetensorError):
        remedy = "its weights are damaged or cut short: copy or download them again"
    if safetensors and "safetensors" in str(error):
        remedy = "convert it to safetensors, or, if you trust its files, pass model_kwargs={'use_safetensors': False}"
    return ModelError(f"expected a question-answering model named {model!r}, found none ({reason(error)}); {remedy}")
