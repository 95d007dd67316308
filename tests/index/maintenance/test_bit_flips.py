"""Whatever happens to the bytes of an index, it is found or it does no harm, and a repair does not make it worse."""

import os
import random
import shutil
import signal

import pytest

from older import record_root
from spanwise.errors import IndexStateError
from spanwise.index import Index
from spanwise.index.catalogue.connections import CATALOGUE

FLIPS = 80
PAGE = 4096


def files_of(folder):
    files = sorted(file for file in folder.rglob("*") if file.is_file() and file.name != "lock")
    return [file for file in files if file.stat().st_size]


def flip(data, chance):
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def tear(data, chance):
    """Overwrite one page, or what there is of it, with zeros or with noise."""
    at = chance.randrange(len(data)) // PAGE * PAGE
    length = len(data[at : at + PAGE])
    data[at : at + PAGE] = bytes(length) if chance.random() < 0.5 else chance.randbytes(length)


def cut(data, chance):
    del data[chance.randrange(len(data)) :]


@pytest.fixture
def check(filled, everything_of, encode, tmp_path):
    """Damage a copy of an index, examine it, repair it; returns what was found."""
    with Index.open(filled) as index:
        before = everything_of(index)

    def act(damage, chance, only=""):
        folder = tmp_path / "damaged"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(filled, folder)
        file = chance.choice([file for file in files_of(folder) if only in file.name])
        data = bytearray(file.read_bytes())
        damage(data, chance)
        file.write_bytes(data)
        try:
            with Index.open(folder, check=False) as index:
                health = index.examine()
        except IndexStateError:
            return "refused"
        if not health.damage and not health.derived:
            with Index.open(folder) as index:
                assert everything_of(index) == before, file
            return "harmless"
        with Index.open(folder, writable=True, check=False) as index:
            repair = index.repair(encode)
        if repair.left.damage or repair.left.derived:
            assert repair.lost
            parts = {finding.part for finding in repair.left.findings}
            assert file.read_bytes() == data or parts == {"documents"}, (repair.done, repair.lost, repair.left)
            return "beyond repair"
        with Index.open(folder) as index:
            assert index.verify() == []
            after = everything_of(index)
        if repair.lost:
            assert {row[0] for row in after["documents"]} <= {row[0] for row in before["documents"]}
            return "lost something"
        assert after == before, (file, repair.done)
        return "restored"

    return act


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 4))])
def test_a_flipped_bit_anywhere(check, seed):
    chance = random.Random(seed)
    found = [check(flip, chance) for _ in range(FLIPS // 4)]
    assert found.count("restored") > found.count("lost something")


@pytest.mark.parametrize("part", [".f32", ".faiss"])
def test_a_flipped_bit_in_vectors_and_structures_is_always_restored(check, part):
    chance = random.Random(part)
    assert {check(flip, chance, part) for _ in range(10)} == {"restored"}
    assert {check(cut, chance, part) for _ in range(5)} == {"restored"}


@pytest.mark.parametrize("damage", [tear, pytest.param(cut, marks=pytest.mark.slow)])
def test_a_torn_catalogue(check, damage):
    chance = random.Random(5)
    found = [check(damage, chance, CATALOGUE) for _ in range(30)]
    assert set(found) <= {"harmless", "restored", "lost something", "beyond repair"}
    assert "restored" in found  # of what a page may hold, indexes and the full-text index are made again


def test_a_flipped_bit_in_the_header_of_the_catalogue(check):
    chance = random.Random(7)

    def flip_header(data, chance):
        data[chance.randrange(100)] ^= 1 << chance.randrange(8)

    found = {check(flip_header, chance, CATALOGUE) for _ in range(40)}
    assert found <= {"harmless", "restored", "refused", "beyond repair"}
    assert "beyond repair" in found


def test_a_damaged_log_leaves_a_commit_that_was(filled, tmp_path):
    folder = tmp_path / "killed"
    shutil.copytree(filled, folder)
    roots = ["/documents", "/first", "/second", "/third"]
    pid = os.fork()
    if pid == 0:
        with Index.open(folder, writable=True) as index:
            for root in roots[1:]:
                record_root(index, root)
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    log = folder / f"{CATALOGUE}-wal"
    chance = random.Random(3)
    whole = log.read_bytes()
    seen = set()
    for damage in [flip] * 25 + [cut] * 15:
        data = bytearray(whole)
        damage(data, chance)
        shutil.rmtree(tmp_path / "damaged", ignore_errors=True)
        shutil.copytree(folder, tmp_path / "damaged")
        (tmp_path / "damaged" / log.name).write_bytes(data)
        (tmp_path / "damaged" / f"{CATALOGUE}-shm").unlink()
        with Index.open(tmp_path / "damaged") as index:
            assert index.verify() == []
            seen.add(index.root)
    assert seen <= set(roots)
    assert len(seen) > 1
