"""Models of the hub: whether it answers, found out before a library tries for half a minute; and loading in silence."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from logging import ERROR, getLogger
from pathlib import Path
from typing import Any

from spanwise.errors import ModelError

_NO_CODE = {"trust_remote_code": False}
TIMEOUT = 5  # seconds to connect


def require_folder(model: str) -> None:
    """
    Check that a model which is named as a place of this machine is there.

    :raises ModelError: If it is not.
    """
    folder = Path(os.path.expanduser(model))
    if not folder.is_dir() and (folder.is_absolute() or model.startswith(".")):
        msg = f"expected a model folder at {folder}, found none; name a folder or a model of the hub"
        raise ModelError(msg)


def hub_options(model: str, options: Mapping[str, Any] | None = None) -> dict[str, bool]:
    """
    Return what a loader is to be given beside a model's name.

    That is, that no code of the model's is run, and, for a folder or where the hub does not answer, that nothing is
    fetched.

    :param model: A hub name; for a folder there is nothing to find out.
    :param options: What the loader is given already; these count: "cache_dir", "revision" and "local_files_only".
    :raises ModelError: If the hub cannot be reached, and the model was not loaded from it before.
    """
    from huggingface_hub import constants, try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    options = {} if options is None else options
    if Path(model).is_dir() or options.get("local_files_only"):
        return {**_NO_CODE, "local_files_only": True}
    unreachable = None if constants.HF_HUB_OFFLINE else _unreachable(constants.ENDPOINT)
    if unreachable is None:
        return dict(_NO_CODE)
    source = {name: options[name] for name in ("cache_dir", "revision") if options.get(name) is not None}
    try:
        cached = isinstance(try_to_load_from_cache(model, "config.json", **source), str)
    except HFValidationError:  # no name that a hub could have: the loader says so
        cached = True
    if not cached:
        msg = (
            f"expected a model folder {model!r}, or a model of that name on the hub, found no folder, and "
            f"{constants.ENDPOINT} cannot be reached ({unreachable}); check the name and the network"
        )
        raise ModelError(msg)
    return {**_NO_CODE, "local_files_only": True}


@contextmanager
def quiet_loading(wanted: str | None = None, remedy: str = "") -> Iterator[None]:
    """
    Switch off transformers' progress bars and all that it and its sisters say below an error for a while.

    What is shown is the caller's to decide.

    :param wanted: What is loaded, for an error of one line in place of a library's; None lets that pass.
    :param remedy: What to do where there is none, for that error.
    :raises ModelError: If something is wanted, and a library raises anything.
    """
    from huggingface_hub.utils import logging as hub_logging
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    verbosities = [(library, library.get_verbosity()) for library in (logging, hub_logging)]
    sentences = getLogger("sentence_transformers")
    level = sentences.level
    sentences.setLevel(ERROR)
    logging.disable_progress_bar()
    for library, _ in verbosities:
        library.set_verbosity_error()
    try:
        yield
    except Exception as error:  # of any kind: what libraries raise for unknown files has no common base class
        if wanted is None:
            raise
        msg = f"expected {wanted}, found none ({reason(error)}){remedy}"
        raise ModelError(msg) from error
    finally:
        sentences.setLevel(level)
        for library, verbosity in verbosities:
            library.set_verbosity(verbosity)
        if shown:
            logging.enable_progress_bar()


def reason(error: Exception) -> str:
    """Return in one line why a library could not load a model."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE and "connect to" in str(error):
        return "it was not loaded from the hub before, and HF_HUB_OFFLINE keeps from asking it"
    return str(error).strip().partition("\n")[0]


def _unreachable(endpoint: str) -> str | None:
    """Return why no answer comes from an address; None if one does, whatever it says."""
    from huggingface_hub import get_session

    try:
        get_session().head(endpoint, timeout=TIMEOUT, follow_redirects=False)
    except Exception as error:  # of the hub's HTTP library, which differs by its version
        return str(error).partition("\n")[0] or type(error).__name__
    return None
