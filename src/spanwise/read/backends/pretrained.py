"""Load models of transformers, and refuse what would answer wrongly."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from spanwise.errors import ModelError
from spanwise.runtime.hub import hub_options, quiet_loading, reason
from spanwise.runtime.model_folder import require_sound

if TYPE_CHECKING:
    from transformers import PreTrainedModel


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
    from transformers import AutoModelForQuestionAnswering

    # transformers keeps a file's dtype otherwise, and float16 products on a CPU are fifteen times slower.
    options = {"dtype": torch.float32, "token": token, **hub_options(model, options), **options}
    require_sound(Path(model))
    if (Path(model) / "adapter_config.json").is_file():
        msg = f"expected a whole model in {model}, found an adapter, which names another model: merge the two first"
        raise ModelError(msg)
    options["use_safetensors"] = options.get("use_safetensors") is not False
    try:
        with quiet_loading():
            loaded, info = AutoModelForQuestionAnswering.from_pretrained(model, output_loading_info=True, **options)
    except Exception as error:  # of any kind: what libraries raise for unknown files has no common base class
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
