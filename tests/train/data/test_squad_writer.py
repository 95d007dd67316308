import gzip
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanwise.errors import UsageError
from spanwise.squad.squad_file import read_squad
from spanwise.train.data.squad_writer import as_articles, check_output, unique_id, write_squad

DATA = [{"title": "T", "paragraphs": [{"context": "é \ud800", "qas": [{"id": "q", "question": "Who?"}]}]}]


def test_the_same_articles_are_the_same_bytes(tmp_path):
    for name in ("a.json.gz", "b.json.gz"):
        write_squad(tmp_path / name, DATA)
    assert (tmp_path / "a.json.gz").read_bytes() == (tmp_path / "b.json.gz").read_bytes()
    assert "é" in gzip.decompress((tmp_path / "a.json.gz").read_bytes()).decode()


def test_half_a_surrogate_pair_survives(tmp_path):
    write_squad(tmp_path / "a.json", DATA)
    assert next(read_squad(tmp_path / "a.json").paragraphs()).context == "é \ud800"


def test_a_write_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    out = tmp_path / "out.json"
    out.write_text("before")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match=r"expected to write .*out.json: No space left on device; name another file"):
        write_squad(out, DATA)
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]
    assert out.read_text() == "before"


def test_outputs_that_are_refused(tmp_path):
    (tmp_path / "there.json").write_text("x")
    with pytest.raises(UsageError, match=r"expected a new file, found .*there.json there already; .*--force"):
        check_output(tmp_path / "there.json", overwrite=False)
    with pytest.raises(UsageError, match="expected a file to write, found the folder"):
        check_output(tmp_path, overwrite=True)
    with pytest.raises(UsageError, match=r"expected the folder of .*none/out.json, found none; make it"):
        check_output(tmp_path / "none" / "out.json", overwrite=True)
    check_output(tmp_path / "there.json", overwrite=True)
    check_output(tmp_path / "new.json", overwrite=False)


def test_questions_come_together_by_article_and_context():
    made = [
        ("B", "two", {"id": "1"}),
        ("A", "one", {"id": "2"}),
        ("B", "two", {"id": "3"}),
        ("B", "three", {"id": "4"}),
    ]
    assert as_articles(made) == [
        {
            "title": "B",
            "paragraphs": [
                {"context": "two", "qas": [{"id": "1"}, {"id": "3"}]},
                {"context": "three", "qas": [{"id": "4"}]},
            ],
        },
        {"title": "A", "paragraphs": [{"context": "one", "qas": [{"id": "2"}]}]},
    ]


@given(st.lists(st.sampled_from(["a", "a-2", "a-3", "b"]), max_size=12))
def test_ids_are_given_once(wanted):
    taken = set()
    given_ids = [unique_id(one, taken) for one in wanted]
    assert len(set(given_ids)) == len(wanted)
    assert all(found.startswith(one) for found, one in zip(given_ids, wanted, strict=True))
