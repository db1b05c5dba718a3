"""Models, their versions, and which of those in a folder are wanted."""

import enum
import logging
import pathlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from serving.status import CallError

LOG = logging.getLogger("tfmask.serving")


class State(enum.IntEnum):
    """States of a version, with the numbers of GetModelStatus."""

    START = 10
    LOADING = 20
    AVAILABLE = 30
    UNLOADING = 40
    END = 50


@dataclass(frozen=True)
class Policy:
    """Which of the versions in a folder are wanted.

    Args:
        kind: "latest", "all" or "specific".
        count: int, how many for "latest".
        versions: the numbers for "specific".
    """

    kind: str = "latest"
    count: int = 1
    versions: frozenset[int] = frozenset()

    def choose(self, found: Iterable[int]) -> set[int]:
        """The wanted ones of the found version numbers."""
        if self.kind == "all":
            return set(found)
        if self.kind == "specific":
            return set(found) & self.versions
        return set(sorted(found)[-self.count :])


@dataclass(frozen=True)
class ModelSettings:
    """One model of the configuration.

    Args:
        name: str, what requests call it.
        base_path: str, the folder that holds its versions.
        policy: `Policy`.
        labels: label to version.
    """

    name: str
    base_path: str
    policy: Policy = Policy()
    labels: dict[str, int] = field(default_factory=dict)


@dataclass
class Version:
    """One version of one model, remembered until the server ends."""

    number: int
    folder: pathlib.Path
    state: State = State.START
    wanted: bool = True
    error: CallError | None = None
    servable: Any = None
    users: int = 0
    attempts: int = 0
    next_attempt: float = 0.0


@dataclass
class Model:
    """A model and every version of it seen so far."""

    settings: ModelSettings
    versions: dict[int, Version] = field(default_factory=dict)
    listed: bool = True

    def available(self) -> list[Version]:
        """The versions that answer now, lowest first."""
        return [
            self.versions[number]
            for number in sorted(self.versions)
            if self.versions[number].state == State.AVAILABLE
        ]


def find_versions(base_path: str | pathlib.Path) -> dict[int, pathlib.Path]:
    """The children of a folder whose names are whole integers.

    Args:
        base_path: the model's folder.

    Returns:
        Version number to path.

    Raises:
        OSError: the folder cannot be read.
    """
    found: dict[int, pathlib.Path] = {}
    for path in sorted(pathlib.Path(base_path).iterdir()):
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", path.name):
            continue
        if int(path.name) in found:
            LOG.warning("%s: version %d is there twice", path, int(path.name))
        found[int(path.name)] = path
    return found
