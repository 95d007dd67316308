import resource

import numpy as np
import pytest

from spanwise.train.distillation import teacher as module
from spanwise.train.distillation.teacher import CacheError, UniqueWindows, cached_logits
from spanwise.train.inputs.training_set import Feature

LENGTHS = [3, 1, 4, 1, 5]


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    monkeypatch.setattr(module, "SHARD", 2)


def feature(*tokens, types=None):
    given = np.zeros(len(tokens), dtype=np.int8) if types is None else np.array(types, dtype=np.int8)
    return Feature("q", np.array(tokens, dtype=np.int32), given, 0, 0, 0)


WINDOWS = UniqueWindows.of([feature(*[number] * length) for number, length in enumerate(LENGTHS)])


def logits(window):
    number, length = window.input_ids[0], len(window.input_ids)
    return np.full((2, length), number, dtype=np.float32) + np.array([[0.25], [0.5]], dtype=np.float32)


def read(folder, teacher="a" * 64, windows=WINDOWS):
    """Return the logits in a cache, the numbers of the windows that had to be computed, and how many were found."""
    computed, found = [], []

    def compute(features):
        computed.extend(int(one.input_ids[0]) for one in features)
        return [logits(one) for one in features]

    return cached_logits(folder, windows, teacher, compute, found.append), computed, sum(found)


def files_in(folder):
    return sorted(folder.glob("*/*"))


def test_what_was_written_is_read(tmp_path):
    for expected in (([0, 1, 2, 3, 4], 0), ([], 5)):
        found, *seen = read(tmp_path)
        assert tuple(seen) == expected
        for window, given in zip(WINDOWS.features, found, strict=True):
            np.testing.assert_array_equal(given, logits(window))
    assert [file.name for file in files_in(tmp_path)] == [f"logits-0000{n}.npy" for n in range(3)]


def test_others_logits_are_never_taken(tmp_path):
    read(tmp_path)
    assert read(tmp_path, "b" * 64)[1] == [0, 1, 2, 3, 4]
    assert read(tmp_path, windows=UniqueWindows.of(WINDOWS.features[::-1]))[1] == [4, 3, 2, 1, 0]


def test_only_what_is_missing_or_damaged_is_computed(tmp_path):
    read(tmp_path)
    first, second, third = files_in(tmp_path)
    first.write_bytes(first.read_bytes()[:-1])
    third.unlink()
    assert read(tmp_path)[1:] == ([0, 1, 4], 2)
    np.save(first, np.zeros((2, 3), dtype=np.float32))  # whole, but of other lengths
    np.save(second, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    assert read(tmp_path)[1:] == ([0, 1, 2, 3], 1)


def test_a_full_disk_is_told_and_leaves_nothing_half_written(tmp_path):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (162, limits[1]))  # less than the header and logits of the second file
    try:
        message = r"expected room for a teacher's logits, 0.0 MB in all, in .*, found: File too large; make room, or"
        with pytest.raises(CacheError, match=message):
            read(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [file.name for file in files_in(tmp_path)] == ["logits-00000.npy"]
    assert read(tmp_path)[1] == [2, 3, 4]


def test_a_disk_that_is_full_from_the_start(tmp_path):
    folder = tmp_path / "file"
    folder.write_text("no folder")
    with pytest.raises(CacheError, match=r"expected room for a teacher's logits, .* found: Not a directory"):
        read(folder)


def test_a_window_is_read_once_however_often_it_is_seen():
    windows = UniqueWindows.of(
        [feature(1, 2), feature(1, 3), feature(1, 2), feature(1, 2, types=[0, 1]), feature(1, 3)]
    )
    assert [some.input_ids.tolist() for some in windows.features] == [[1, 2], [1, 3], [1, 2]]
    assert windows.rows.tolist() == [0, 1, 0, 2, 1]


def test_the_digest_tells_windows_and_their_order_apart():
    made = [
        [feature(1, 2), feature(3)],
        [feature(3), feature(1, 2)],
        [feature(1), feature(2, 3)],
        [feature(1, 2), feature(3, types=[1])],
        [feature(1, 2)],
    ]
    digests = [UniqueWindows.of(features).sha256 for features in made]
    assert len(set(digests)) == len(digests)
    assert UniqueWindows.of([feature(1, 2), feature(1, 2)]).sha256 == digests[-1]
