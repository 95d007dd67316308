import doctest
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from spanwise.convert import SUPPORTED_SUFFIXES, convert, convert_file
from spanwise.documents import document_to_source, source_to_document
from spanwise.errors import ConversionError
from spanwise.types import Part, SourceText


def test_docstring_example():
    result = doctest.testmod(convert)
    assert result.attempted > 0
    assert result.failed == 0


def test_import_loads_no_heavy_library():
    code = (
        "import sys, spanwise.convert; print([name for name in"
        " ('haystack', 'turbohtml', 'yaml', 'lxml', 'pypdfium2', 'docx', 'kreuzberg', 'numpy') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize("suffix", [".txt", ".text", ".log", ".rst", ".md", ".markdown", ".TXT", ".Md"])
def test_text_is_stored_as_decoded(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    data = b"\xef\xbb\xbfOne\r\n\r\n  caf\xc3\xa9 \n"
    path.write_bytes(data)
    source = convert_file(str(path), "sub/a")
    assert source.text == "One\r\n\r\n  café \n"
    assert source.file == "sub/a"
    assert source.sha256 == hashlib.sha256(data).hexdigest()
    assert source.page_starts is None


@pytest.mark.parametrize("suffix", [".html", ".htm", ".xhtml"])
def test_html(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    path.write_text("<title>T</title><p>The <b>port</b></p>")
    source = convert_file(path, path.name)
    assert (source.text, source.title) == ("The port", "T")


@pytest.mark.parametrize("name", [b"caf\xe9.txt", b"two\nlines.txt", b" spaces .txt", "日本.txt".encode()])
def test_any_file_name(tmp_path, name):
    path = Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name)))
    try:
        path.write_text("text")
    except OSError:
        pytest.skip("this file system refuses the name")
    assert convert_file(path, "key").text == "text"


def test_vanished(tmp_path):
    with pytest.raises(ConversionError, match="no such file"):
        convert_file(tmp_path / "gone.txt", "gone.txt")


def test_a_link_to_nothing(tmp_path):
    (tmp_path / "a.txt").symlink_to(tmp_path / "gone")
    with pytest.raises(ConversionError, match="no such file"):
        convert_file(tmp_path / "a.txt", "a.txt")


def test_a_link_in_a_circle(tmp_path):
    (tmp_path / "a.txt").symlink_to(tmp_path / "a.txt")
    with pytest.raises(ConversionError, match=r"cannot be read: .*symbolic links"):
        convert_file(tmp_path / "a.txt", "a.txt")


def test_permission_denied(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    path.write_text("secret")

    # The tests may run as root, who may read anything.
    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.open", refuse)
    with pytest.raises(ConversionError, match="permission denied: make it readable"):
        convert_file(path, "a.txt")


def test_a_folder(tmp_path):
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(ConversionError, match="not a regular file"):
        convert_file(tmp_path / "a.txt", "a.txt")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in this file system")
def test_a_pipe_does_not_block(tmp_path):
    os.mkfifo(tmp_path / "a.txt")
    with pytest.raises(ConversionError, match="not a regular file"):
        convert_file(tmp_path / "a.txt", "a.txt")


@pytest.mark.parametrize("suffix", sorted(SUPPORTED_SUFFIXES))
def test_zero_bytes(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    path.touch()
    with pytest.raises(ConversionError, match=r"no text in it: the file is empty \(0 bytes\)"):
        convert_file(path, path.name)


@pytest.mark.parametrize(("name", "content"), [("a.txt", " \n\t\n"), ("a.md", "\ufeff"), ("a.html", "<p></p>")])
def test_no_text(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConversionError, match=r"^no text in it$"):
        convert_file(path, name)


def test_binary_text_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(bytes(range(256)) * 4)
    with pytest.raises(ConversionError, match="binary data, not text"):
        convert_file(path, "a.txt")


@pytest.mark.parametrize("suffix", [".pdf", ".docx"])
def test_reasons_are_one_line_without_the_name(tmp_path, suffix):
    path = tmp_path / f"unusual-name{suffix}"
    path.write_bytes(b"junk\nmore junk")
    with pytest.raises(ConversionError, match="damaged file or not a") as caught:
        convert_file(path, path.name)
    assert "\n" not in str(caught.value)
    assert "unusual-name" not in str(caught.value)


def test_a_text_knows_its_sections_rows_and_page_labels():
    parts = (Part(0, 9, "heading", "A"), Part(3, 9, "heading", "B"), Part(5, 7, "row", "7"), Part(7, 8, "row", ""))
    source = SourceText("a", "0123456789", "", page_starts=(0, 4), page_labels=("i", "ii"), parts=parts)
    assert [source.section_at(at) for at in (0, 3, 9)] == [["A"], ["A", "B"], []]
    assert [source.row_at(at) for at in (4, 6, 7)] == [None, 7, None]
    assert [source.page_label_at(at) for at in (3, 4)] == ["i", "ii"]
    assert document_to_source(source_to_document(source)) == source
