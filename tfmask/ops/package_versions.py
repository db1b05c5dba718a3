"""Versions of the packages and of the sources that computed a result."""

import platform
import subprocess
from importlib import metadata
from pathlib import Path

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


def git_commit(source=__file__):
    """The commit that is checked out with a source file, a str.

    None if the file is in no checkout, or if Git does not know it: the file of
    an installed package may lie inside the checkout of another project.

    Args:
        source: path of the file.
    """
    source = Path(source)

    def git(*words):
        answer = subprocess.run(
            ["git", *words],
            cwd=source.parent,
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
        return answer.stdout.strip()

    try:
        known = git("ls-files", source.name)
        return git("rev-parse", "HEAD") if known else None
    except (OSError, subprocess.SubprocessError):
        return None
