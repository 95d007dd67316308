"""The model that is trained, set up as a recipe says."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spanwise.errors import ModelError
from spanwise.read.backends.base import ModelInputs
from spanwise.runtime.default_embedder import embedder_folder
from spanwise.runtime.default_reader import DEFAULT_READER, reader_folder
from spanwise.runtime.hub import hub_options, quiet_loading
from spanwise.runtime.model_folder import folder_fingerprint
from spanwise.runtime.tokenizer import load_fast_tokenizer

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from spanwise.train.recipe import Recipe


@dataclass(frozen=True, slots=True)
class TrainableModel:
    """A model to train, with its tokenizer and what it takes."""

    model: "PreTrainedModel"
    tokenizer: "PreTrainedTokenizerBase"
    inputs: ModelInputs


def model_source(name: str) -> str:
    """Return the folder of a packaged model or of one's own, or else the name itself, which is the hub's."""
    folder = reader_folder(name) if name == DEFAULT_READER else embedder_folder(name)
    return str(folder) if folder.is_dir() else name


def load_trainable_model(recipe: "Recipe", *, device: str, token: str | None = None) -> TrainableModel:
    """
    Load the recipe's model; a new question-answering head is drawn from PyTorch's generator.

    :param device: That it will be trained on.
    :raises ModelError: If it cannot be loaded, has a slow tokenizer or takes fewer tokens than the windows have.
    """
    import torch
    from transformers import AutoConfig, AutoModelForQuestionAnswering

    source = model_source(recipe.model)
    local = hub_options(source)
    try:
        with quiet_loading():
            config = AutoConfig.from_pretrained(source, token=token, **local)
            _set_dropout(config, recipe.dropout, recipe.attention_dropout)
            # Pickled weights, of which some encoders have no others, are read by transformers as plain tensors only.
            model: PreTrainedModel = AutoModelForQuestionAnswering.from_pretrained(
                source, config=config, dtype=torch.float32, token=token, **local
            )
    except Exception as error:  # of any kind: what libraries raise for unknown files has no common base class
        reason = str(error).strip().partition("\n")[0]
        option = "--model" if recipe.distill is None else "--student"
        msg = (
            f"expected a model to train named {recipe.model!r}, found none ({reason}); "
            f"name a folder or a hub model with {option}"
        )
        raise ModelError(msg) from error
    if recipe.head_dropout is not None:
        _add_head_dropout(model, recipe.head_dropout)
    _freeze(model, recipe.freeze)
    if device == "cpu" and recipe.dtype == "bfloat16":
        from spanwise.train.attention import attend_by_products

        attend_by_products(model)
    if recipe.gradient_checkpointing:
        getattr(model, "activation_checkpointing_enable", model.gradient_checkpointing_enable)()
    return with_tokenizer(model, recipe.model, recipe.max_seq_length, token)


def with_tokenizer(model: "PreTrainedModel", name: str, max_seq_length: int, token: str | None) -> TrainableModel:
    """
    Load the tokenizer of a model.

    :param name: The model's.
    :param max_seq_length: Tokens that it is to take.
    :raises ModelError: If there is only a slow one, or the model takes fewer tokens.
    """
    tokenizer = load_fast_tokenizer(model_source(name), token=token, options={})
    inputs = ModelInputs.of_model(model, tokenizer)
    if max_seq_length > inputs.max_positions:
        msg = (
            f"expected a max_seq_length of at most {inputs.max_positions}, which is what {name!r} takes, "
            f"found {max_seq_length}; pass a smaller one"
        )
        raise ModelError(msg)
    return TrainableModel(model, tokenizer, inputs)


def _set_dropout(config: Any, share: float | None, of_attention: float | None) -> None:
    """Set the dropout probabilities of a configuration that are given; their names differ by architecture."""
    for name, value in config.to_dict().items():
        if ("dropout" in name or name.endswith("pdrop")) and isinstance(value, float):
            chosen = of_attention if of_attention is not None and name.startswith("att") else share
            if chosen is not None:
                setattr(config, name, chosen)


def _add_head_dropout(model: "PreTrainedModel", share: float) -> None:
    head = getattr(model, "qa_outputs", None)
    if head is None:
        msg = f"expected a model with a qa_outputs layer for head_dropout, found {type(model).__name__}; leave it out"
        raise ModelError(msg)

    def drop(layer: "torch.nn.Module", inputs: tuple["torch.Tensor", ...]) -> tuple["torch.Tensor", ...]:
        from torch.nn.functional import dropout

        return dropout(inputs[0], share, training=layer.training), *inputs[1:]

    head.register_forward_pre_hook(drop)


def _freeze(model: "PreTrainedModel", words: tuple[str, ...]) -> None:
    for word in words:
        found = [parameter for name, parameter in model.named_parameters() if word in name]
        if not found:
            some = ", ".join(name for name, _ in list(model.named_parameters())[:3])
            msg = f"expected parameters with {word!r} in their name to freeze, found none in names such as {some}"
            raise ModelError(msg)
        for parameter in found:
            parameter.requires_grad_(False)


def model_fingerprint(name: str) -> str:
    """Return what tells a model from another: the fingerprint of a folder with safetensors weights, else the name."""
    folder = Path(model_source(name))
    return folder_fingerprint(folder) if next(folder.glob("*.safetensors"), None) else name
