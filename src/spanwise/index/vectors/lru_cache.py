"""What filters selected of one generation, kept for the next query that has the same filter."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

import numpy as np
from numpy.typing import NDArray

KEPT = 8
"""Selections kept: of a million documents one takes 8 MB at most."""

Ids = NDArray[np.int64]


class LRUCache:
    """The newest selections, by what was asked; threads may share it."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._kept: OrderedDict[str, Ids] = OrderedDict()

    def get(self, asked: str, select: Callable[[], Ids]) -> Ids:
        """
        Return the ids that `select` returned when the same was asked before, or returns now.

        :param asked: All that the selection depends on, but for the generation.
        :returns: Document ids, read-only. *Shape:* (n,), int64.
        """
        with self._guard:
            found = self._kept.pop(asked, None)
        if found is None:
            found = select()
            found.flags.writeable = False
        with self._guard:
            self._kept[asked] = found
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found
