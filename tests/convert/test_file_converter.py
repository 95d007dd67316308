import doctest
import os
from pathlib import Path

import pytest
from haystack import Pipeline
from haystack.core.serialization import component_from_dict, component_to_dict

from spanwise.convert import FileConverter, component
from spanwise.documents import document_to_source
from spanwise.errors import ConversionError, UsageError


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.md").write_text("# Ports\n\nIt is 8443.\n")
    (tmp_path / "bad.pdf").write_bytes(b"junk")
    (tmp_path / "b.txt").write_text("text")
    return tmp_path


def test_docstring_example():
    result = doctest.testmod(component)
    assert result.attempted > 0
    assert result.failed == 0


def test_a_bad_file_does_not_stop_the_others(folder):
    result = FileConverter().run([folder / "sub" / "a.md", str(folder / "bad.pdf"), folder / "b.txt"], root=folder)
    sources = [document_to_source(document) for document in result["documents"]]
    assert [(source.file, source.title) for source in sources] == [("sub/a.md", "Ports"), ("b.txt", None)]
    assert sources[0].text == "# Ports\n\nIt is 8443.\n"
    assert result["skipped"] == [{"file": "bad.pdf", "reason": "damaged file or not a PDF"}]


def test_without_a_root_paths_stay_as_given(folder, monkeypatch):
    monkeypatch.chdir(folder)
    result = FileConverter().run(["sub/a.md"])
    assert result["documents"][0].meta["file_path"] == "sub/a.md"


def test_a_relative_source_below_an_absolute_root(folder, monkeypatch):
    monkeypatch.chdir(folder / "sub")
    result = FileConverter().run(["a.md"], root=folder)
    assert result["documents"][0].meta["file_path"] == "sub/a.md"


def test_a_source_outside_the_root_is_refused(folder):
    with pytest.raises(UsageError, match=r"expected files below the root .*sub', found .*b\.txt'"):
        FileConverter().run([folder / "b.txt"], root=folder / "sub")


def test_raise_on_failure(folder):
    with pytest.raises(ConversionError, match=r"^bad\.pdf: damaged file"):
        FileConverter(raise_on_failure=True).run([folder / "bad.pdf"], root=folder)


def test_a_name_that_is_not_utf8(folder):
    path = Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.txt"))
    try:
        path.write_text("text")
    except OSError:
        pytest.skip("this file system refuses the name")
    assert FileConverter().run([path], root=folder)["documents"][0].meta["file_path"] == r"caf\xe9.txt"


def test_round_trip():
    data = component_to_dict(FileConverter(raise_on_failure=True), "converter")
    assert component_from_dict(FileConverter, data, "converter").raise_on_failure


def test_in_a_pipeline(folder):
    pipeline = Pipeline()
    pipeline.add_component("convert", FileConverter())
    result = pipeline.run({"convert": {"sources": [folder / "b.txt"], "root": folder}})
    assert result["convert"]["documents"][0].content == "text"
