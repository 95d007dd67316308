"""What an examination of an index finds, and what a repair comes to."""

from dataclasses import dataclass
from typing import Literal

FindingKind = Literal["damage", "derived", "leftover"]
IndexPart = Literal["catalogue", "manifest", "files", "documents", "vectors", "words", "structures", "leftovers"]


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One thing that is not as it should be.

    :param kind: "damage": committed data is lost or wrong; "derived": it is made of committed data and can be made
        again; "leftover": an interrupted run left it, and it is in nobody's way.
    :param part: The part of the index it belongs to.
    :param message: One line.
    :param affects: What depends on it, such as "3 passages of 2 files: a.txt, b.txt"; empty where that is not known.
    """

    kind: FindingKind
    part: IndexPart
    message: str
    affects: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """
    The state of one committed generation.

    :param files: Number of files it has the texts of.
    :param documents: Number of passages and other documents.
    :param vectors: Number of vectors, those of deleted documents among them.
    :param bytes: Size of everything that was read, in bytes.
    """

    findings: tuple[Finding, ...] = ()
    files: int = 0
    documents: int = 0
    vectors: int = 0
    bytes: int = 0

    @property
    def damage(self) -> tuple[Finding, ...]:
        """Committed data that is lost or wrong."""
        return self._of("damage")

    @property
    def derived(self) -> tuple[Finding, ...]:
        """What is damaged and can be made again from committed data."""
        return self._of("derived")

    @property
    def leftovers(self) -> tuple[Finding, ...]:
        """What interrupted runs left over."""
        return self._of("leftover")

    def _of(self, kind: FindingKind) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.kind == kind)


@dataclass(frozen=True, slots=True)
class Repair:
    """
    What a repair did.

    :param found: The state before it.
    :param done: One line for each thing that was restored or removed.
    :param lost: One line for each thing that could not be restored.
    :param left: The state after it.
    """

    found: Health
    done: tuple[str, ...]
    lost: tuple[str, ...]
    left: Health

    @property
    def whole(self) -> bool:
        """Whether nothing is lost and nothing is damaged any more."""
        return not self.lost and not self.left.damage
