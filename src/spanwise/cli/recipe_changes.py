"""What the options of `spanwise train` and `spanwise distill` say of a recipe."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from spanwise.errors import UsageError


def recipe_changes(settings: Sequence[str] | None, **options: Any) -> dict[str, Any]:
    """
    Return the values that take the place of a recipe's own, by key: the options that were given, and --set's.

    :raises UsageError: If one of --set is no KEY=VALUE.
    """
    given = {key: value for key, value in options.items() if value is not None}
    return given | _read_settings(() if settings is None else settings)


def require_output(output: Path | None) -> Path:
    """
    Return the folder to write into.

    :raises UsageError: If there is none.
    """
    if output is None:
        msg = "expected a folder to write the reader into, found none: --output DIR"
        raise UsageError(msg)
    return output


def list_recipes(*, taught: bool = False) -> None:
    """Print the packaged recipes with what they make; with `taught` only those that have a teacher."""
    from spanwise.train.recipe_file import packaged_recipes, read_values

    for name in packaged_recipes():
        values = read_values(name)
        if "distill" in values or not taught:
            typer.echo(f"{name:<30} {values.get('description', '')}")


def _read_settings(settings: Sequence[str]) -> dict[str, Any]:
    """Read the values of `--set KEY=VALUE`."""
    import yaml

    values = {}
    for setting in settings:
        key, sign, value = setting.partition("=")
        if not sign:
            msg = f"expected --set KEY=VALUE, such as --set stride=64, found {setting!r}"
            raise UsageError(msg)
        try:
            values[key] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            msg = f"expected a value as in a recipe for --set {key}, found {value!r}"
            raise UsageError(msg) from error
    return values
