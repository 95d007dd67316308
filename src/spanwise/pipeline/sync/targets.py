"""What a sync is to look at: which root, or which part of one, each path means."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from spanwise.convert.limits import Limits
from spanwise.errors import RefusedError, SpanwiseError, UsageError
from spanwise.files.names import file_key
from spanwise.files.patterns import Patterns, path_matcher
from spanwise.files.remote import RemotePlace
from spanwise.files.urls import as_place
from spanwise.index.roots import Root, Roots


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """
    How folders and files are indexed.

    :param include: Only files that match one of these patterns, as in .gitignore; kept with the folder. Where none is
        given the kept ones hold, and `**` clears them.
    :param exclude: Files that match one of these patterns are left out; kept in the same way.
    :param root_moved: The folder is one indexed before, at a new place: its name or its old path, or True where only
        one can be meant.
    :param allow_removals: Allow a sync that removes more than half of a folder's files from the index.
    :param password: Opens encrypted PDFs; it is not stored.
    :param follow_links: Index files outside the folder that links in it lead to; kept with the folder. None leaves it
        as it is kept.
    :param limits: What one file may take of time, memory and space.
    """

    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    root_moved: bool | str = False
    allow_removals: bool = False
    password: str | None = field(default=None, repr=False)
    follow_links: bool | None = None
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Target:
    """
    A root to sync, or a part of one.

    :param root: As it is to be recorded.
    :param part: The relative path of the folder or file in it that is meant, or "" for all of it.
    :param is_new: Whether it was not a root before.
    """

    root: Root
    part: str = ""
    is_new: bool = False


def plan_sync(roots: Roots, paths: Sequence[Path | str], options: SyncOptions, index: Path) -> list[Target]:
    """
    Return what is to be synced.

    :param roots: Those that the index has.
    :param paths: Folders and files, on the disk or as URLs; none means every root.
    :param index: The index's own folder.
    :raises UsageError: If the options do not fit the paths, or a pattern is malformed.
    :raises RefusedError: If a path contains a root, or lies in the index.
    :raises SpanwiseError: If there is nothing at a path, or no root.
    """
    path_matcher((*options.include, *options.exclude))  # refuses one that is malformed before anything is done
    if not paths:
        return _every_root(roots, options)
    places = list(dict.fromkeys(_locate(path) for path in paths))
    _require_apart(places, index)
    if options.root_moved is not False:
        if len(places) > 1:
            msg = f"expected one folder with --root-moved, found {len(places)}; move one at a time"
            raise UsageError(msg)
        return _with_options([_moved(roots, places[0], options.root_moved)], options)
    found: list[Target] = []
    for place in places:
        found.append(_target(roots, place))
        roots = roots.with_root(found[-1].root)
    return _with_options(found, options)


def _every_root(roots: Roots, options: SyncOptions) -> list[Target]:
    if not roots:
        msg = "expected a FOLDER to index, found none: spanwise index FOLDER, or --type TYPE to change the type only"
        raise UsageError(msg)
    if options.root_moved is not False:
        msg = "expected the folder's new place with --root-moved, found none: spanwise index NEW --root-moved OLD"
        raise UsageError(msg)
    targets = _with_options([Target(root) for root in roots], options)
    for target in targets:
        require_known_patterns(target.root)
    return targets


def require_known_patterns(root: Root) -> None:
    """
    Refuse to sync a root by itself, as long as it is not known what of it was left out.

    :raises RefusedError: If its index was made before patterns were kept, and not with them since.
    """
    if root.patterns is None:
        msg = (
            f"expected the patterns of {root.path}, found an index made before they were kept: run `spanwise index "
            f"{root.path}` once with its --include and --exclude, or with --include '**' if it had none"
        )
        raise RefusedError(msg)


def find_root(roots: Roots, named: str) -> Root:
    """
    Return the root that a name or a path means; it need not exist any more.

    :raises UsageError: If there is none, or its name is another one's path.
    """
    path = os.path.expanduser(named)
    paths = {os.path.realpath(path), os.path.abspath(path), named.rstrip("/")}
    found = [root for root in roots if root.path in paths or root.name == named.rstrip("/")]
    if len(found) > 1:
        meant = " and ".join(f"{root.name} ({root.path})" for root in found)
        msg = f"expected one root, found that {named} means {meant}; give the absolute path of one"
        raise UsageError(msg)
    if not found:
        known = ", ".join(f"{root.name} ({root.path})" for root in roots) or "no roots"
        msg = f"expected a root of the index, found {named}; it has {known}"
        raise UsageError(msg)
    return found[0]


def is_gone(root: Root) -> bool:
    """Return whether a root is not there any more, or is an empty folder, such as where nothing is mounted."""
    path = Path(root.path)
    if root.is_remote:
        return False  # that a store cannot be reached says nothing of its files
    try:
        return not os.path.isfile(path) if root.is_file else not any(name[0] != "." for name in os.listdir(path))
    except OSError:
        return True


def _locate(path: Path | str) -> Root:
    """Return a folder, or a file whose own name stays if it is a link, as the root that it would be."""
    given = as_place(path) if isinstance(path, str) else path
    if isinstance(given, str):
        is_file = not RemotePlace(given).is_folder(slash=str(path).endswith("/"))
    else:
        given = Path(os.path.expanduser(given))  # a name such as ~$notes.docx is nobody's home
        is_file = os.path.isfile(given)
        if not is_file and not os.path.isdir(given):
            found = "neither a folder nor a file" if os.path.exists(given) else "nothing"
            msg = f"expected a folder at {path}, found {found}; name a folder of documents, or a file"
            raise SpanwiseError(msg)
        given = given.parent.resolve() / given.name if is_file else given.resolve()
    return Root(file_key(Path(Path(given).name or "root")), str(given), is_file=is_file, patterns=Patterns())


def _require_apart(places: Sequence[Root], index: Path) -> None:
    index, paths = index.resolve(), [Path(place.path) for place in places]  # that of a URL leads nowhere
    for place, path in zip(places, paths, strict=True):
        if index in {path, *path.parents}:
            msg = f"expected documents, found {place.path}, which is in the index {index}; name another folder"
            raise RefusedError(msg)
        outer = next((other.path for other in places if Path(other.path) in path.parents), None)
        if outer is not None:
            msg = f"expected folders apart from one another, found {place.path} in {outer}; name only one of them"
            raise RefusedError(msg)


def _target(roots: Roots, place: Root) -> Target:
    path = Path(place.path)
    for root in roots:
        where = Path(root.path)
        if where == path:
            _require_kind(root, place)
            return Target(root)
        if where in path.parents and not root.is_file:
            part = path.relative_to(where)
            if any(name.startswith(".") for name in part.parts):
                msg = f"expected no hidden part of {root.path}, found {place.path}; hidden files are passed over"
                raise UsageError(msg)
            return Target(root, part.as_posix())
        if path in where.parents:
            msg = (
                f"expected a folder that contains no root of the index, found {place.path}, which contains "
                f"{root.path}; take that out first with --remove {root.name}, or use another index"
            )
            raise RefusedError(msg)
    joined = roots.joining(place.name, place.path, is_file=place.is_file)
    return Target(replace(joined, patterns=place.patterns), is_new=True)


def _moved(roots: Roots, place: Root, old: bool | str) -> Target:
    if isinstance(old, str):
        root = find_root(roots, old)
    else:
        there = [root for root in roots if root.path == place.path]
        gone = there or ([*roots] if len(roots) == 1 else [*filter(is_gone, roots)])
        if len(gone) != 1:
            names = ", ".join(root.name for root in roots)
            msg = f"expected the name of the root that has moved: --root-moved OLD, one of {names or 'none'}"
            raise UsageError(msg)
        root = gone[0]
    if root.path == place.path:
        return Target(root)
    target = _target(roots.without(root.name), place)
    if not target.is_new:
        msg = f"expected a new place for {root.name}, found {place.path}, which belongs to the root {target.root.name}"
        raise RefusedError(msg)
    _require_kind(root, place)
    return Target(replace(root, path=place.path))


def _require_kind(root: Root, place: Root) -> None:
    if root.is_file != place.is_file:
        was, found = ("file", "folder") if root.is_file else ("folder", "file")
        msg = (
            f"expected the {was} {place.path}, found a {found}; nothing was changed; --remove {root.name} takes it out"
        )
        raise RefusedError(msg)


def _with_options(targets: list[Target], options: SyncOptions) -> list[Target]:
    """Return the targets with what is given now and kept with a root: its patterns, and whether links are followed."""
    given = bool(options.include or options.exclude)
    if given and not all(target.root.is_file or not target.part for target in targets):
        msg = "expected patterns for a whole folder, found a part of one; leave the path after the folder out"
        raise UsageError(msg)
    if given and all(target.root.is_file for target in targets):
        msg = "expected a folder with --include or --exclude, found only files"
        raise UsageError(msg)
    done = []
    for target in targets:
        root = target.root
        if given and not root.is_file:
            root = replace(root, patterns=(root.patterns or Patterns()).replaced_by(options.include, options.exclude))
        if options.follow_links is not None and not root.is_file:
            root = replace(root, follow_links=options.follow_links)
        done.append(replace(target, root=root))
    return done
