"""What a sync did not index is kept, and is read as what a stranger may have written."""

from dataclasses import replace

import pytest

from spanwise.errors import IndexStateError
from spanwise.index.index import Index
from spanwise.index.manifest import PASSED_OVER
from spanwise.index.records import Change, PassedOver
from spanwise.types import SkippedFile


@pytest.fixture
def index(tmp_path):
    with Index.create(tmp_path / "i") as index:
        yield index


def test_it_comes_back_as_it_was_recorded_and_makes_no_commit_of_its_own_twice(index):
    assert index.passed_over == PassedOver()
    skipped = (SkippedFile("a\n.pdf", "damaged"), SkippedFile("c/", "cannot be read"))
    passed = PassedOver(skipped, (SkippedFile("b.jpg", "of another kind"),), {"a\n.pdf": (5, 1 << 62)})
    index.set_passed_over(passed)
    generation = index.generation
    index.set_passed_over(replace(passed, seen={**passed.seen, "b.jpg": (1, 1)}))  # of what is not skipped, nothing
    assert (index.passed_over, index.generation) == (passed, generation)
    index.set_passed_over(PassedOver())
    assert index.passed_over == PassedOver()


def test_of_very_many_ignored_files_the_first_are_kept(index):
    many = PassedOver(ignored=tuple(SkippedFile(f"{number}.jpg", "of another kind") for number in range(10_500)))
    index.set_passed_over(many)
    generation = index.generation
    index.set_passed_over(many)
    assert index.generation == generation
    assert index.passed_over.ignored == many.ignored[:10_000]


def test_what_an_earlier_version_wrote_is_read(index):
    index.apply(Change(settings={PASSED_OVER: {"skipped": [["a.pdf", "damaged"]], "ignored": []}}))
    assert index.passed_over == PassedOver((SkippedFile("a.pdf", "damaged"),))


@pytest.mark.parametrize(
    "stored", [[1], {"skipped": 5}, {"skipped": [["a"]]}, {"ignored": ["abc"]}, "x", {"seen": {"a": 1}}, {"seen": [1]}]
)
def test_what_no_sync_has_written_is_damage(index, stored):
    index.apply(Change(settings={PASSED_OVER: stored}))
    with pytest.raises(IndexStateError, match="what its last sync passed over is not as it was written"):
        _ = index.passed_over
