import os
import sys

import pytest

from spanwise.errors import SpanwiseError
from spanwise.files.patterns import Patterns
from spanwise.index.index import Index
from spanwise.index.roots import Root
from spanwise.pipeline.sync.scan import scan_target
from spanwise.pipeline.sync.targets import Target


def scan_folder(folder, patterns=None, *, part="", prefix=""):
    """List a folder whose index would be in it."""
    root = Root("papers", str(folder), prefix, patterns=patterns)
    return scan_target(Target(root, part), folder / "index")


def names(scan):
    return [file.file for file in scan.files]


def write(folder, *files):
    for file in files:
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text", encoding="utf-8")


def test_finds_supported_files_in_subfolders_sorted(tmp_path):
    write(tmp_path, "b.txt", "a/c.MD", "a/b/d.txt", "e.png")
    scan = scan_folder(tmp_path)
    assert names(scan) == ["b.txt", "a/c.MD", "a/b/d.txt"]
    assert scan.ignored == ["e.png"]


def test_passes_over_hidden_files_folders_and_the_index(tmp_path):
    write(tmp_path, ".git/a.txt", ".hidden.txt", "index/a.txt", "kept.txt")
    with Index.create(tmp_path / "another.index"):
        write(tmp_path, "another.index/a.txt")
    scan = scan_folder(tmp_path)
    assert names(scan) == ["kept.txt"]


@pytest.mark.parametrize(
    ("include", "exclude", "found"),
    [
        (["*.md"], [], ["a/b/c.md"]),
        (["*.md", "d.txt"], [], ["a/b/c.md", "d.txt"]),
        ([], ["a/*"], ["d.txt"]),
        ([], ["a/"], ["d.txt"]),
        ([], ["b"], ["a/e.txt", "d.txt"]),
        ([], ["/b"], ["a/b/c.md", "a/e.txt", "d.txt"]),
        (["a"], ["*.md"], ["a/e.txt"]),
        (["*.txt", "!e.txt"], [], ["d.txt"]),
        ([], ["a/", "!a/e.txt"], ["d.txt"]),
        ([], ["a/*", "!a/e.txt"], ["a/e.txt", "d.txt"]),
        (["a/**/c.md"], [], ["a/b/c.md"]),
        (["A/*"], [], []),
    ],
)
def test_patterns_are_as_in_gitignore(tmp_path, include, exclude, found):
    write(tmp_path, "a/b/c.md", "a/e.txt", "d.txt")
    scan = scan_folder(tmp_path, Patterns(tuple(include), tuple(exclude)))
    assert sorted(names(scan)) == found


def test_what_is_passed_over_is_named(tmp_path):
    write(tmp_path, "a/b.md", "a/c.txt", "d.txt", "e.png", ".f/g.txt", ".h.txt")
    scan = scan_folder(tmp_path, Patterns((), ("a/", "d.*")))
    assert (scan.files, scan.ignored) == ([], ["e.png"])
    assert sorted(scan.excluded) == ["a/", "d.txt"]
    assert sorted(scan.hidden) == [".f", ".h.txt"]


def test_a_part_is_listed_alone_under_its_whole_name(tmp_path):
    write(tmp_path, "a/b/c.md", "a/e.txt", "d.txt")
    assert names(scan_folder(tmp_path, part="a", prefix="/papers/")) == ["/papers/a/e.txt", "/papers/a/b/c.md"]
    assert names(scan_folder(tmp_path, part="a/e.txt")) == ["a/e.txt"]
    assert names(scan_folder(tmp_path, Patterns((), ("a",)), part="a/b")) == []


def test_a_symlink_loop_ends_and_is_named(tmp_path):
    write(tmp_path, "a/b.txt")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "self.txt").symlink_to(tmp_path / "self.txt")
    scan = scan_folder(tmp_path)
    assert names(scan) == ["a/b.txt"]
    reasons = {skipped.file: skipped.reason for skipped in scan.skipped}
    assert "links to folders are not followed" in reasons["a/loop/"]
    assert "cannot be read" in reasons["self.txt"]


def test_a_link_to_a_file_is_followed_and_a_broken_one_named(tmp_path):
    write(tmp_path, "a.txt")
    (tmp_path / "b.txt").symlink_to(tmp_path / "a.txt")
    (tmp_path / "c.txt").symlink_to(tmp_path / "gone.txt")
    scan = scan_folder(tmp_path)
    assert names(scan) == ["a.txt", "b.txt"]
    assert [skipped.file for skipped in scan.skipped] == ["c.txt"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_names_with_spaces_newlines_and_other_bytes(tmp_path):
    for name in (b"two words.txt", b"two\nlines.txt", b"caf\xe9.txt"):
        with open(os.path.join(os.fsencode(tmp_path), name), "wb") as file:
            file.write(b"text")
    assert sorted(names(scan_folder(tmp_path))) == [
        "caf\\xe9.txt",
        "two\nlines.txt",
        "two words.txt",
    ]


def test_a_folder_that_cannot_be_read_is_an_error(tmp_path):
    with pytest.raises(SpanwiseError, match="expected a folder that can be read"):
        scan_folder(tmp_path / "none")


def test_files_without_a_suffix_are_found_where_they_are_text(tmp_path):
    write(tmp_path, "README", "sub/notes", "empty")
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "program").write_bytes(bytes(range(256)))
    (tmp_path / "script").write_text("#!/bin/sh\ntrue\n")
    scan = scan_folder(tmp_path)
    assert names(scan) == ["README", "empty", "sub/notes"]
    assert sorted(scan.ignored) == ["program", "script"]


def test_code_is_found_where_a_pattern_names_it(tmp_path):
    write(tmp_path, "a.py", "a.json", "a.txt")
    assert names(scan_folder(tmp_path)) == ["a.txt"]
    assert names(scan_folder(tmp_path, Patterns(("*.py", "*.txt")))) == ["a.py", "a.txt"]
    assert names(scan_folder(tmp_path, Patterns(("*",)))) == ["a.txt"]
