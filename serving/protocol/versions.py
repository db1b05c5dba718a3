"""Models, their versions, and which of those in a folder are wanted."""

import enum
import logging
import pathlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from serving.protocol.status import CallError

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
        replaces_broken: bool; if a version cannot be loaded, an older one takes
            its place. TensorFlow Serving has no such policy.
    """

    kind: str = "latest"
    count: int = 1
    versions: frozenset[int] = frozenset()
    replaces_broken: bool = False

    def choose(self, numbers: Iterable[int]) -> set[int]:
        """The wanted ones of the found version numbers."""
        if self.kind == "all":
            return set(numbers)
        if self.kind == "specific":
            return set(numbers) & self.versions
        return set(sorted(numbers)[-self.count :])


@dataclass(frozen=True)
class ModelSettings:
    """One model of the configuration.

    Args:
        name: str, the name in requests.
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

    @property
    def failing(self) -> bool:
        """Whether its load has failed, for now or for good."""
        unloaded = self.state in (State.START, State.LOADING, State.END)
        return self.wanted and self.attempts > 0 and unloaded


@dataclass
class Model:
    """A model and every version of it seen so far."""

    settings: ModelSettings
    versions: dict[int, Version] = field(default_factory=dict)
    folders: dict[int, pathlib.Path] = field(default_factory=dict)
    listed: bool = True

    def want(self) -> None:
        """Decides which of the versions found on disk are wanted."""
        policy = self.settings.policy
        broken = {
            number
            for number, version in self.versions.items()
            if policy.replaces_broken and version.failing
        } & set(self.folders)
        # A broken version stays wanted. So it is not tried again and again.
        wanted = policy.choose(set(self.folders) - broken) | broken
        for number, version in self.versions.items():
            again = number in wanted and not version.wanted
            version.wanted = number in wanted
            if again and version.state == State.END:
                self.versions[number] = Version(number, self.folders[number])
        for number in sorted(wanted - set(self.versions)):
            self.versions[number] = Version(number, self.folders[number])

    def answers(self) -> bool:
        """Whether requests are taken."""
        return self.listed and bool(self.available())

    def failing(self) -> bool:
        """Whether each wanted version has failed, for now or for good."""
        wanted = [v for v in self.versions.values() if v.wanted]
        return bool(wanted) and all(version.failing for version in wanted)

    def failure(self) -> Version | None:
        """The last failed version, if none is left to be tried."""
        ended = [
            version
            for version in self.versions.values()
            if version.state == State.END and version.error
        ]
        done = self.listed and ended and len(ended) == len(self.versions)
        return ended[-1] if done else None

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
    folders: dict[int, pathlib.Path] = {}
    for path in sorted(pathlib.Path(base_path).iterdir()):
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", path.name):
            continue
        if int(path.name) in folders:
            LOG.warning("%s: version %d is there twice", path, int(path.name))
        folders[int(path.name)] = path
    return folders


def discover(base: str | pathlib.Path) -> list[ModelSettings]:
    """The models in a folder: every subfolder that holds a version.

    Args:
        base: folder with `<model>/<integer>/` in it.

    Returns:
        `ModelSettings` of each: the latest version that can be loaded.
    """
    newest = Policy(replaces_broken=True)
    models = []
    try:
        folders = sorted(pathlib.Path(base).iterdir())
    except OSError as error:
        LOG.warning("%s", error)
        return []
    for folder in folders:
        try:
            versions = find_versions(folder) if folder.is_dir() else {}
        except OSError as error:
            LOG.warning("%s", error)
            continue
        if versions and not folder.name.startswith("."):
            models.append(ModelSettings(folder.name, str(folder), newest))
    return models
