"""Choose the code that runs an embedder."""

from spanwise.embed.encoder import Encoder
from spanwise.runtime.default_embedder import DEFAULT_EMBEDDER, packaged_embedder
from spanwise.runtime.device import resolve_device


def load_encoder(
    model: str = DEFAULT_EMBEDDER, *, device: str = "auto", download: bool = True, threads: int = 0
) -> Encoder:
    """
    Load an embedding model.

    A packaged model runs in ONNX Runtime on a CPU, which starts ten times sooner than PyTorch. Every other model, and
    every other device, goes through sentence-transformers.

    :param model: A sentence-transformers name or folder; "default" is the packaged one.
    :param device: "auto", "cpu", "cuda", "cuda:N" or "mps".
    :param download: Whether the hub may be asked for a model that the user named.
    :param threads: How many threads of ONNX Runtime compute together; 0 for one a core.
    :raises ModelError: If the model cannot be found, or its files are not what they should be.
    """
    resolved = resolve_device(device)
    packaged = packaged_embedder(model)
    if packaged is not None and resolved == "cpu":
        from spanwise.embed.minilm import MiniLMEncoder

        return MiniLMEncoder(threads, packaged)
    from spanwise.embed.sentence_transformer import SentenceTransformerEncoder

    return SentenceTransformerEncoder(model, device=resolved, download=download)
