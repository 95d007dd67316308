import json
from pathlib import Path

import pytest

from older import record_root
from spanwise.errors import IndexStateError
from spanwise.files.patterns import Patterns
from spanwise.index.index import Index
from spanwise.index.records import Change
from spanwise.index.roots import Root, Roots

FIRST = Root("docs", "/a/docs", patterns=Patterns(("*.md",), ("old/",)))


def test_names_are_unique_and_only_the_first_root_has_no_prefix():
    roots = Roots()
    for base, is_file in (("docs", False), ("docs", False), ("notes.pdf", True), ("notes.pdf", True), ("docs", False)):
        roots = roots.with_root(roots.joining(base, Path("/a", base), is_file=is_file))
    assert [root.name for root in roots] == ["docs", "docs-2", "notes.pdf", "notes-2.pdf", "docs-3"]
    assert [root.prefix for root in roots] == ["", "/docs-2/", "/notes.pdf/", "/notes-2.pdf/", "/docs-3/"]
    assert roots.without("docs").joining("docs", Path("/b/docs")).prefix == ""


def test_a_file_is_called_by_its_root_only_where_there_are_several():
    second, file = Root("docs-2", "/b/docs", "/docs-2/"), Root("notes.pdf", "/notes.pdf", "/notes.pdf/", is_file=True)
    names = {"x/a.md": "x/a.md"}
    assert {key: Roots([FIRST]).shown(key) for key in names} == names
    roots = Roots([FIRST, second, file])
    names = {"x/a.md": "docs/x/a.md", "/docs-2/x/a.md": "docs-2/x/a.md", "/notes.pdf/notes.pdf": "notes.pdf"}
    assert {key: roots.shown(key) for key in names} == names
    assert {key: roots.stored(shown) for key, shown in names.items()} == {key: key for key in names}
    assert Roots([second]).shown("/docs-2/x/a.md") == "x/a.md"
    assert Roots([second]).stored("x/a.md") == "/docs-2/x/a.md"
    assert Roots([file]).stored("notes.pdf") == "/notes.pdf/notes.pdf"
    assert roots.place_of("/docs-2/x/a.md") == Path("/b/docs/x/a.md")
    assert roots.place_of("/notes.pdf/notes.pdf") == Path("/notes.pdf")


@pytest.mark.parametrize("file", ["../secret", "a/../../secret", "/other/a.md", "/docs-2//etc/passwd", "a\0b", ""])
def test_no_name_leads_out_of_its_root(file):
    assert Roots([FIRST, Root("docs-2", "/b/docs", "/docs-2/")]).place_of(file) is None


def test_what_is_stored_comes_back():
    roots = Roots([FIRST, Root("b.pdf", "/caf\udce9/b.pdf", "/b.pdf/", is_file=True)])
    assert [*Roots.from_json(json.loads(json.dumps(roots.as_settings()["roots"])))] == [*roots]


def stored(**changes):
    return [{**Roots([FIRST]).as_settings()["roots"][0], **changes}]


@pytest.mark.parametrize(
    "value",
    [
        "docs",
        5,
        {"name": "docs"},
        [5],
        [{"name": "docs"}],
        stored(more=1),
        stored(name=""),
        stored(name="a/b"),
        stored(name=7),
        stored(path="docs"),
        stored(path="/a\0b"),
        stored(path=None),
        stored(prefix="../"),
        stored(prefix="/other/"),
        stored(is_file=1),
        stored(follow_links=1),
        stored(patterns=[]),
        stored(patterns={"include": "*.md", "exclude": []}),
        stored(patterns={"include": [1], "exclude": []}),
        stored() + stored(),
        stored() + stored(name="other"),
        stored() * 20_000,
    ],
)
def test_what_a_stranger_stored_is_checked(tmp_path, value):
    with Index.create(tmp_path / "index") as index:
        index.apply(Change(settings={"roots": value}))
        with pytest.raises(IndexStateError, match=r"the index in .* is damaged: expected .*; run `spanwise doctor"):
            _ = index.roots


def test_an_index_of_before_is_one_of_one_root(tmp_path):
    with Index.create(tmp_path / "index") as index:
        record_root(index, "/papers/of mine")
        assert [*index.roots] == [Root("of mine", "/papers/of mine")]
        assert index.roots.shown("a/b.txt") == "a/b.txt"
