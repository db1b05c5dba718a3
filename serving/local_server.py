"""The local server: TensorFlow Serving's gRPC interface without Docker."""

import logging
import os
import pathlib
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from serving.commands.command_line import (
    on_terminal,
    parse_command_line,
    require_least,
    require_ports,
)
from serving.protocol import protos
from serving.protocol.status import CallError
from serving.protocol.versions import LOG, ModelSettings, discover
from serving.server.batching import BatchScheduler, read_options
from serving.server.budget import Budget
from serving.server.calls import Calls, Limits
from serving.server.config import (
    ConfigError,
    ConfigFile,
    discovery,
    read_text_proto,
)
from serving.server.grpc_server import Address, GrpcServer
from serving.server.lifecycle import Manager
from serving.server.memory import machine_memory
from serving.server.observers import Metrics, log_call
from serving.server.request_size import MAX_IMAGE_PIXELS
from serving.server.servable import Servable, ServableOptions
from serving.server.services import Services, handlers

# After so many seconds, a running Python thread lets another one run. The
# thread that answers must not wait for all threads that read requests.
_SWITCH_SECONDS = 0.0005
# Seconds after the grace. The work of a model ends between two operations.
_INTERRUPT_SECONDS = 3.0


@dataclass(frozen=True, kw_only=True)
class Options:
    """Serve exported models by gRPC, as TensorFlow Serving does."""

    base: pathlib.Path | None = None
    """Folder with MODEL/INTEGER/ in it: every model there is served, and
    what is published later is picked up."""
    model_config_file: pathlib.Path | None = None
    """Instead of --base: TensorFlow Serving's list of models (text)."""
    model_config_file_poll_wait_seconds: float = 0.0
    """Seconds between two looks at that list; 0 reads it once."""
    port: int = 8500
    """Port; 0 takes a free one, which is printed."""
    grpc_socket_path: pathlib.Path | None = None
    """Unix socket to listen on in place of a port; only this user can open
    it."""
    host: str = "127.0.0.1"
    """Address to listen on. There is no password: everybody who can reach
    the port can use the models, on this machine, too."""
    reload: bool = True
    """Let callers replace the list of models (HandleReloadConfigRequest): any
    folder of this machine can be loaded then. Off by default with --base."""
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
    tensorflow_intra_op_parallelism: int = 0
    """Threads that one operation of a model may use. 0: one for each core.
    With 1, many clients get more answers a second, and one client waits
    longer for a large image."""
    max_concurrent_calls: int = 1024
    """Calls that run or wait; more are refused with RESOURCE_EXHAUSTED."""
    max_call_seconds: float = 600.0
    """The most that a call may last, also one without a deadline."""
    memory: int = 0
    """MiB that all models together may work with; calls beyond that wait for
    their turn. 0: half of the machine's, or of the container's. Messages that
    run or wait may take a quarter of it besides."""
    max_request_bytes: int = 2**26
    """The largest request, unpacked. (Images of 2^24 pixels have 48 MiB.)"""
    tensor_content: bool = False
    """Answer with raw memory, which is faster to read, instead of typed
    fields (TensorFlow Serving: --enable_serialization_as_tensor_content)."""
    max_image_pixels: int = MAX_IMAGE_PIXELS
    """Pixels that the images of one request, encoded or not, may have
    together; fewer where --memory does not suffice for them."""
    ssl_config_file: pathlib.Path | None = None
    """TLS: TensorFlow Serving's text file with the PEM contents."""
    batching_parameters_file: pathlib.Path | None = None
    """Run requests that arrive together in batches: TensorFlow Serving's text
    file of batching parameters."""
    health: bool = False
    """Answer grpc.health.v1, too."""
    metrics_port: int | None = None
    """HTTP port with numbers for Prometheus, at --host; 0 takes a free one,
    which the log tells."""
    log_requests: bool = False
    """Write one line about each call into the log (stderr)."""
    grace: float = 5.0
    """Seconds that running calls may take after Ctrl-C or SIGTERM. A second
    signal ends the process at once."""

    def __post_init__(self):
        require_ports(self, "port", "metrics_port")
        require_least(
            self, threads=1, tensorflow_intra_op_parallelism=0,
            max_concurrent_calls=1, max_call_seconds=0.001,
            max_request_bytes=1, max_image_pixels=1, memory=0, poll=0, wait=0,
            model_config_file_poll_wait_seconds=0, load_retries=0,
            load_retry_seconds=0, grace=0,
        )  # fmt: skip


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
        memory = options.memory * 2**20 or machine_memory() // 2
        budget = Budget(memory)
        servable = ServableOptions(
            tensor_content=options.tensor_content,
            max_image_pixels=options.max_image_pixels,
            budget=budget,
            batching=self._batching,
            threads=options.tensorflow_intra_op_parallelism,
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
        limits = Limits(
            threads=threads,
            calls=options.max_concurrent_calls,
            seconds=options.max_call_seconds,
            held=memory // 4,
            budget=budget,
        )
        self._metrics = None
        observers = [log_call] if options.log_requests else []
        if options.metrics_port is not None:
            self._metrics = Metrics(lambda: self.manager.models)
            observers.append(self._metrics.observe)
        self._calls = Calls(limits, tuple(observers))
        if self._metrics:
            self._metrics.watch(self._calls, budget)
        services = Services(self.manager, self._calls, options.reload)
        self._server = GrpcServer(
            handlers(services, self._calls),
            max_calls=options.max_concurrent_calls,
            max_request_bytes=min(options.max_request_bytes, limits.held),
            answers_health=options.health,
        )

    def load(self, go_on: Callable[[], bool] = lambda: True) -> None:
        """Loads the first models; the port stays closed until then.

        Args:
            go_on: function. If it returns False, the wait ends.

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
        names = [model.name for model in settings]
        # From a folder of models, the server serves those that can be loaded.
        some = self._options.base is not None
        failed = self.manager.wait_loaded(names, go_on, any_will_do=some)
        for name, version in failed:
            text = (
                f"{name}, version {version.number} ({version.folder}) cannot "
                f"be loaded: {version.error}"
            )
            if not some or len(failed) == len(names):
                raise ConfigError(text)

    def listen(self) -> str:
        """Opens the port, or the socket.

        Returns:
            str, the address for clients.

        Raises:
            ConfigError: the port is in use, or the TLS files do not fit.
        """
        options = self._options
        if self._metrics:
            self._metrics.serve(options.host, options.metrics_port)
        return self._server.start(
            Address(
                options.host,
                options.port,
                options.grpc_socket_path,
                options.ssl_config_file,
            )
        )

    def stop(self) -> bool:
        """Lets running calls end for `grace` seconds, then frees the models.

        Returns:
            True if all has ended. If not, an operation of a model takes long,
            and threads still work on it.
        """
        self._server.stop(
            self._options.grace, lambda: self._calls.under_way > 0
        )
        if self._metrics:
            self._metrics.stop()
        if not self._calls.stop(0):
            self.manager.interrupt()
        ended = self._calls.stop(_INTERRUPT_SECONDS)
        # A load may also be running.
        ended = self.manager.stop(_INTERRUPT_SECONDS) and ended
        if ended and self._batching:
            self._batching.stop()
        return ended


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


def serve(
    options: Options,
    stopped: threading.Event,
    ready: Callable[[str], None],
) -> bool:
    """Serves until told to stop.

    Args:
        options: `Options`.
        stopped: event that ends it.
        ready: function of the address for clients. It is called when the
            address is open.

    Returns:
        True if all calls have ended.

    Raises:
        ConfigError: nothing can be served.
    """
    if (options.base is None) == (options.model_config_file is None):
        raise ConfigError("give either --base or --model-config-file")
    file = None
    if options.base is not None:
        _wait_for_model(options.base, options.wait, stopped)
        models = discovery(options.base)
    else:
        file = ConfigFile(options.model_config_file)
        configured = file.read()

        def models():
            return configured

    server = LocalServer(models, options)
    try:
        server.load(lambda: not stopped.is_set())
        if not stopped.is_set():
            ready(server.listen())
        seconds = options.model_config_file_poll_wait_seconds
        while file and seconds and not stopped.wait(seconds):
            file.apply(server.manager)
        stopped.wait()
    finally:
        ended = server.stop()
    return ended


def _stop_at_signals() -> threading.Event:
    """Returns an event that Ctrl-C and SIGTERM set; a second one kills."""
    stopped = threading.Event()
    reader, writer = os.pipe()
    os.set_blocking(writer, False)  # `set_wakeup_fd` needs it
    # A Python handler would run inside of the work of the main thread. Inside
    # of `stopped.wait()` it could wait for the lock that it interrupted.
    signal.set_wakeup_fd(writer)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)

    def wait():
        os.read(reader, 1)
        stopped.set()
        again = os.read(reader, 1)[0]
        os._exit(128 + again)

    threading.Thread(target=wait, name="tfmask-signals", daemon=True).start()
    return stopped


@on_terminal
def main(argv: list[str] | None = None) -> int:
    """`tfmask serve`.

    Args:
        argv: the options. None: those of the command line.

    Returns:
        exit code: 0 after Ctrl-C or SIGTERM, 1 if nothing can be served.
    """
    options = parse_command_line(Options, argv, "tfmask serve")
    if options.base is not None:
        # The folder decides which models are served. Callers decide it only
        # with the option for that.
        options = parse_command_line(
            Options, argv, "tfmask serve", Options(reload=False)
        )
    # A refused request is the caller's problem. The server prints no line for
    # it.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    logging.basicConfig(level="INFO", format="%(asctime)s %(message)s")
    sys.setswitchinterval(_SWITCH_SECONDS)
    stopped = _stop_at_signals()

    def ready(target):
        print(f"serving on {target}", flush=True)

    try:
        ended = serve(options, stopped, ready)
    except ConfigError as error:
        print(f"tfmask serve: {error}", file=sys.stderr)
        return 1
    if not ended:
        LOG.warning("the process ends without the calls that still run")
        logging.shutdown()
        os._exit(0)  # Python would wait for their threads
    return 0


if __name__ == "__main__":
    sys.exit(main())
