"""Waits until a server answers for a model; for health checks and scripts.

    python -m serving.ready HOST:PORT MODEL [--version 3] [--timeout 60]

The exit code is 0 if it answers, and 1 if the time is over or the load failed.
It needs only the packages of the client. TensorFlow Serving's own image has no
Python, so this command runs beside it.
"""

import argparse
import sys

from serving.client import Client, ServingError, Tls
from serving.commands.command_line import on_terminal


@on_terminal
def main(argv: list[str] | None = None) -> int:
    """Runs the command.

    Args:
        argv: the options. None: those of the command line.

    Returns:
        exit code.
    """
    parser = argparse.ArgumentParser(
        prog="python -m serving.ready", description=__doc__.splitlines()[0]
    )
    parser.add_argument("target", help="HOST:PORT of the server")
    parser.add_argument("model", help="name of the model")
    parser.add_argument("--version", type=int, help="this version only")
    parser.add_argument("--timeout", type=float, default=60, help="seconds")
    parser.add_argument("--ca", help="TLS: PEM file of the authority")
    parser.add_argument("--key", help="TLS: PEM file with this side's key")
    parser.add_argument("--certificate", help="TLS: PEM file, its certificate")
    options = parser.parse_args(argv)
    tls = None
    if options.ca or options.key or options.certificate:
        try:
            tls = Tls(options.ca, options.key, options.certificate)
        except ValueError as error:
            parser.error(str(error))
    try:
        with Client(options.target, options.model, tls=tls) as client:
            version = client.wait_ready(options.timeout, options.version)
    except (ServingError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{options.model}, version {version} is ready")
    return 0


if __name__ == "__main__":
    sys.exit(main())
