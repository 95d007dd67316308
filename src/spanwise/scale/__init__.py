"""The same work on several machines, on Ray."""

from typing import TYPE_CHECKING

from spanwise.lazy import lazy_exports

if TYPE_CHECKING:
    from spanwise.scale.answering.spread import spread_corpus as spread_corpus
    from spanwise.scale.cluster import connected as connected
    from spanwise.scale.engine import RayEngine as RayEngine

__all__, __getattr__ = lazy_exports(__name__)
