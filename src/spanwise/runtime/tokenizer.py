"""Load the tokenizer of a model, without loading the model."""

from pathlib import Path
from typing import TYPE_CHECKING

from spanwise.errors import ModelError
from spanwise.runtime.hub import hub_options
from spanwise.runtime.quiet import quiet_loading

if TYPE_CHECKING:
    from tokenizers import Tokenizer


def load_tokenizer(model: Path | str, *, token: str | None = None) -> "Tokenizer":
    """
    Load a fast tokenizer, without truncation or padding.

    :param model: A folder or a hub name.
    :param token: Hub token for private models, or None.
    :raises ModelError: If there is none, or the model has only a slow one.
    """
    from tokenizers import Tokenizer

    file = Path(model) / "tokenizer.json"
    tokenizer = Tokenizer.from_file(str(file)) if file.is_file() else _from_transformers(str(model), token)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _from_transformers(model: str, token: str | None) -> "Tokenizer":
    from transformers import AutoTokenizer

    local = hub_options(model)
    try:
        with quiet_loading():
            loaded = AutoTokenizer.from_pretrained(model, token=token, **local)
    except (OSError, ValueError) as error:
        msg = f"expected a tokenizer for {model!r}, found none ({str(error).partition(chr(10))[0]})"
        raise ModelError(msg) from error
    backend: Tokenizer | None = getattr(loaded, "backend_tokenizer", None)
    if backend is None:
        msg = f"expected a model with a fast tokenizer, found {type(loaded).__name__} in {model!r}"
        raise ModelError(msg)
    return backend
