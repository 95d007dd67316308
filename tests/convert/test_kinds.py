import doctest
import gzip
import shutil
import subprocess

import pytest

from spanwise.convert import convert_file, is_document, kinds
from spanwise.convert.files import unpack_gzip
from spanwise.convert.limits import Limits, under
from spanwise.convert.text import manual
from spanwise.errors import ConversionError

PAGE = (
    '.TH KEEL 1 "2026-01-01"\n.SH NAME\nkeel \\- paints a keel\n.SH OPTIONS\n.TP\n.B \\-\\-depth\nIts depth is 1.4 m.\n'
)
TEXT = "The keel is 1.4 m deep.\n"


def written(folder, name, data):
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return convert_file(path, name)


def test_docstring_example():
    result = doctest.testmod(kinds)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize(
    "name",
    ["README", "NOTICE", "COPYING", "LICENSE-2.0", "README.Debian", "changelog.Debian.gz", "notes", "a.rst", "a.adoc",
     "a.org", "a.tex", "a.yaml", "a.yml", "a.toml", "a.ini", "a.cfg", "a.TXT.GZ", "git.1", "git.1.gz", "syslog.2",
     "printf.3posix", "a.csv", "a.html.gz"],
)  # fmt: skip
def test_documents(name):
    assert is_document(name)


@pytest.mark.parametrize(
    "name",
    ["setup.py", "a.json", "a.xml", "a.js", "a.c", "photo.jpg", "a.zip", "a.tar.gz", "Makefile", "Dockerfile",
     "readme.png", "license.js", "a.json.gz"],
)  # fmt: skip
def test_code_data_and_the_rest_are_no_documents(name):
    assert not is_document(name)


@pytest.mark.parametrize(
    ("name", "pattern", "expected"),
    [
        ("setup.py", "*.py", True),
        ("setup.py", "src/**/*.PY", True),
        ("setup.py", "setup.py", True),
        ("a.json.gz", "*.json.gz", True),
        ("Makefile", "Makefile", True),
        ("setup.py", "*", False),
        ("setup.py", "docs/*", False),
        ("Makefile", "*", False),
    ],
)
def test_code_and_data_are_read_where_a_pattern_names_them(name, pattern, expected):
    assert is_document(name, [pattern]) is expected


@pytest.mark.parametrize("name", ["README", "a.py", "a.json", "syslog.2", "a.yaml", "LICENSE-2.0", "a.unheard-of"])
def test_text_is_text_whatever_it_is_called(tmp_path, name):
    assert written(tmp_path, name, TEXT).text == TEXT
    assert written(tmp_path, f"{name}.gz", gzip.compress(TEXT.encode())).text == TEXT


def test_binary_data_is_refused_by_name(tmp_path):
    with pytest.raises(ConversionError, match=r"^unsupported file type '\.exe': binary data, not text$"):
        written(tmp_path, "a.exe", bytes(range(256)) * 4)
    with pytest.raises(ConversionError, match=r"^binary data, not text$"):
        written(tmp_path, "program", bytes(range(256)) * 4)


def test_packed_members_follow_one_another(tmp_path):
    assert written(tmp_path, "a.txt.gz", gzip.compress(b"one ") + gzip.compress(b"two")).text == "one two"


def test_packed_pages_are_pages(tmp_path):
    source = written(tmp_path, "a.html.gz", gzip.compress(b"<title>T</title><p>The <b>port</b>"))
    assert (source.title, source.text) == ("T", "The port")


@pytest.mark.parametrize(
    ("data", "match"),
    [(b"no gzip", "not a .gz"), (gzip.compress(b"text" * 1000)[:-20], "damaged|incomplete")],
    ids=["no gzip", "cut short"],
)
def test_damaged_packed_files(tmp_path, data, match):
    with pytest.raises(ConversionError, match=match):
        written(tmp_path, "a.txt.gz", data)


def test_what_would_unpack_to_too_much_is_refused():
    refused = pytest.raises(ConversionError, match="over the limit of 1,000,000")
    with under(Limits(unpacked_bytes=1_000_000)), refused:
        unpack_gzip(gzip.compress(b" " * 2_000_000))


@pytest.mark.skipif(not (shutil.which("mandoc") or shutil.which("man")), reason="no program that renders manual pages")
@pytest.mark.parametrize("name", ["keel.1", "keel.1.gz"])
def test_manual_pages_are_rendered(tmp_path, name):
    source = written(tmp_path, name, gzip.compress(PAGE.encode()) if name.endswith(".gz") else PAGE)
    assert "Its depth is 1.4 m." in source.text
    assert ".SH" not in source.text
    assert source.title == "KEEL(1)"
    assert source.section_at(source.text.index("Its depth")) == ["OPTIONS"]


@pytest.mark.skipif(not (shutil.which("mandoc") or shutil.which("man")), reason="no program that renders manual pages")
def test_subsections_of_a_manual_page(tmp_path):
    page = PAGE + ".SS Of wood\n.in 3\nIt is old.\n.in\n.SS Of steel\nIt rusts.\n"
    source = written(tmp_path, "keel.1", page)
    assert source.section_at(source.text.index("Its depth")) == ["OPTIONS"]
    assert source.section_at(source.text.index("It is old")) == ["OPTIONS", "Of wood"]
    assert source.section_at(source.text.index("It rusts")) == ["OPTIONS", "Of steel"]


@pytest.mark.skipif(not shutil.which("mandoc"), reason="another program renders it")
def test_the_title_of_a_manual_page_may_have_several_words(tmp_path):
    page = PAGE.replace(".TH KEEL 1", '.TH "Depth of keels" 8')
    assert written(tmp_path, "keel.8", page).title == "Depth of keels(8)"


@pytest.mark.parametrize(
    ("program", "output"),
    [
        ("mandoc", "KEEL(1)  General\n\nN\x08NA\x08AM\x08ME\x08E\n       k\x08keel\n\nend  KEEL(1)\n"),
        ("man", "KEEL(1)\n\nNAME\n       keel\n"),
    ],
)
def test_what_the_programs_print(tmp_path, monkeypatch, program, output):
    monkeypatch.setattr(manual.shutil, "which", lambda name: f"/bin/{name}" if name == program else None)
    monkeypatch.setattr(
        manual.subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 0, output.encode(), b"")
    )
    source = written(tmp_path, "keel.1", PAGE)
    assert source.text.split("\n")[2:4] == ["NAME", "       keel"]


def test_without_such_a_program_the_reason_is_given(tmp_path, monkeypatch):
    monkeypatch.setattr(manual.shutil, "which", lambda name: None)
    with pytest.raises(ConversionError, match="a manual page, which mandoc or man renders: install one of them"):
        written(tmp_path, "keel.1", PAGE)


def test_a_manual_page_that_only_names_another(tmp_path):
    with pytest.raises(ConversionError, match=r"only refers to another manual page, man1/keel\.1"):
        written(tmp_path, "bilge.1", ".so man1/keel.1\n")
