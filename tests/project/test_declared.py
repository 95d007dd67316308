"""Whatever the package imports is declared: nothing is there only because another library brings it."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

from spanwise import __version__

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
AT_MOST = 20


def names(requirements):
    """The names of distributions, spelt alike."""
    return {re.match(r"[\w.-]+", requirement)[0].lower().replace("_", "-") for requirement in requirements}


def imported():
    """Top-level names that the sources import, each with the files that do; what only type checkers see counts too."""
    found = {}
    for file in sorted((ROOT / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            else:
                modules = [node.module] if isinstance(node, ast.ImportFrom) else []
            for module in modules:
                found.setdefault(module.partition(".")[0], set()).add(file.relative_to(ROOT).as_posix())
    return found


def test_every_imported_package_is_declared():
    extras = PROJECT["optional-dependencies"]
    declared = names([*PROJECT["dependencies"], *(one for extra in extras if extra != "dev" for one in extras[extra])])
    others = {name: files for name, files in imported().items() if name not in {*sys.stdlib_module_names, "spanwise"}}
    assert {"numpy", "torch", "haystack", "yaml"} <= set(others)
    distributions = packages_distributions()
    missing = {
        name: sorted(files) for name, files in others.items() if not names(distributions.get(name, [name])) & declared
    }
    assert missing == {}


def test_dependencies_stay_few():
    assert len(PROJECT["dependencies"]) <= AT_MOST


def test_the_version_is_told_alike():
    assert PROJECT["version"] == __version__
