"""Reports about finished calls: numbers for Prometheus, and a log."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Container

from serving.protocol import protos
from serving.protocol.versions import LOG
from serving.server.budget import Budget
from serving.server.calls import Call, Calls
from serving.server.config import ConfigError

_LONGEST_NAME = 100
# These are TensorFlow Serving's: microseconds from 10 to about 20 minutes.
_BUCKETS = tuple(10 * 1.8**step for step in range(33))
_COUNT = ":tensorflow:serving:request_count"


def _model_of(call: Call) -> str:
    spec = getattr(call.request, "model_spec", None)
    return spec.name if spec else ""


def log_call(call: Call) -> None:
    """Writes one line about a call."""
    spec = getattr(call.request, "model_spec", protos.ModelSpec())
    version = "-" if call.version is None else call.version

    def quoted(name):
        # The name is escaped, because a name with a line end must not forge a
        # line.
        return json.dumps(name[:_LONGEST_NAME])

    LOG.info(
        "%s %s model=%s version=%s signature=%s %s ms=%.1f model_ms=%.1f "
        "in=%d out=%d pixels=%d",
        call.peer,
        call.method.name,
        quoted(spec.name),
        version,
        quoted(spec.signature_name),
        call.code.name,
        1000 * call.seconds,
        1000 * call.running,
        call.received,
        call.sent,
        call.pixels,
    )


class _Requests:
    """Counts under TensorFlow Serving's name.

    `prometheus_client.Counter` would add `_total` to it.
    """

    def __init__(self, kind):
        self._kind, self._lock = kind, threading.Lock()
        self._counts: Counter = Counter()

    def add(self, model, status):
        with self._lock:
            self._counts[model, status] += 1

    def collect(self):
        metric = self._kind(_COUNT, "Requests by model and status.", "unknown")
        with self._lock:
            counts = dict(self._counts)
        for (model, status), count in counts.items():
            labels = {"model_name": model, "status": status}
            metric.add_sample(_COUNT, labels, count)
        yield metric


class Metrics:
    """Numbers in Prometheus' text format, on an HTTP port of their own.

    The names are TensorFlow Serving's, if it has them.

    Args:
        known: function that returns the names of all models. Other names become
            "", because callers must not invent labels.
    """

    def __init__(self, known: Callable[[], Container[str]]):
        import prometheus_client as prometheus

        prometheus.disable_created_metrics()
        self._known, self._prometheus = known, prometheus
        self._registry = prometheus.CollectorRegistry()
        self._requests = _Requests(prometheus.Metric)
        self._registry.register(self._requests)
        self._latency = self._histogram(
            "request_latency",
            "Microseconds of a request, from its last byte to its answer.",
            ("model_name", "API", "entrypoint"),
        )
        self._runtime = self._histogram(
            "runtime_latency",
            "Microseconds in which the model ran.",
            ("model_name", "API", "runtime"),
        )
        self._server = self._thread = None

    def _histogram(self, name, text, labels):
        return self._prometheus.Histogram(
            f":tensorflow:serving:{name}",
            text,
            labels,
            registry=self._registry,
            buckets=_BUCKETS,
        )

    def observe(self, call: Call) -> None:
        """Counts a finished call of the PredictionService."""
        if call.method.service != protos.PREDICT.service:
            return
        model, name = _model_of(call), call.method.name
        if model not in self._known():
            model = ""
        self._requests.add(model, call.code.name)
        self._latency.labels(model, name, "GRPC").observe(1e6 * call.seconds)
        if call.running:
            self._runtime.labels(model, name, "TF1").observe(1e6 * call.running)

    def watch(self, calls: Calls, budget: Budget) -> None:
        """Also tells what is under way."""
        for name, text, value in (
            (
                "pixels_under_way",
                "Pixels of the images that models work on.",
                lambda: calls.pixels,
            ),
            (
                "calls_under_way",
                "Requests that run or wait.",
                lambda: calls.under_way,
            ),
            (
                "calls_waiting",
                "Requests that wait for memory.",
                lambda: budget.waiting,
            ),
            (
                "memory_used_bytes",
                "Bytes set aside for requests that run.",
                lambda: budget.used,
            ),
            (
                "memory_limit_bytes",
                "Bytes that requests may take together.",
                lambda: budget.limit,
            ),
        ):
            gauge = self._prometheus.Gauge(
                f"tfmask_serving_{name}", text, registry=self._registry
            )
            gauge.set_function(value)

    def serve(self, host: str, port: int) -> None:
        """Opens the port.

        Raises:
            ConfigError: the port is in use.
        """
        try:
            self._server, self._thread = self._prometheus.start_http_server(
                port, host, self._registry
            )
        except OSError as error:
            raise ConfigError(
                f"--metrics-port: cannot listen on {host}:{port}: "
                f"{error.strerror}"
            ) from None
        port = self._server.server_port
        LOG.info("metrics on http://%s:%d/metrics", host, port)

    def stop(self) -> None:
        """Closes the port."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
