"""How the client talks to a server: options, retries, TLS, compression."""

import json
import os
import pathlib
from dataclasses import dataclass

import grpc

from serving.client.errors import ServingError, Unavailable, from_code
from serving.commands.command_line import expand_home
from serving.protocol import protos

# gRPC keeps a request for a retry only if it fits into this many bytes. If it
# does not fit, gRPC gives no warning. Its default of 256 KiB is less than one
# image.
_RETRY_BUFFER = 2**30
_COMPRESSIONS = {
    None: None,
    "gzip": grpc.Compression.Gzip,
    "deflate": grpc.Compression.Deflate,
}
# gRPC reads the proxy, and the hosts without a proxy, from these variables. The
# order is that of gRPC.
_PROXIES = ("grpc_proxy", "https_proxy", "http_proxy")
_NO_PROXIES = ("no_grpc_proxy", "no_proxy")


@dataclass(frozen=True)
class Tls:
    """Files for an encrypted channel.

    Args:
        ca: PEM file with the authority that signed the server's certificate;
            None for the system's own list.
        key: PEM file with this client's key, for servers that ask for one.
        certificate: PEM file with this client's certificate.
        server_name: str, the name in the server's certificate, if the target
            has another name.
    """

    ca: str | pathlib.Path | None = None
    key: str | pathlib.Path | None = None
    certificate: str | pathlib.Path | None = None
    server_name: str | None = None

    def __post_init__(self):
        if (self.key is None) != (self.certificate is None):
            raise ValueError("`key` and `certificate` go together. Got one.")

    def credentials(self) -> grpc.ChannelCredentials:
        """Reads the files."""
        contents = [
            None
            if path is None
            else expand_home(pathlib.Path(path)).read_bytes()
            for path in (self.ca, self.key, self.certificate)
        ]
        return grpc.ssl_channel_credentials(*contents)


def compression(name: str | None) -> grpc.Compression | None:
    """gRPC's constant for "gzip", "deflate" or None.

    Raises:
        ValueError: it is another name.
    """
    if name not in _COMPRESSIONS:
        raise ValueError(
            f'`compression` must be None, "gzip" or "deflate". Got: {name!r}'
        )
    return _COMPRESSIONS[name]


def service_config(attempts: int) -> str:
    """The JSON that makes gRPC itself repeat calls that are safe to repeat.

    UNAVAILABLE means that the call did not run or that the queue was full.
    RESOURCE_EXHAUSTED means that no thread was free. (gRPC also uses it for too
    large messages; it never repeats those calls.) gRPC does not repeat a
    reload.

    Args:
        attempts: int, 1 for no repeats, at most 5.

    Returns:
        str.
    """
    balancing = [{"round_robin": {}}]
    if attempts == 1:
        return json.dumps({"loadBalancingConfig": balancing})
    status = protos.GET_MODEL_STATUS
    policy = {
        "maxAttempts": attempts,
        "initialBackoff": "0.1s",
        "maxBackoff": "2s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED"],
    }
    names = [
        {"service": protos.PREDICT.service},
        {"service": status.service, "method": status.name},
    ]
    return json.dumps(
        {
            "loadBalancingConfig": balancing,
            "methodConfig": [{"name": names, "retryPolicy": policy}],
        }
    )


def options(
    attempts: int, max_message_bytes: int, tls: Tls | None
) -> list[tuple[str, object]]:
    """Channel options.

    Args:
        attempts: int, how often gRPC tries a safe call.
        max_message_bytes: int, for answers; -1 for no limit.
        tls: `Tls` or None.

    Returns:
        list of (name, value).
    """
    if not 1 <= attempts <= 5:
        raise ValueError(f"`attempts` must lie in 1..5. Got: {attempts}")
    chosen: list[tuple[str, object]] = [
        ("grpc.max_receive_message_length", max_message_bytes),
        ("grpc.max_send_message_length", -1),
        ("grpc.per_rpc_retry_buffer_size", _RETRY_BUFFER),
        ("grpc.service_config", service_config(attempts)),
    ]
    if tls and tls.server_name:
        chosen.append(("grpc.ssl_target_name_override", tls.server_name))
    return chosen


def failure(error: grpc.RpcError, target: str) -> ServingError:
    """The client's error for a call that failed.

    Args:
        error: the error of gRPC.
        target: str, "host:port".

    Returns:
        `ServingError`.
    """
    raised = from_code(error.code(), error.details())
    proxy = next((name for name in _PROXIES if os.environ.get(name)), None)
    if isinstance(raised, Unavailable) and proxy and not _exempt(target):
        raised.details += (
            f" (gRPC sends calls to {target} through the proxy of the "
            f"variable {proxy}. Is that meant? If not, add the host to "
            "no_proxy.)"
        )
    return raised


def _exempt(target):
    """Whether gRPC asks a host without a proxy."""
    exempt_hosts = next(
        (os.environ.get(n) for n in _NO_PROXIES if n in os.environ), ""
    )
    host = target.rpartition("/")[2].rpartition(":")[0].strip("[]")
    hosts = [entry.strip() for entry in exempt_hosts.split(",")]
    # As in gRPC, a host matches by the end of its name. Blocks of addresses are
    # not read.
    return target.startswith("unix:") or any(
        entry and host.endswith(entry) for entry in hosts
    )
