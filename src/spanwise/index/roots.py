"""The folders and files that an index is made of, and what their files are called."""

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Any

from spanwise.files.names import escaped, file_key, with_its_bytes
from spanwise.files.patterns import Patterns
from spanwise.files.urls import is_url

MOST_ROOTS = 10_000


@dataclass(frozen=True, slots=True)
class Root:
    """
    A folder, or a single file, that is indexed.

    :param name: Unique in its index, without slashes; shown before a file's path where there are several roots.
    :param path: Where it is: absolute, or a URL.
    :param prefix: What its files' stored names begin with: nothing in the first root, and in those that joined later
        what no relative path begins with, so that no name changes when a root joins.
    :param patterns: Which of its files are indexed; None in an index made before patterns were kept.
    :param follow_links: Whether files outside it that links in it lead to are indexed too.
    """

    name: str
    path: str
    prefix: str = ""
    is_file: bool = False
    patterns: Patterns | None = None
    follow_links: bool = False

    def __post_init__(self) -> None:
        if not self.name or "/" in self.name or not (self.is_remote or _is_absolute(self.path)) or "\0" in self.path:
            msg = f"expected a root's name and its absolute path, found {self.name[:60]!r} and {self.path[:60]!r}"
            raise ValueError(msg)
        if self.prefix not in {"", f"/{self.name}/"}:
            msg = f"expected the prefix of the root {self.name[:60]!r}, found {self.prefix[:60]!r}"
            raise ValueError(msg)

    @property
    def is_remote(self) -> bool:
        """Whether it is in a store, and not on a disk of this machine."""
        return is_url(self.path)

    def relative(self, file: str) -> str:
        """Return the path of a file relative to the root, given its stored name."""
        return file.removeprefix(self.prefix)

    def place_of(self, file: str) -> Path | None:
        """
        Return where a file should be, given its stored name.

        None for a file that is in a store, and for a name that would lead out of the root.
        """
        if self.is_remote:
            return None
        if self.is_file:
            return Path(self.path)
        parts = PurePath(self.relative(file)).parts
        if not parts or ".." in parts or "\0" in file or PurePath(self.relative(file)).is_absolute():
            return None
        return with_its_bytes(Path(self.path, *parts))


class Roots(Sequence[Root]):
    """
    The roots of an index.

    :raises ValueError: If two have the same name or prefix.
    """

    def __init__(self, entries: Sequence[Root] = ()) -> None:
        self._entries = tuple(entries)
        self._by_prefix = {root.prefix: root for root in entries}
        self._by_name = {root.name: root for root in entries}
        if not len(self._by_prefix) == len(self._by_name) == len(entries) <= MOST_ROOTS:
            msg = f"expected roots of different names, found {', '.join(root.name[:60] for root in entries[:5])}"
            raise ValueError(msg)

    def __getitem__(self, place: Any) -> Any:
        return self._entries[place]

    def __len__(self) -> int:
        return len(self._entries)

    def of(self, file: str) -> Root | None:
        """Return the root that a file belongs to, given its stored name."""
        if file.startswith("/"):
            return self._by_prefix.get(file[: file.find("/", 1) + 1])
        return self._by_prefix.get("")

    def shown(self, file: str) -> str:
        """Return what people call a file, given its stored name: with several roots, its root's name comes first."""
        root = self.of(file)
        if root is None:
            return file
        relative = root.relative(file)
        return relative if len(self) == 1 or root.is_file else f"{root.name}/{relative}"

    def stored(self, shown: str) -> str:
        """Return the stored name of a file, given what it is called; the same again where no root is meant."""
        if len(self) == 1:
            return f"{self[0].prefix}{shown}"
        name, _, relative = shown.partition("/")
        root = self._by_name.get(name)
        return shown if root is None else f"{root.prefix}{name if root.is_file else relative}"

    def place_of(self, file: str) -> Path | None:
        """Return where a file should be, given its stored name, or None where that is not known."""
        root = self.of(file)
        return None if root is None else root.place_of(file)

    def path_of(self, shown: str) -> Path | None:
        """Return where a file should be, given what it is called; None where that is not known, or not in its root."""
        return self.place_of(self.stored(shown))

    def url_of(self, shown: str) -> str | None:
        """Return the URL of a file in a store, given what it is called; None for any other."""
        stored = self.stored(shown)
        root = self.of(stored)
        if root is None or not root.is_remote:
            return None
        return root.path if root.is_file else f"{root.path}/{root.relative(stored)}"

    def name_at(self, path: str) -> str:
        """
        Return what a file is called, given its path on the disk; what is in none of the roots comes back as it is.

        :param path: Absolute, or from the current directory.
        """
        given = Path(os.path.expanduser(path))
        for absolute in (Path(os.path.abspath(given)), given.resolve()):
            for root in (root for root in self if not root.is_remote):
                for where in (Path(root.path), Path(root.path).resolve()):
                    if root.is_file and absolute == where:
                        return self.shown(f"{root.prefix}{root.name}")
                    if not root.is_file and absolute.is_relative_to(where):
                        return self.shown(f"{root.prefix}{file_key(absolute.relative_to(where))}")
        return escaped(path)

    def with_root(self, root: Root) -> "Roots":
        """Return these roots with one that is new, or takes the place of that of its name."""
        others = [root if other.name == root.name else other for other in self]
        return Roots(others if root.name in self._by_name else [*others, root])

    def without(self, name: str) -> "Roots":
        """Return the roots but for one."""
        return Roots([root for root in self if root.name != name])

    def joining(self, base: str, path: Path | str, *, is_file: bool = False) -> Root:
        """Return a new root of a name that no other has: `docs`, `docs-2`; of a file `notes.pdf`, `notes-2.pdf`."""
        stem, suffix = (PurePath(base).stem, PurePath(base).suffix) if is_file else (base, "")
        names = (base, *(f"{stem}-{number}{suffix}" for number in range(2, len(self) + 3)))
        name = next(name for name in names if name not in self._by_name)
        prefix = f"/{name}/" if "" in self._by_prefix else ""
        return Root(name, str(path), prefix, is_file)

    def as_settings(self) -> dict[str, Any]:
        """Return the entries of a manifest that record them."""
        entries = [asdict(root) for root in self]
        for entry in entries:
            if not entry["follow_links"]:
                del entry["follow_links"]  # which versions that do not know it would take for damage
        return {"roots": entries, "root": None}

    @classmethod
    def from_json(cls, stored: Any) -> "Roots":
        """
        Return what was stored, checked: an index may come from a stranger.

        :raises ValueError: If it is not what `as_settings` gives.
        """
        try:
            return cls([_root(**entry) for entry in stored])
        except (TypeError, AttributeError) as error:
            msg = f"expected the roots of an index, found {str(stored)[:100]}"
            raise ValueError(msg) from error


def _is_absolute(path: str) -> bool:
    """Return whether a path is absolute on any system: an index may come from another."""
    return PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute()


def _root(
    *,
    name: str,
    path: str,
    prefix: str,
    is_file: bool,
    patterns: dict[str, list[str]] | None,
    follow_links: bool = False,
) -> Root:
    texts, flags = (name, path, prefix), (is_file, follow_links)
    if not all(isinstance(one, str) for one in texts) or not all(isinstance(one, bool) for one in flags):
        raise TypeError
    return Root(name, path, prefix, is_file, None if patterns is None else _patterns(**patterns), follow_links)


def _patterns(*, include: list[str], exclude: list[str]) -> Patterns:
    if not all(isinstance(one, list) and all(isinstance(entry, str) for entry in one) for one in (include, exclude)):
        raise TypeError
    return Patterns(tuple(include), tuple(exclude))
