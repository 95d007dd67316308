"""What is deleted leaves no trace in the files of an index, once it is purged."""

import pytest

from spanwise.errors import IndexStateError
from spanwise.index import Change, Index
from spanwise.index.catalogue.connections import CATALOGUE
from whole import traces

LEAF = 13
"""What the first byte of a page of rows is."""


def planted(catalogue, word):
    """Write a word into the unused part of a page, where SQLite leaves copies of rows that it moved elsewhere."""
    data = bytearray(catalogue.read_bytes())
    size = int.from_bytes(data[16:18], "big")
    for page in range(size, len(data), size):
        cells, content = (int.from_bytes(data[page + at : page + at + 2], "big") for at in (3, 5))
        begin = page + 8 + 2 * cells
        if data[page] == LEAF and cells and page + content - begin > 2 * len(word):
            data[begin : begin + len(word)] = word.encode()
            catalogue.write_bytes(data)
            return
    raise AssertionError(catalogue)


def test_no_copy_is_left_in_the_unused_part_of_a_page(index, make_change):
    index.apply(make_change({"a.txt": ["zebra"], "b.txt": ["horse"]}))
    index.close()
    planted(index.path / CATALOGUE, "qzxvkjwm")
    with Index.open(index.path, writable=True) as opened:
        assert opened.verify() == []
        opened.apply(Change(removed=["a.txt"]))
        assert traces(index.path, ["qzxvkjwm"])
        opened.purge()
        assert traces(index.path, ["qzxvkjwm", "zebra"]) == []
        assert traces(index.path, ["horse"])
        assert opened.verify() == []


def test_nothing_deleted_is_nothing_to_purge(index, make_change):
    index.apply(make_change({"a.txt": ["one", "two"]}))
    generation = index.generation
    index.purge()
    assert index.generation == generation
    index.apply(Change(removed=["a.txt"]))
    index.purge()
    index.purge()
    assert index.generation == generation + 2


def test_a_purge_waits_for_no_reader_for_long(index, make_change):
    index.apply(make_change({"a.txt": ["qzxvkjwm"]}))
    index.apply(Change(removed=["a.txt"]))
    with Index.open(index.path) as reader:
        with reader.pinned() as snapshot:
            index.purge()
            assert snapshot.lexical("qzxvkjwm", 5) == []
        index.purge()
        assert traces(index.path, ["qzxvkjwm"]) == []


def test_only_a_writer_purges(index, make_change):
    index.apply(make_change({"a.txt": ["one"]}))
    with Index.open(index.path) as reader, pytest.raises(IndexStateError, match="open for reading only"):
        reader.purge()
