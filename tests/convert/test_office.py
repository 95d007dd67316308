import importlib.util

import pytest

from spanwise.convert import SUPPORTED_SUFFIXES, convert_file, supported_suffixes
from spanwise.errors import ConversionError

RTF = r"{\rtf1\ansi\pard The {\b port} is 8443.\par Second caf\'e9.\par}"


@pytest.fixture
def without_extra(monkeypatch):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        "spanwise.convert.office.find_spec", lambda name: None if name == "kreuzberg" else find_spec(name)
    )


def test_asks_for_the_extra(without_extra, tmp_path):
    path = tmp_path / "report.RTF"
    path.write_text(RTF)
    with pytest.raises(ConversionError, match=r"\.rtf files need the office extra: pip install 'spanwise\[office\]'"):
        convert_file(path, "report.RTF")


def test_only_the_core_formats_without_the_extra(without_extra):
    assert supported_suffixes() == SUPPORTED_SUFFIXES


def test_the_extra_adds_formats():
    assert supported_suffixes() > SUPPORTED_SUFFIXES | {".odt", ".pptx", ".xlsx", ".epub", ".doc", ".csv", ".eml"}


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("a.rtf", RTF, "The port is 8443.\n\nSecond café."),
        ("a.csv", "name,port\nalpha,8443\n", "Row 1:\n  name: alpha\n  port: 8443"),
    ],
)
def test_converts(tmp_path, name, content, text):
    path = tmp_path / name
    path.write_text(content)
    source = convert_file(path, name)
    assert source.text == text
    assert source.page_starts is None


def test_a_mail_is_titled_by_its_subject(tmp_path):
    path = tmp_path / "a.eml"
    path.write_text("From: a@b.c\nSubject: Port change\nContent-Type: text/plain\n\nIt is 8443.\n")
    source = convert_file(path, "a.eml")
    assert source.title == "Port change"
    assert source.text.endswith("It is 8443.")


def test_damaged(tmp_path):
    path = tmp_path / "a.odt"
    path.write_bytes(b"junk")
    with pytest.raises(ConversionError, match=r"damaged, encrypted or not a \.odt file: ParsingError"):
        convert_file(path, "a.odt")
