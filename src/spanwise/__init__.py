"""Answers from a folder of documents, in its own words, with file, page, offset and confidence."""

import os
import sys
from typing import TYPE_CHECKING

from spanwise.lazy import lazy_exports

# Every import of spanwise comes by here first. These libraries tell their makers of their use unless they find this
# when they are imported; where the program imported one before, the program has chosen.
for _library, _variable, _off in (
    ("haystack", "HAYSTACK_TELEMETRY_ENABLED", "False"),
    ("huggingface_hub", "HF_HUB_DISABLE_TELEMETRY", "1"),
    ("onnxruntime", "ORT_DISABLE_TELEMETRY", "1"),
):
    if _library not in sys.modules:
        os.environ.setdefault(_variable, _off)

if TYPE_CHECKING:
    from spanwise.errors import SpanwiseError as SpanwiseError
    from spanwise.pipeline.corpus import Corpus as Corpus
    from spanwise.pipeline.sync.targets import SyncOptions as SyncOptions
    from spanwise.types import Answer as Answer
    from spanwise.types import QueryResult as QueryResult
    from spanwise.types import SyncReport as SyncReport

__version__ = "0.2.0"
__all__, __getattr__ = lazy_exports(__name__)
