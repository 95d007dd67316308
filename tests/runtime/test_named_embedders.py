"""An embedder is loaded again on an index's word only where the user named it before."""

from dataclasses import replace

import pytest

from spanwise.errors import ModelError
from spanwise.files.state import state_folder
from spanwise.index import Index
from spanwise.pipeline.corpus import Corpus
from spanwise.runtime.named_embedders import remember, require_named
from spanwise.types import EmbedderIdentity

STRANGER = EmbedderIdentity("stranger/model", "ab" * 32, 8, normalized=True, max_tokens=256)


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_a_name_counts_only_with_the_same_weights(tmp_path):
    with pytest.raises(ModelError, match="'stranger/model', which was not given on this machine"):
        require_named(STRANGER, tmp_path)
    remember(STRANGER)
    require_named(STRANGER, tmp_path)
    with pytest.raises(ModelError, match="was not given on this machine"):
        require_named(replace(STRANGER, fingerprint="cd" * 32), tmp_path)


def test_a_state_folder_that_cannot_be_written_is_no_failure(tmp_path):
    (tmp_path / "state").write_text("a file")
    remember(STRANGER)
    assert not state_folder().exists()
    with pytest.raises(ModelError, match="was not given on this machine"):
        require_named(STRANGER, tmp_path)


def test_a_folder_that_an_index_names_is_not_loaded(tiny_embedder, tmp_path):
    path = tmp_path / "sent"
    Index.create(path, embedder=replace(STRANGER, name=str(tiny_embedder))).close()
    with Corpus(path, device="cpu") as corpus, pytest.raises(ModelError, match="if you trust it, say so with"):
        corpus.ask("Which port does it use?")


def test_an_index_made_here_needs_no_name_again(tiny_embedder, tmp_path):
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "a.txt").write_text("The server listens on port 8443.")
    with Corpus(tmp_path / "made", embedder=str(tiny_embedder), device="cpu") as corpus:
        corpus.sync(tmp_path / "papers")
    with Corpus(tmp_path / "made", device="cpu") as corpus:
        assert corpus.encoder.identity.name == str(tiny_embedder)
