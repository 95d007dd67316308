"""Read recipes: YAML files, packaged ones by name."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from spanwise.errors import UsageError
from spanwise.train.distillation.settings import Distillation, Intermediate
from spanwise.train.recipe import DataEntry, Recipe

FOLDER = Path(__file__).parent / "recipes"


def packaged_recipes() -> list[str]:
    """Return the names of the packaged recipes."""
    return sorted(file.stem for file in FOLDER.glob("*.yaml"))


def load_recipe(source: str | Path, **changes: Any) -> Recipe:
    """
    Read a recipe.

    ```python
    from spanwise.train import load_recipe

    print(load_recipe("electra-base-squad2", epochs=1).learning_rate)
    ```

    :param source: The name of a packaged recipe, or a YAML file.
    :param changes: Values that take the place of the recipe's own.
    :raises UsageError: If there is no such recipe, or it holds an unknown key or a value that cannot be meant.
    """
    values = read_values(source)
    return make_recipe({**values, **changes}, str(source))


def read_values(source: str | Path) -> dict[str, Any]:
    """
    Read a recipe's values as they stand in its file.

    :raises UsageError: If there is no such recipe, or the file is no YAML mapping.
    """
    import yaml

    packaged = FOLDER / f"{source}.yaml"
    file = packaged if str(source) in packaged_recipes() else Path(source)
    try:
        values = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        names = ", ".join(packaged_recipes())
        msg = f"expected a recipe of {names}, or a YAML file, found {str(source)!r} ({error.strerror})"
        raise UsageError(msg) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = str(error).replace("\n", " ")
        msg = f"expected YAML in {file}, found something else ({reason}); correct the file"
        raise UsageError(msg) from error
    if not isinstance(values, dict):
        msg = f"expected a recipe's keys and values in {file}, found a {type(values).__name__}; see a packaged recipe"
        raise UsageError(msg)
    return values


def make_recipe(values: Mapping[str, Any], source: str = "the recipe") -> Recipe:
    """
    Make a recipe from plain values.

    :param values: By name, as in a recipe's file.
    :param source: Where they are from, for messages.
    :raises UsageError: If a key is unknown or missing, or a value cannot be meant.
    """
    values = dict(values)
    for name in ("train", "eval"):
        if name in values:
            values[name] = _entries(values[name], f"{name} of {source}")
    if isinstance(values.get("freeze"), list):
        values["freeze"] = tuple(values["freeze"])
    if isinstance(values.get("distill"), dict):
        values["distill"] = _distillation(values["distill"], f"distill of {source}")
    _check_keys(values, Recipe, source)
    try:
        return Recipe(**values)
    except UsageError as error:
        msg = f"{source}: {error}"
        raise UsageError(msg) from error


def _entries(value: Any, place: str) -> tuple[DataEntry, ...]:
    if not isinstance(value, list | tuple):
        msg = f"expected a list of data in {place}, found a {type(value).__name__}; write - file: NAME"
        raise UsageError(msg)
    entries = []
    for entry in value:
        if isinstance(entry, DataEntry):
            entries.append(entry)
            continue
        fields = {"file": entry} if isinstance(entry, str) else entry
        if not isinstance(fields, dict):
            msg = f"expected data as a file's name or file:, hub:, split:, weight:, corpus: in {place}, found {entry!r}"
            raise UsageError(msg)
        _check_keys(fields, DataEntry, place)
        entries.append(DataEntry(**fields))
    return tuple(entries)


def _distillation(value: dict[str, Any], place: str) -> Distillation:
    values = dict(value)
    if isinstance(values.get("teacher"), str):
        values["teacher"] = (values["teacher"],)
    _make_tuple(values, "teacher", str, place)
    if isinstance(values.get("intermediate"), dict):
        stage = dict(values["intermediate"])
        _make_tuple(stage, "layers", int, place)
        _check_keys(stage, Intermediate, f"intermediate of {place}")
        values["intermediate"] = Intermediate(**stage)
    _check_keys(values, Distillation, place)
    return Distillation(**values)


def _make_tuple(values: dict[str, Any], key: str, kind: type, place: str) -> None:
    """Turn a list into a tuple, all of whose entries are of a kind."""
    value = values.get(key)
    if isinstance(value, list):
        strangers = [entry for entry in value if not isinstance(entry, kind)]
        if strangers:
            msg = f"expected a list of {kind.__name__} for {key} in {place}, found {strangers[0]!r} in it; correct it"
            raise UsageError(msg)
        values[key] = tuple(value)


def _check_keys(values: dict[str, Any], made: type, place: str) -> None:
    """Refuse unknown and missing keys and values of a wrong type; whole numbers become floats where those are meant."""
    hints = get_type_hints(made)
    for key, given in values.items():
        if key not in hints:
            msg = f"expected keys of {', '.join(hints)} in {place}, found {key!r}; correct it or leave it out"
            raise UsageError(msg)
        kinds = _kinds(hints[key])
        value = float(given) if float in kinds and type(given) is int else given
        values[key] = value
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            wanted = " or ".join("nothing" if kind is NoneType else kind.__name__ for kind in kinds)
            hint = " (YAML reads 1e-4 as a text; write 1.0e-4)" if float in kinds and isinstance(value, str) else ""
            msg = f"expected {key} of {place} to be {wanted}, found {value!r}{hint}; correct it"
            raise UsageError(msg)
    required = [
        entry.name
        for entry in dataclasses.fields(made)
        if entry.default is dataclasses.MISSING and entry.default_factory is dataclasses.MISSING
    ]
    missing = [name for name in required if name not in values]
    if missing:
        msg = f"expected {' and '.join(required)} in {place}, found no {' and no '.join(missing)}; add it"
        raise UsageError(msg)


def _kinds(hint: Any) -> tuple[type, ...]:
    """Return the classes that a value of a type may have."""
    if isinstance(hint, UnionType):
        return tuple(kind for part in get_args(hint) for kind in _kinds(part))
    origin = get_origin(hint)
    if origin is Literal:
        return (str,)
    kind: type = hint if origin is None else dict if origin is Mapping else origin
    return (kind,)
