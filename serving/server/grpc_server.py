"""The gRPC server: an event loop in a thread, its address, TLS and health."""

import asyncio
import os
import pathlib
import threading
from collections.abc import Callable
from dataclasses import dataclass

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from serving.protocol import protos
from serving.server.config import ConfigError, read_text_proto

# The number of all RPCs. Some wait for their turn. Some were only opened
# (watchers of the health, calls without a message yet).
_RPCS_PER_CALL = 16
_OPTIONS = (
    ("grpc.max_send_message_length", -1),
    ("grpc.so_reuseport", 0),
    # If a peer vanishes without a message, the server notices it in 80 seconds.
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # Clients may also ask so often.
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
)
# Service names that TensorFlow Serving's health service knows.
_SERVICES = ("ModelService", "PredictionService")


@dataclass(frozen=True)
class Address:
    """Where a server listens.

    Args:
        host: str, name or number of the network interface.
        port: int, 0 for a free one.
        socket: path of a Unix socket, in place of both.
        ssl: path of TensorFlow Serving's TLS file, or None.
    """

    host: str
    port: int
    socket: pathlib.Path | None = None
    ssl: pathlib.Path | None = None


class GrpcServer:
    """A gRPC server on an event loop in a thread of its own.

    Args:
        handlers: `grpc.GenericRpcHandler`s.
        max_calls: int, calls that wait or run at most.
        max_request_bytes: int, the size of a message, unpacked.
        answers_health: bool, also answer grpc.health.v1.
    """

    def __init__(
        self,
        handlers: tuple[grpc.GenericRpcHandler, ...],
        *,
        max_calls: int,
        max_request_bytes: int,
        answers_health: bool,
    ):
        self._handlers, self._max_calls = handlers, max_calls
        self._max_request_bytes = max_request_bytes
        self._health = health.aio.HealthServicer() if answers_health else None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="tfmask-loop", daemon=True
        )
        self._server: grpc.aio.Server | None = None

    def start(self, address: Address) -> str:
        """Opens the address.

        Args:
            address: `Address`.

        Returns:
            str, the address for clients: "host:port" or "unix:path".

        Raises:
            ConfigError: the address is in use, or the TLS file does not fit.
        """
        credentials = address.ssl and _credentials(address.ssl)
        self._thread.start()
        return self._on_loop(self._start(address, credentials))

    def _on_loop(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _start(self, address, credentials):
        server = grpc.aio.server(
            options=(
                *_OPTIONS,
                ("grpc.max_receive_message_length", self._max_request_bytes),
            ),
            maximum_concurrent_rpcs=_RPCS_PER_CALL * self._max_calls,
        )
        server.add_generic_rpc_handlers(self._handlers)
        if self._health:
            health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
            for name in _SERVICES:
                await self._health.set(
                    name, health_pb2.HealthCheckResponse.SERVING
                )
        target = _bind(server, address, credentials)
        await server.start()
        self._server = server
        return target

    def stop(self, grace: float, busy: Callable[[], bool]) -> None:
        """Takes no more calls, and lets those under way end.

        Args:
            grace: float, seconds that they may take. Then they are cancelled.
            busy: function. It returns True if a call is running. The server
                does not wait for RPCs that were only opened.
        """
        if self._server:
            self._on_loop(self._stop(grace, busy))
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop.close()

    async def _stop(self, grace, busy):
        if self._health:
            await self._health.enter_graceful_shutdown()
        stopping = asyncio.ensure_future(self._server.stop(grace))
        while busy() and not stopping.done():
            await asyncio.sleep(0.02)
        await self._server.stop(None)
        await stopping


def _bind(server, address, credentials):
    """Adds the address to a server; returns what clients call it."""
    path = address.socket
    name = f"unix:{path}" if path else f"{address.host}:{address.port}"
    before = os.umask(0o177) if path else None  # a socket for this user only
    try:
        if credentials:
            port = server.add_secure_port(name, credentials)
        else:
            port = server.add_insecure_port(name)
    except RuntimeError:
        port = 0
    finally:
        if before is not None:
            os.umask(before)
    if port:
        return name if path else f"{address.host}:{port}"
    if path:
        raise ConfigError(
            f"cannot listen on {name}: its folder is not there or not "
            "writable, or the path is longer than 107 bytes."
        )
    raise ConfigError(
        f"cannot listen on {name}: the port is taken, or the address is not "
        "this machine's. Choose another --port."
    )


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
