"""Load models without their libraries' progress bars and reports; what is shown is the caller's to decide."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_loading() -> Iterator[None]:
    """Switch off transformers' progress bars and all that it and the hub's library say below an error for a while."""
    from huggingface_hub.utils import logging as hub_logging
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    verbosities = [(library, library.get_verbosity()) for library in (logging, hub_logging)]
    logging.disable_progress_bar()
    for library, _ in verbosities:
        library.set_verbosity_error()
    try:
        yield
    finally:
        for library, verbosity in verbosities:
            library.set_verbosity(verbosity)
        if shown:
            logging.enable_progress_bar()
