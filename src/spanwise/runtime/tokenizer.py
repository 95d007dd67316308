"""Load the tokenizer of a model, without loading the model."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from spanwise.errors import ModelError
from spanwise.runtime.hub import hub_options, quiet_loading, reason
from spanwise.runtime.model_folder import require_small, require_sound

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerBase

# Options of `from_pretrained` that say where files come from, and so hold for model and tokenizer alike.
SOURCE_OPTIONS = frozenset(
    {"cache_dir", "force_download", "local_files_only", "revision", "subfolder", "token", "trust_remote_code"}
)


def load_tokenizer(model: Path | str, *, options: dict[str, Any] | None = None) -> "Tokenizer":
    """
    Load a fast tokenizer, without truncation or padding.

    :param model: A folder or a hub name.
    :param options: As for `load_fast_tokenizer`.
    :raises ModelError: If there is none, it is too large, or the model has only a slow one.
    """
    from tokenizers import Tokenizer

    file = Path(model) / "tokenizer.json"
    if file.is_file():
        require_small(file)
        try:
            return without_limits(Tokenizer.from_file(str(file)))
        except Exception as error:  # the library has no error of its own for this
            msg = f"expected a tokenizer in {file}, found none ({reason(error)}); copy or download it again"
            raise ModelError(msg) from error
    loaded: Tokenizer = load_fast_tokenizer(str(model), token=None, options=options or {}).backend_tokenizer
    return without_limits(loaded)


def without_limits(tokenizer: "Tokenizer") -> "Tokenizer":
    """Take truncation and padding away from a tokenizer, and return it."""
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def load_fast_tokenizer(model: str, *, token: str | bool | None, options: dict[str, Any]) -> "PreTrainedTokenizerBase":
    """
    Load a tokenizer that knows where in the text its tokens stand.

    :param options: Of these, the ones that say where files come from are used.
    :raises ModelError: If there is none, or only a slow one.
    """
    from transformers import AutoTokenizer

    require_sound(Path(model))
    source = {name: value for name, value in options.items() if name in SOURCE_OPTIONS}
    source = {"token": token, **hub_options(model, source), **source}
    with quiet_loading(f"a tokenizer for {model!r}"):
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(model, **source)
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
