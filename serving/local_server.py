"""The local server: TensorFlow Serving's gRPC interface without Docker."""

import logging
import os
import pathlib
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent import futures
from dataclasses import dataclass

import grpc

from serving import protos
from serving.batching import BatchScheduler, read_options
from serving.command_line import parse_command_line, show_any_character
from serving.config import (
    ConfigError,
    discover,
    discovery,
    models_from,
    read_text_proto,
)
from serving.lifecycle import Manager
from serving.servable import Servable, ServableOptions
from serving.services import add_health, add_services
from serving.status import CallError
from serving.versions import LOG, ModelSettings

_GRACE = 5.0  # seconds that running calls may take when it stops


@dataclass(frozen=True, kw_only=True)
class Options:
    """Serve exported models by gRPC, as TensorFlow Serving does."""

    base: pathlib.Path | None = None
    """Folder with MODEL/INTEGER/ in it: every model there is served, and
    what is published later is picked up."""
    model_config_file: pathlib.Path | None = None
    """Instead of --base: TensorFlow Serving's list of models (text)."""
    port: int = 8500
    """Port; 0 takes a free one, which is printed."""
    host: str = "127.0.0.1"
    """Address to listen on. There is no password: everybody who can reach
    another address than this machine's own can use and reload the models."""
    poll: float = 1.0
    """Seconds between two looks for new versions; 0 looks once."""
    wait: float = 0.0
    """Seconds to wait at the start until there is a model to serve."""
    load_retries: int = 5
    """How often a version that fails to load is tried again."""
    load_retry_seconds: float = 60.0
    """Seconds before a failed version is tried again."""
    allow_labels_for_unavailable: bool = False
    """Let the labels of --model-config-file name versions not loaded yet."""
    threads: int = 4 * (os.cpu_count() or 1)
    """Calls that run at the same time."""
    max_concurrent_calls: int = 1024
    """Calls that run or wait; more are refused with RESOURCE_EXHAUSTED."""
    tensor_content: bool = False
    """Answer with raw memory, which is faster to read, instead of typed
    fields (TensorFlow Serving: --enable_serialization_as_tensor_content)."""
    max_image_pixels: int = ServableOptions.max_image_pixels
    """Pixels that the encoded images of one request may have together."""
    ssl_config_file: pathlib.Path | None = None
    """TLS: TensorFlow Serving's text file with the PEM contents."""
    batching_parameters_file: pathlib.Path | None = None
    """Run requests that arrive together in batches: TensorFlow Serving's text
    file of batching parameters."""
    health: bool = False
    """Answer grpc.health.v1, too."""


class LocalServer:
    """A gRPC server and the models behind it.

    Args:
        models: function that returns the wanted models.
        options: `Options`; `base` and `model_config_file` are not read.
    """

    def __init__(
        self, models: Callable[[], list[ModelSettings]], options: Options
    ):
        self._options = options
        self._batching = None
        threads = options.threads
        if options.batching_parameters_file:
            batching = read_options(
                read_text_proto(
                    options.batching_parameters_file,
                    protos.BatchingParameters(),
                ),
                os.cpu_count() or 1,
            )
            self._batching = BatchScheduler(batching)
            # Each call waits in a thread while its batch fills up.
            threads = max(threads, 2 * min(batching.max_batch_size, 128))
        self._threads = threads
        servable = ServableOptions(
            tensor_content=options.tensor_content,
            max_image_pixels=options.max_image_pixels,
            batching=self._batching,
        )
        self.manager = Manager(
            lambda name, folder: Servable(folder, servable),
            models,
            poll_seconds=options.poll,
            retries=options.load_retries,
            retry_seconds=options.load_retry_seconds,
            allow_labels_for_unavailable=options.allow_labels_for_unavailable,
        )
        self._models = models
        self._server: grpc.Server | None = None

    def load(self, go_on: Callable[[], bool] = lambda: True) -> None:
        """Loads the first models; the port stays closed until then.

        Args:
            go_on: function; False ends the wait.

        Raises:
            ConfigError: a model could not be loaded.
        """
        settings = self._models()
        try:
            self.manager.set_labels(settings)
        except CallError as error:
            raise ConfigError(
                f"{error}. Labels in a file need "
                "--allow-labels-for-unavailable, as nothing is loaded yet."
            ) from None
        self.manager.start()
        names = [found.name for found in settings]
        for name, version in self.manager.wait_loaded(names, go_on):
            raise ConfigError(
                f"{name}, version {version.number} ({version.folder}) cannot "
                f"be loaded: {version.error}"
            )

    def listen(self) -> int:
        """Opens the port.

        Returns:
            int, the port.

        Raises:
            ConfigError: the port is taken, or the TLS files do not fit.
        """
        options = self._options
        server = grpc.server(
            futures.ThreadPoolExecutor(self._threads, "tfmask-call"),
            options=[
                ("grpc.max_receive_message_length", -1),
                ("grpc.max_send_message_length", -1),
                ("grpc.so_reuseport", 0),
            ],
            maximum_concurrent_rpcs=options.max_concurrent_calls,
        )
        add_services(server, self.manager)
        if options.health:
            add_health(server)
        address = f"{options.host}:{options.port}"
        try:
            if options.ssl_config_file:
                port = server.add_secure_port(
                    address, _credentials(options.ssl_config_file)
                )
            else:
                port = server.add_insecure_port(address)
        except RuntimeError:
            port = 0
        if not port:
            raise ConfigError(
                f"cannot listen on {address}: the port is taken, or the "
                "address is not this machine's. Choose another --port."
            )
        server.start()
        self._server = server
        return port

    def stop(self) -> None:
        """Lets running calls end for some seconds, then frees the models."""
        if self._server:
            self._server.stop(_GRACE).wait()
        self.manager.stop()
        if self._batching:
            self._batching.stop()


def _credentials(path):
    config = read_text_proto(path, protos.SSLConfig())
    if not config.server_key or not config.server_cert:
        raise ConfigError(f"{path}: `server_key` and `server_cert` are needed")
    if config.client_verify and not config.custom_ca:
        raise ConfigError(f"{path}: `client_verify` needs `custom_ca`")
    return grpc.ssl_server_credentials(
        [(config.server_key.encode(), config.server_cert.encode())],
        root_certificates=config.custom_ca.encode() or None,
        require_client_auth=config.client_verify,
    )


def _wait_for_model(base, seconds, stopped):
    """Returns when a model lies under `base`, or the server is stopped."""
    expected = f"{base}/MODEL/INTEGER/saved_model.pb"
    if not base.is_dir():
        raise ConfigError(
            f"--base {base} is not a folder; expected one with {expected}"
        )
    if seconds and not discover(base):
        LOG.info("waiting for %s", expected)
    end = time.monotonic() + seconds
    while not discover(base):
        if time.monotonic() >= end:
            raise ConfigError(
                f"no model under {base}; expected {expected}. Export one "
                "(`tfmask export`), or give --wait SECONDS to wait for one."
            )
        if stopped.wait(min(0.2, max(seconds, 0.01))):
            return


def _configured(path) -> list[ModelSettings]:
    config = read_text_proto(path, protos.ModelServerConfig())
    try:
        return models_from(config)
    except CallError as error:
        raise ConfigError(f"{path}: {error}") from None


def serve(
    options: Options,
    stopped: threading.Event,
    ready: Callable[[int], None],
) -> None:
    """Serves until told to stop.

    Args:
        options: `Options`.
        stopped: event that ends it.
        ready: function that is called with the port when it is open.

    Raises:
        ConfigError: nothing can be served.
    """
    if (options.base is None) == (options.model_config_file is None):
        raise ConfigError("give either --base or --model-config-file")
    if options.base is not None:
        _wait_for_model(options.base, options.wait, stopped)
        models = discovery(options.base)
    else:
        configured = _configured(options.model_config_file)

        def models():
            return configured

    server = LocalServer(models, options)
    try:
        server.load(lambda: not stopped.is_set())
        if not stopped.is_set():
            ready(server.listen())
        stopped.wait()
    finally:
        server.stop()


def _stop_at_signals() -> threading.Event:
    """Returns an event that Ctrl-C and SIGTERM set."""
    stopped = threading.Event()
    reader, writer = os.pipe()
    os.set_blocking(writer, False)  # as `set_wakeup_fd` demands
    # A Python handler would run within whatever the main thread does: within
    # `stopped.wait()` it could wait for the lock that it interrupted.
    signal.set_wakeup_fd(writer)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)

    def wait():
        os.read(reader, 1)
        stopped.set()

    threading.Thread(target=wait, name="tfmask-signals", daemon=True).start()
    return stopped


def main(argv: list[str] | None = None) -> int:
    """`tfmask serve`.

    Args:
        argv: the options, or None for the command line's.

    Returns:
        exit code: 0 after Ctrl-C or SIGTERM, 1 if nothing can be served.
    """
    show_any_character()
    options = parse_command_line(Options, argv, "tfmask serve")
    # A refused request is the caller's matter: no line of ours for each.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    logging.basicConfig(level="INFO", format="%(asctime)s %(message)s")
    stopped = _stop_at_signals()

    def ready(port):
        print(f"serving on {options.host}:{port}", flush=True)

    try:
        serve(options, stopped, ready)
    except ConfigError as error:
        print(f"tfmask serve: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
