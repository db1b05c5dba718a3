"""A connection by the options of a command."""

import pathlib

from serving.client.blocking import Client
from serving.client.channels import Tls


def connected(
    target: str,
    model: str | None = None,
    *,
    timeout: float,
    ca: pathlib.Path | None = None,
    key: pathlib.Path | None = None,
    certificate: pathlib.Path | None = None,
) -> Client:
    """A client, encrypted if there is a PEM file.

    Args:
        target: str, HOST:PORT of the server.
        model: str, the model of all calls that name no model.
        timeout: seconds that a call may take.
        ca: PEM file with the authority of the server's certificate.
        key: PEM file with this client's key.
        certificate: PEM file with this client's certificate.

    Returns:
        `Client`.

    Raises:
        ValueError: a file cannot be read, or an option does not fit. The text
            is one line.
    """
    try:
        tls = Tls(ca, key, certificate) if ca or key or certificate else None
        return Client(target, model, timeout=timeout, tls=tls)
    except OSError as error:
        raise ValueError(f"{error.filename}: {error.strerror}") from None
