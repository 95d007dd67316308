"""Cut source texts into passages."""

from typing import TYPE_CHECKING

from spanwise.lazy import lazy_exports

if TYPE_CHECKING:
    from spanwise.split.passage_splitter import PassageSplitter as PassageSplitter
    from spanwise.split.splitter import Splitter as Splitter
    from spanwise.split.splitter import SplitterSettings as SplitterSettings

__all__, __getattr__ = lazy_exports(__name__)
