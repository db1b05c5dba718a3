"""Versions of the packages that computed a result."""

import platform
from importlib import metadata

PACKAGES = (
    "tfmask",
    "tensorflow",
    "keras",
    "tensorflow-addons",
    "tensorflow-datasets",
    "numpy",
)


def package_versions():
    """dict of name to version: Python and the packages that are installed."""
    versions = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions
