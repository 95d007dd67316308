"""Read recipes: YAML files, packaged ones by name."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spanwise.errors import UsageError
from spanwise.train.recipe import RENAMED, Recipe, current_keys

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
    :param changes: Values that take the place of the recipe's own; a mapping, such as `distill`, changes only its keys.
    :raises UsageError: If there is no such recipe, or it holds an unknown key or a value that is not valid.
    """
    name = str(source)
    return make_recipe(_merged(_renamed(read_values(source), name), _renamed(changes, "the changes")), name)


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
    Make a recipe from plain values; keys of older recipes are taken, with a warning.

    :param values: By name, as in a recipe's file.
    :param source: Where they are from, for messages.
    :raises UsageError: If a key is unknown or missing, or a value is not valid.
    """
    return Recipe.checked(_renamed(values, source), source)


def _renamed(values: Mapping[str, Any], source: str) -> dict[str, Any]:
    current = current_keys(values)
    for old in sorted(values.keys() - current.keys()):
        now = f"called {RENAMED[old]!r} today; it was taken as that" if old in RENAMED else "gone; it was ignored"
        warnings.warn(f"the key {old!r} in {source} is {now}", FutureWarning, stacklevel=3)
    return current


def _merged(own: Any, given: Any) -> Any:
    """Return the given value, and where both are mappings the own one with what is given in its place."""
    if not (isinstance(own, Mapping) and isinstance(given, Mapping)):
        return given
    return {**own, **{key: _merged(own.get(key), value) for key, value in given.items()}}
