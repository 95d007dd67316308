"""Which packages are installed, and in which versions."""

from collections.abc import Iterable
from importlib.metadata import packages_distributions, version


def package_versions(modules: Iterable[str]) -> dict[str, str]:
    """
    Return the version of each package that holds one of the modules, by the package's name.

    A module may come from packages of several names, such as onnxruntime and onnxruntime-gpu; one that is not
    installed is left out.
    """
    owners = packages_distributions()
    found = {package for module in modules for package in owners.get(module, ())}
    return {package: version(package) for package in sorted(found)}
