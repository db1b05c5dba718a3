"""The list of models: from a folder, a `models.config` or a reload call."""

import pathlib
from collections.abc import Callable

from google.protobuf import text_format

from serving.protocol import protos
from serving.protocol.status import INVALID_ARGUMENT, CallError
from serving.protocol.versions import LOG, ModelSettings, Policy, discover
from serving.server.lifecycle import Manager

_PLATFORM = "tensorflow"


class ConfigError(Exception):
    """A configuration file or folder that the user can put right."""


def discovery(base: str | pathlib.Path) -> Callable[[], list[ModelSettings]]:
    """Like `discover` at each call, but a model once seen stays listed.

    So if a folder vanishes, its model is still served. A real server does the
    same if a base path vanishes.
    """
    known: dict[str, ModelSettings] = {}

    def models():
        known.update((model.name, model) for model in discover(base))
        return list(known.values())

    return models


def read_text_proto(path: str | pathlib.Path, message):
    """Reads a text proto file.

    Args:
        path: the file.
        message: instance of a class of `serving.protocol.protos`; it is filled.

    Returns:
        `message`.

    Raises:
        ConfigError: the file is unreadable, or it is not such a message.
    """
    try:
        return protos.parse_text(pathlib.Path(path).read_text(), message)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path} is no {message.DESCRIPTOR.name} text proto: {error}"
        ) from None


def _platform(model) -> str:
    if model.model_platform:
        return model.model_platform
    if model.model_type == 1:  # TENSORFLOW of the deprecated enum
        return _PLATFORM
    raise CallError(
        INVALID_ARGUMENT,
        "Illegal setting neither ModelServerConfig::model_type (deprecated) "
        f"nor ModelServerConfig::model_platform, model name is {model.name}",
    )


def _policy(model) -> Policy:
    policy = model.model_version_policy
    choice = policy.WhichOneof("policy_choice")
    if choice == "all":
        return Policy("all")
    if choice == "specific":
        return Policy("specific", versions=frozenset(policy.specific.versions))
    return Policy(count=max(1, policy.latest.num_versions))


def _absolute(path: str) -> bool:
    return path.startswith("/") or "://" in path


def models_from(config) -> list[ModelSettings]:
    """Checks a `ModelServerConfig` as TensorFlow Serving does.

    Args:
        config: `ModelServerConfig`.

    Returns:
        `ModelSettings` of each model.

    Raises:
        CallError: INVALID_ARGUMENT with TensorFlow Serving's text.
    """
    if config.WhichOneof("config") != "model_config_list":
        raise CallError(
            INVALID_ARGUMENT,
            "ServerModelConfig type not supported by "
            "HandleReloadConfigRequest. Only ModelConfigList is currently "
            "supported",
        )
    models = config.model_config_list.config
    names = set()
    for model in models:
        if model.name in names:
            raise CallError(
                INVALID_ARGUMENT,
                f"Illegal to list model {model.name} multiple times in config "
                "list",
            )
        names.add(model.name)
    for model in models:
        if not _absolute(model.base_path):
            raise CallError(
                INVALID_ARGUMENT,
                f"Expected model {model.name} to have an absolute path or "
                f"URI; got base_path()={model.base_path}",
            )
    for model in models:
        platform = _platform(model)
        if platform != _PLATFORM:
            raise CallError(
                INVALID_ARGUMENT,
                f"Model {model.name} requests unsupported platform {platform}",
            )
    return [
        ModelSettings(
            model.name,
            model.base_path,
            _policy(model),
            dict(model.version_labels),
        )
        for model in models
    ]


class ConfigFile:
    """A list of models on disk, which may change.

    Args:
        path: the file, a `ModelServerConfig` text proto.
    """

    def __init__(self, path: str | pathlib.Path):
        self._path = path
        self._applied: list[ModelSettings] | None = None
        self._last_warning = ""

    def read(self) -> list[ModelSettings]:
        """The models of the file, which count as known from now on.

        Raises:
            ConfigError: the file is unreadable, or TensorFlow Serving would
                refuse it.
        """
        config = read_text_proto(self._path, protos.ModelServerConfig())
        try:
            self._applied = models_from(config)
        except CallError as error:
            raise ConfigError(f"{self._path}: {error}") from None
        return self._applied

    def apply(self, manager: Manager) -> None:
        """Takes over what has changed since the last look.

        A file that cannot be read changes nothing. Labels that wait for a
        version are tried again at the next look.

        Args:
            manager: `Manager`.
        """
        before = self._applied
        try:
            models = self.read()
            if models != before:
                LOG.info("%s has changed", self._path)
                manager.configure(lambda: models)
            if models != before or self._last_warning:
                manager.set_labels(models)
            self._last_warning = ""
        except (ConfigError, CallError) as error:
            if str(error) != self._last_warning:
                LOG.warning("%s", error)
            self._last_warning = str(error)
