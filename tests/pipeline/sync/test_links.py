import sys

import pytest

import spanwise
from spanwise.index.roots import Root
from spanwise.pipeline.differences import Differences, differences
from spanwise.pipeline.sync.scan import LEADS_OUT, scan_target
from spanwise.pipeline.sync.targets import SyncOptions, Target

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "papers"
    folder.mkdir()
    (tmp_path / "papers-secret.txt").write_text("The key is under the mat.", encoding="utf-8")
    (folder / "own.txt").write_text("The sky is blue.", encoding="utf-8")
    (folder / "within.txt").symlink_to("own.txt")
    (folder / "out.txt").symlink_to("../papers-secret.txt")
    (folder / "far.txt").symlink_to("/etc/passwd")
    return folder


def test_a_link_out_of_the_folder_is_skipped_and_named(folder):
    scan = scan_target(Target(Root("papers", str(folder))), folder / "index")
    assert [file.file for file in scan.files] == ["own.txt", "within.txt"]
    assert [(skip.file, skip.reason) for skip in scan.skipped] == [("far.txt", LEADS_OUT), ("out.txt", LEADS_OUT)]


def test_links_are_followed_where_the_user_says_so(folder):
    root = Root("papers", str(folder), follow_links=True)
    assert len(scan_target(Target(root), folder / "index").files) == 4


def test_that_links_are_followed_is_kept_with_the_folder(folder, tmp_path, tiny_embedder):
    with spanwise.Corpus(tmp_path / "my.index", embedder=str(tiny_embedder)) as corpus:
        corpus.sync(folder)
        assert "follow_links" not in corpus.index.setting("roots")[0]  # an earlier version reads it, too
        assert set(corpus.sync(folder, options=SyncOptions(follow_links=True)).added) == {"far.txt", "out.txt"}
        assert differences(corpus.index) == Differences((), (), (), ())
        assert (corpus.sync().unchanged, corpus.sync(folder / "out.txt").unchanged) == (4, 1)
        assert corpus.sync(folder, options=SyncOptions(include=["*.txt"])).removed == ()


def test_what_an_index_holds_of_such_a_link_is_removed(folder, tmp_path, tiny_embedder):
    with spanwise.Corpus(tmp_path / "my.index", embedder=str(tiny_embedder)) as corpus:
        corpus.sync(folder, options=SyncOptions(follow_links=True))
        assert "mat" in corpus.source_text("out.txt")
        report = corpus.sync(folder, options=SyncOptions(follow_links=False, allow_removals=True))
        assert set(report.removed) == {"far.txt", "out.txt"}
