"""Files converted and split in a process beside the one that indexes."""

from typing import TYPE_CHECKING

from spanwise.lazy import lazy_exports

if TYPE_CHECKING:
    from spanwise.pipeline.converting.conversion_worker import ConversionWorker as ConversionWorker

__all__, __getattr__ = lazy_exports(__name__)
