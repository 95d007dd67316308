import shutil

import pytest

from spanwise.pipeline.corpus import Corpus
from spanwise.pipeline.sync.targets import SyncOptions

FILES = ("weather-station.md", "newsletters/spring-2024.md", "manuals/sollinger-operating-manual.pdf")


@pytest.fixture(scope="session")
def few_documents(sample_folder, tmp_path_factory):
    """A home with a folder of three documents, and their index in it; to be read and not written."""
    home = tmp_path_factory.mktemp("home")
    for file in FILES:
        (home / "docs" / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(sample_folder / file, home / "docs" / file)
    with Corpus(home / ".spanwise") as corpus:
        corpus.sync(home / "docs")
    return home


@pytest.fixture
def home(few_documents, tmp_path):
    """A copy of it, to be written."""
    shutil.copytree(few_documents, tmp_path / "home")
    with Corpus(tmp_path / "home" / ".spanwise") as corpus:
        corpus.sync(tmp_path / "home" / "docs", options=SyncOptions(root_moved=True))
    return tmp_path / "home"


@pytest.fixture
def state(tmp_path, monkeypatch):
    """The folder that takes what is kept between two commands."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "spanwise"
