"""Find equal windows, so that a teacher reads each only once."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spanwise.train.inputs.features import Feature


@dataclass(frozen=True, slots=True)
class UniqueWindows:
    """
    Windows without repetition.

    :param features: One of each, in the order of their first.
    :param rows: For each window of the training, where in `features` it is. *Shape:* (n_windows,), int64.
    :param sha256: Hex digest of the tokens of `features`.
    """

    features: list[Feature]
    rows: NDArray[np.int64]
    sha256: str

    @classmethod
    def of(cls, features: Sequence[Feature]) -> "UniqueWindows":
        """Find the different windows of a training."""
        places: dict[bytes, int] = {}
        unique: list[Feature] = []
        rows, whole = np.empty(len(features), dtype=np.int64), hashlib.sha256()
        for number, feature in enumerate(features):
            tokens = b"".join((feature.input_ids.tobytes(), feature.type_ids.tobytes()))
            digest = hashlib.blake2b(tokens, digest_size=16).digest()
            if digest not in places:
                places[digest] = len(unique)
                unique.append(feature)
                whole.update(digest)
            rows[number] = places[digest]
        return cls(unique, rows, whole.hexdigest())
