import pytest

from reference_reader import ReferenceReader
from spanwise.read.backends.load import load_backend
from spanwise.read.settings import ReaderSettings
from tiny_models import ARCHITECTURES, make_model


@pytest.fixture(scope="session")
def architecture_folder(tmp_path_factory):
    """Give the folder of a one-layer model by the name of its architecture."""
    parent = tmp_path_factory.mktemp("architectures")
    made = {}

    def give(name):
        if name not in made:
            made[name] = make_model(parent / name, name)
        return made[name]

    return give


# Of word pieces, bytes and unigrams, with and without token types, with relative positions, global attention and the
# question last.
QUICK = {"electra", "roberta", "distilbert", "albert", "deberta-v2", "longformer", "xlnet"}


@pytest.fixture(
    scope="session",
    params=[name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in ARCHITECTURES],
)
def architecture(request):
    """Each architecture's name in turn."""
    return request.param


@pytest.fixture(scope="session")
def reference(architecture, architecture_folder):
    """The slow reader of that architecture."""
    return ReferenceReader(architecture_folder(architecture), architecture)


@pytest.fixture(scope="session")
def backend(architecture, architecture_folder):
    """The PyTorch backend of that architecture."""
    return load_backend(
        ReaderSettings(str(architecture_folder(architecture)), device="cpu", backend="torch", precision="fp32")
    )
