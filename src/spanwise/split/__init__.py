"""Cut source texts into passages."""

from typing import TYPE_CHECKING

from spanwise.lazy import lazy_attributes

if TYPE_CHECKING:
    from spanwise.split.passage_splitter import PassageSplitter
    from spanwise.split.splitter import Splitter, SplitterSettings

__all__ = ["PassageSplitter", "Splitter", "SplitterSettings"]

__getattr__ = lazy_attributes(
    __name__,
    {
        "PassageSplitter": "spanwise.split.passage_splitter",
        "Splitter": "spanwise.split.splitter",
        "SplitterSettings": "spanwise.split.splitter",
    },
)
