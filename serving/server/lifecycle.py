"""Which versions of which models are loaded, as TensorFlow Serving decides.

One thread reads the folders, loads and unloads. Requests only look for versions
that are AVAILABLE. A version in use is freed when its last request is done.
"""

import contextlib
import pathlib
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from serving.protocol.status import (
    FAILED_PRECONDITION,
    INVALID_ARGUMENT,
    NOT_FOUND,
    UNKNOWN,
    CallError,
)
from serving.protocol.versions import (
    LOG,
    Model,
    ModelSettings,
    State,
    Version,
    find_versions,
)


class Manager:
    """Loads, swaps and unloads versions.

    Args:
        load: function of (model name, version folder). It returns an object
            with `close()`. It raises `CallError` if the version is broken.
        settings: function that returns the wanted models. It is called at each
            poll, so new models may appear.
        poll_seconds: float, time between two reads of the folders. 0: they are
            read once.
        retries: int, how often a failed load is tried again.
        retry_seconds: float, the pause before that.
        allow_labels_for_unavailable: bool, labels may name versions that do
            not answer yet.
    """

    def __init__(
        self,
        load: Callable[[str, pathlib.Path], Any],
        settings: Callable[[], list[ModelSettings]],
        *,
        poll_seconds: float = 1.0,
        retries: int = 5,
        retry_seconds: float = 60.0,
        allow_labels_for_unavailable: bool = False,
    ):
        self._load, self._settings = load, settings
        self._poll_seconds = poll_seconds
        self._retries, self._retry_seconds = retries, retry_seconds
        self.models: dict[str, Model] = {}
        self._any_labels = allow_labels_for_unavailable
        self._labels: dict[str, dict[str, int]] = {}
        self.changed = threading.Condition()
        self._stopping = False
        self._poll_at = 0.0
        self._thread = threading.Thread(
            target=self._work, name="tfmask-lifecycle", daemon=True
        )

    def start(self) -> None:
        """Starts the thread that polls and loads."""
        self._thread.start()

    def interrupt(self) -> None:
        """Ends the requests that run, between two operations."""
        with self.changed:
            held = [
                version.servable
                for model in self.models.values()
                for version in model.versions.values()
                if version.servable is not None
            ]
        for servable in held:
            servable.interrupt()

    def stop(self, seconds: float | None = None) -> bool:
        """Ends the thread, waits for requests, frees every version.

        Args:
            seconds: float, the longest wait. None: no limit.

        Returns:
            True if all of that is done.
        """
        with self.changed:
            self._stopping = True
            for model in self.models.values():
                for version in model.versions.values():
                    version.wanted = False
            self.changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(seconds)
        return not self._thread.is_alive()

    def configure(self, settings: Callable[[], list[ModelSettings]]) -> None:
        """Replaces the models; their folders are read at once."""
        with self.changed:
            self._settings = settings
            self._poll_at = 0.0
            self.changed.notify_all()

    def set_labels(self, listed: Iterable[ModelSettings]) -> None:
        """Takes over the labels of a configuration, before its models load.

        Args:
            listed: the models of the configuration.

        Raises:
            CallError: FAILED_PRECONDITION; a label names a version that does
                not answer now.
        """
        with self.changed:
            labels = {}
            for settings in listed:
                model = self.models.get(settings.name)
                available = model.available() if model else []
                numbers = {version.number for version in available}
                old = self._labels.get(settings.name, {})
                for label, version in settings.labels.items():
                    # Moving a label to a version that does not answer would
                    # break callers who use it now.
                    waits = self._any_labels and label not in old
                    if version not in numbers and not waits:
                        raise CallError(
                            FAILED_PRECONDITION,
                            f"Request to assign label to version {version} of "
                            f"model {settings.name}, which is not currently "
                            "available for inference",
                        )
                labels[settings.name] = dict(settings.labels)
            self._labels = labels

    @contextlib.contextmanager
    def lookup(self, name: str, version: int | None, label: str | None):
        """Holds a version for the time of one request.

        Args:
            name: str, the model.
            version: int or None.
            label: str or None. It has priority over `version`.

        Yields:
            (version number, the result of `load`).

        Raises:
            CallError: INVALID_ARGUMENT or NOT_FOUND, as TensorFlow Serving.
        """
        with self.changed:
            version_found = self._find(name, version, label)
            version_found.users += 1
        try:
            yield version_found.number, version_found.servable
        finally:
            with self.changed:
                version_found.users -= 1
                if version_found.state == State.UNLOADING:
                    self.changed.notify_all()

    def unsettled(self, names: Iterable[str]) -> list[str]:
        """The models that neither answer nor failed for good yet."""
        with self.changed:
            return [
                name
                for name in names
                if (model := self.models.get(name)) is None
                or not (model.answers() or model.failure())
            ]

    def failures(self, names: Iterable[str]) -> list[tuple[str, Version]]:
        """(model, failed version) of each model that does not answer."""
        with self.changed:
            return [
                (name, failed)
                for name in names
                if (model := self.models.get(name))
                and not model.answers()
                and (failed := model.failure())
            ]

    def wait_loaded(
        self,
        names: Iterable[str],
        go_on: Callable[[], bool],
        *,
        any_will_do: bool = False,
    ) -> list[tuple[str, Version]]:
        """Waits until each model answers or every version of it failed.

        Args:
            names: the models.
            go_on: function. If it returns False, the wait ends early.
            any_will_do: bool; after one model answers, the function does not
                wait for models whose loads have failed once.

        Returns:
            (model, failed version) of each model that does not answer.
        """
        names = list(names)
        with self.changed:
            while go_on() and (waiting := self.unsettled(names)):
                models = [self.models.get(name) for name in names]
                if any_will_do and any(m and m.answers() for m in models):
                    left = [self.models.get(name) for name in waiting]
                    if all(model and model.failing() for model in left):
                        break
                self.changed.wait(0.1)
            return self.failures(names)

    def _find(self, name, version, label):
        if not name:
            raise CallError(
                INVALID_ARGUMENT, "ModelSpec has no name specified."
            )
        if label is not None:
            version = self._labels.get(name, {}).get(label)
            if version is None:
                raise CallError(
                    INVALID_ARGUMENT,
                    f"Unrecognized servable version label: {label}",
                )
        model = self.models.get(name)
        available = model.available() if model else []
        if version is None and available:
            return available[-1]
        for candidate in available:
            if candidate.number == version:
                return candidate
        request = f"Latest({name})"
        if version is not None:
            request = f"Specific({name}, {version})"
        raise CallError(NOT_FOUND, f"Servable not found for request: {request}")

    def _work(self):
        while True:
            with self.changed:
                now = time.monotonic()
                due = now >= self._poll_at and not self._stopping
                settings = self._settings
            if due:
                # Reading a folder can hang. So never do it while holding the
                # lock.
                self._apply(settings, self._look(settings))
            with self.changed:
                self._begin_unloads()
                drained = self._drained()
                loading = None if drained else self._next_to_load(now)
                if not drained and loading is None:
                    if self._stopping and not self._busy():
                        return
                    self.changed.wait(self._pause())
                    continue
                if loading:
                    loading[1].state = State.LOADING
                    self.changed.notify_all()
            # Loading and freeing also take long.
            for version in drained:
                self._unload(version)
            if loading:
                self._load_version(*loading)

    @staticmethod
    def _look(settings):
        """(settings, versions on disk or None if unreadable) of each model."""
        looked = []
        for listed in settings():
            try:
                folders = find_versions(listed.base_path)
            except OSError as error:
                LOG.warning("%s: %s", listed.name, error)
                folders = None  # as the real server: keep the loaded ones
            looked.append((listed, folders))
        return looked

    def _apply(self, settings, looked):
        with self.changed:
            if self._stopping or settings is not self._settings:
                return  # configured anew meanwhile: the next turn looks again
            pause = self._poll_seconds or float("inf")
            self._poll_at = time.monotonic() + pause
            for listed, folders in looked:
                model = self.models.setdefault(listed.name, Model(listed))
                model.settings, model.listed = listed, True
                if folders is not None:
                    model.folders = folders
                    model.want()
            names = {listed.name for listed, _ in looked}
            for name, model in self.models.items():
                if name not in names and model.listed:
                    model.listed, model.folders = False, {}
                    model.want()

    def _begin_unloads(self):
        for model in self.models.values():
            wanted = [v for v in model.versions.values() if v.wanted]
            serving = any(v.state == State.AVAILABLE for v in wanted)
            old = [v for v in model.available() if not v.wanted]
            # The newest old one stays until a wanted one can take over.
            leaving = old if serving or not wanted else old[:-1]
            for version in leaving:
                version.state = State.UNLOADING
                self.changed.notify_all()
            for version in model.versions.values():
                waiting = version.state in (State.START, State.LOADING)
                if waiting and not version.wanted:
                    version.state = State.END
                    self.changed.notify_all()

    def _drained(self):
        return [
            version
            for model in self.models.values()
            for version in model.versions.values()
            if version.state == State.UNLOADING and not version.users
        ]

    def _busy(self):
        return any(
            version.state == State.UNLOADING
            for model in self.models.values()
            for version in model.versions.values()
        )

    def _next_to_load(self, now):
        for name, model in self.models.items():
            for number in sorted(model.versions, reverse=True):
                version = model.versions[number]
                if (
                    version.wanted
                    and version.state in (State.START, State.LOADING)
                    and version.next_attempt <= now
                ):
                    return name, version
        return None

    def _pause(self):
        if self._stopping:
            return None
        now, times = time.monotonic(), [self._poll_at]
        for model in self.models.values():
            for version in model.versions.values():
                if version.state == State.LOADING:
                    times.append(version.next_attempt)
        pause = min(times) - now
        return None if pause == float("inf") else max(pause, 0.0)

    def _load_version(self, name, version):
        error = None
        try:
            servable = self._load(name, version.folder)
        except CallError as caught:
            error = caught
        except Exception as caught:
            # An error of one model must not end the thread that swaps all
            # models.
            LOG.exception("%s/%d: load failed", name, version.number)
            error = CallError(UNKNOWN, f"{type(caught).__name__}: {caught}")
        with self.changed:
            version.attempts += 1
            if error is None:
                version.servable = servable
                version.state, version.error = State.AVAILABLE, None
                LOG.info("%s/%d is available", name, version.number)
            elif version.attempts <= self._retries and version.wanted:
                version.next_attempt = time.monotonic() + self._retry_seconds
                LOG.warning(
                    "%s/%d: load failed, next try in %g s: %s",
                    name,
                    version.number,
                    self._retry_seconds,
                    error,
                )
            else:
                version.state, version.error = State.END, error
                LOG.error("%s/%d: %s", name, version.number, error)
            if error is not None and not self._stopping:
                self.models[name].want()  # perhaps another one instead
            self.changed.notify_all()

    def _unload(self, version):
        servable, version.servable = version.servable, None
        try:
            servable.close()
        except Exception:
            # Memory may be lost, but the thread that swaps versions must not
            # end.
            LOG.exception("%s: unload failed", version.folder)
        with self.changed:
            version.state = State.END
            self.changed.notify_all()
