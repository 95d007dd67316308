"""Places that are named by URLs."""

from pathlib import Path

from spanwise.files.urls import as_place


def test_a_file_url_is_a_path_whose_escapes_are_read_once():
    assert as_place("file:///papers/a%20b%2520c.pdf") == Path("/papers/a b%20c.pdf")
