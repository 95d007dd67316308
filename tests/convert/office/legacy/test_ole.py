"""Compound files, whole and hostile."""

import random
import struct

from compound import compound
from spanwise.convert.office.legacy.ole import CompoundFile

FILE = compound({"One": b"a" * 100, "Two": b"b" * 700, "Folder": {"One": b"inner"}})


def test_streams_by_name():
    file = CompoundFile(FILE)
    assert file.stream("One") == b"a" * 100
    assert file.stream("two") == b"b" * 700
    assert file.stream("Folder/One") == b"inner"
    assert file.stream("Three") == b""


def with_table_of_small_sectors(numbers):
    at = FILE.index(struct.pack("<2I", 1, 0xFFFFFFFE), 512)  # of "One", on two sectors
    return FILE[:at] + struct.pack(f"<{len(numbers)}I", *numbers) + FILE[at + 4 * len(numbers) :]


def test_a_chain_that_comes_back_to_itself_is_no_stream():
    assert CompoundFile(with_table_of_small_sectors([1, 0])).stream("One") == b""


def test_a_chain_that_is_too_short_is_no_stream():
    assert CompoundFile(with_table_of_small_sectors([0xFFFFFFFE])).stream("One") == b""


def test_a_size_that_lies_is_no_stream():
    at = FILE.index("One".encode("utf-16-le")) + 120
    for size in (5000, 0xFFFFFFFF):
        assert CompoundFile(FILE[:at] + struct.pack("<I", size) + FILE[at + 4 :]).stream("One") == b""


def test_a_table_of_sectors_is_read_no_longer_than_the_file():
    # A hundred and nine times the same sector of it would be a table for more than there is.
    data = FILE[:76] + bytes(436) + FILE[512:]
    assert len(CompoundFile(data)._table) <= 512 // 4


def test_cut_off_and_damaged_files_raise_nothing():
    chance = random.Random(7)
    for _ in range(500):
        data = bytearray(FILE[: chance.randrange(1, len(FILE))])
        for _ in range(chance.randrange(20)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        file = CompoundFile(bytes(data))
        assert all(len(file.stream(name)) <= len(FILE) for name in ("One", "Two", "Folder/One"))
