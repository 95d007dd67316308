import resource

import numpy as np
import pytest

from spanwise.train.distillation import cache as module
from spanwise.train.distillation.cache import CacheError, LogitCache, UniqueWindows
from spanwise.train.inputs.features import Feature

LENGTHS = np.array([3, 1, 4, 1, 5])


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    monkeypatch.setattr(module, "SHARD", 2)


def logits(window):
    return np.full((2, LENGTHS[window]), window, dtype=np.float32) + np.array([[0.25], [0.5]], dtype=np.float32)


def filled(folder, fingerprint="a" * 64):
    cache = LogitCache(folder, fingerprint, LENGTHS)
    for windows in cache.missing():
        cache.write(windows, [logits(window) for window in windows])
    return cache


def test_what_was_written_is_read(tmp_path):
    cache = filled(tmp_path)
    assert cache.missing() == []
    for again in (cache, LogitCache(tmp_path, "a" * 64, LENGTHS)):
        for window in (4, 0, 3, 1, 2):
            np.testing.assert_array_equal(again.logits_of(window), logits(window))
    assert sorted(file.name for file in cache.folder.iterdir()) == [f"logits-0000{n}.npy" for n in range(3)]


def test_other_fingerprints_are_never_taken(tmp_path):
    filled(tmp_path)
    assert LogitCache(tmp_path, "b" * 64, LENGTHS).missing() == [range(2), range(2, 4), range(4, 5)]


def test_only_what_is_missing_or_damaged_is_missing(tmp_path):
    cache = filled(tmp_path)
    files = sorted(cache.folder.iterdir())
    files[0].write_bytes(files[0].read_bytes()[:-1])
    files[2].unlink()
    assert LogitCache(tmp_path, "a" * 64, LENGTHS).missing() == [range(2), range(4, 5)]
    files[1].write_bytes(files[0].read_bytes())
    np.save(files[0], np.zeros((2, 3), dtype=np.float32))  # whole, but of other lengths
    assert LogitCache(tmp_path, "a" * 64, LENGTHS).missing() == [range(2), range(2, 4), range(4, 5)]


def test_pickles_are_not_read(tmp_path):
    cache = filled(tmp_path)
    np.save(cache.folder / "logits-00000.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    assert LogitCache(tmp_path, "a" * 64, LENGTHS).missing() == [range(2)]


def test_what_is_gone_since_is_told(tmp_path):
    filled(tmp_path)
    cache = LogitCache(tmp_path, "a" * 64, LENGTHS)
    next(cache.folder.glob("logits-00001.npy")).unlink()
    with pytest.raises(CacheError, match=r"expected a teacher's logits in .*logits-00001.npy, found none any more"):
        cache.logits_of(2)


def test_a_full_disk_is_told_and_leaves_nothing_half_written(tmp_path):
    cache = LogitCache(tmp_path, "a" * 64, LENGTHS)
    cache.write(range(2), [logits(0), logits(1)])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (150, limits[1]))  # less than the file's header and logits
    try:
        message = r"expected room for a teacher's logits, 0.0 MB in all, in .*, found: File too large; make room, or"
        with pytest.raises(CacheError, match=message):
            cache.write(range(2, 4), [logits(2), logits(3)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [file.name for file in cache.folder.iterdir()] == ["logits-00000.npy"]
    assert cache.missing() == [range(2, 4), range(4, 5)]


def test_a_disk_that_is_full_from_the_start(tmp_path):
    folder = tmp_path / "file"
    folder.write_text("no folder")
    with pytest.raises(CacheError, match=r"expected room for a teacher's logits, .* found: Not a directory"):
        filled(folder)


def feature(*tokens, types=None):
    given = np.zeros(len(tokens), dtype=np.int8) if types is None else np.array(types, dtype=np.int8)
    return Feature("q", np.array(tokens, dtype=np.int32), given, 0, 0, 0)


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
