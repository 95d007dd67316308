"""What an index records about itself: its generation, its embedder, its splitter, its roots."""

from abc import ABC, abstractmethod
from dataclasses import replace
from pathlib import Path, PurePath
from shlex import quote
from typing import Any

from spanwise.errors import IndexStateError
from spanwise.index.catalogue.failures import damaged
from spanwise.index.faiss.index_types import AUTO
from spanwise.index.records import PassedOver
from spanwise.index.roots import Root, Roots
from spanwise.types import EmbedderIdentity, SkippedFile

PASSED_OVER = "passed_over"
_PASSED = ("skipped", "ignored")
_MOST_IGNORED = 10_000  # names that are kept


class Manifest(ABC):
    """
    The recorded settings of an index, as of one generation or the newest.

    :param path: The index's folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @abstractmethod
    def setting(self, key: str) -> Any:
        """Return the manifest's entry `key`, or None."""

    @property
    def generation(self) -> int:
        """Number of the commit that made it what it is; 0 for a new index."""
        return int(self.setting("generation"))

    @property
    def embedder(self) -> EmbedderIdentity | None:
        """Which model made the vectors, or None if that was never said."""
        found = self.setting("embedder")
        return None if found is None else EmbedderIdentity(**found)

    @property
    def splitter(self) -> dict[str, Any] | None:
        """Settings of the splitter that made the passages, or None."""
        found: dict[str, Any] | None = self.setting("splitter")
        return found

    @property
    def root(self) -> str | None:
        """The folder or file that the index is made of, or None where there is none, or several."""
        roots = self.roots
        return str(roots[0].path) if len(roots) == 1 else None

    @property
    def roots(self) -> Roots:
        """
        The folders and files that the index is made of.

        :raises IndexStateError: If they are not as an index has them.
        """
        stored = self.setting("roots")
        only = self.setting("root")  # of an index of one root, without patterns
        try:
            if stored is not None:
                return Roots.from_json(stored)
            return Roots() if only is None else Roots([Root(PurePath(only).name or "root", only)])
        except (TypeError, ValueError) as error:
            raise damaged(self.path, str(error)) from error

    @property
    def passed_over(self) -> PassedOver:
        """
        What the last sync did not index.

        :raises IndexStateError: If it is not as a sync records it.
        """
        found = self.setting(PASSED_OVER) or {}
        try:
            skipped, ignored = (
                tuple(SkippedFile(str(file), str(reason)) for file, reason in found.get(name, ())) for name in _PASSED
            )
            seen = {file: (int(size), int(time)) for file, (size, time) in found.get("seen", {}).items()}
        except (AttributeError, TypeError, ValueError) as error:
            raise damaged(self.path, "what its last sync passed over is not as it was written") from error
        return PassedOver(skipped, ignored, seen)

    @property
    def dimension(self) -> int | None:
        """Length of a vector, or None before the first one of an index without an embedder."""
        embedder = self.embedder
        found: int | None = self.setting("dimension")
        return embedder.dimension if embedder is not None else found

    @property
    def index_type(self) -> str:
        """How vectors are searched: a plain name or a FAISS factory string, "auto" if it was never set."""
        return str(self.setting("index_type") or AUTO)

    def require_type(self, index_type: str) -> None:
        """
        Check that an index type is the recorded one; "auto" is any.

        :raises IndexStateError: If it is not.
        """
        found = self.index_type
        if AUTO not in {index_type, found} and index_type != found:
            command = f"spanwise index --type {quote(index_type)} --index {quote(str(self.path))}"
            msg = (
                f"expected index_type {found!r}, which the index in {self.path} has, found {index_type!r}: leave it "
                f"out, or change the index with `{command}` or `Index.set_type`"
            )
            raise IndexStateError(msg)

    def was_made_with(self, identity: EmbedderIdentity) -> bool:
        """
        Return whether vectors of the model `identity` can be compared with the index's own.

        The name may differ: a model that was moved to another folder is the same model.
        """
        found = self.embedder
        return found is not None and {**found.to_dict(), "name": ""} == {**identity.to_dict(), "name": ""}

    def require_embedder(self, identity: EmbedderIdentity) -> None:
        """
        Check that the index was made with this embedder; see `was_made_with`.

        :raises IndexStateError: If it was not.
        """
        if self.was_made_with(identity):
            return
        found = self.embedder
        if found is None and self.dimension is None:
            command = f"spanwise index FOLDER --index {quote(str(self.path))}"
            msg = f"expected an index of files, found an empty one in {self.path}: run `{command}` first"
            raise IndexStateError(msg)
        made = "an unknown embedder" if found is None else _describe(found)
        msg = (
            f"expected {made}, which made the index in {self.path}, found {_describe(identity)}: use that embedder, or "
            "embed everything again with this one (`spanwise index --embedder NAME`)"
        )
        raise IndexStateError(msg)


def passed_over_setting(passed: PassedOver) -> dict[str, Any] | None:
    """Return the manifest's entry for what a sync did not index; None where there was nothing."""
    kept = replace(passed, ignored=passed.ignored[:_MOST_IGNORED])
    setting: dict[str, Any] = {name: [[one.file, one.reason] for one in getattr(kept, name)] for name in _PASSED}
    setting["seen"] = {one.file: [*kept.seen[one.file]] for one in kept.skipped if one.file in kept.seen}
    return setting if any(setting.values()) else None


def _describe(embedder: EmbedderIdentity) -> str:
    kind = "normalized" if embedder.normalized else "not normalized"
    return (
        f"{embedder.name} ({embedder.fingerprint[:12]}, {embedder.dimension} dimensions, {kind}, "
        f"{embedder.max_tokens} tokens)"
    )
