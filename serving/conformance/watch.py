"""Watches a server from a separate process while others attack it.

    python -m serving.conformance.watch HOST:PORT PID

It asks for the status of the model `toy` all the time. For each line on its
input, it writes one line of JSON about the time since the line before:
`slowest` (seconds of the slowest status), `most` (largest MiB of the process
PID), `failed` (codes of failed calls).
"""

import json
import sys
import threading
import time

from serving.client import Client, ServingError
from serving.conformance.processes import TOY, resident_of

_PAUSE_SECONDS = 0.02


def nothing() -> dict:
    """The values before the first status."""
    return {"slowest": 0.0, "most": 0.0, "failed": []}


def main() -> None:
    """Runs the command."""
    target, pid = sys.argv[1], int(sys.argv[2])
    worst, lock = nothing(), threading.Lock()

    def work():
        with Client(target, TOY, attempts=1, timeout=30) as client:
            while True:
                start, failed = time.monotonic(), []
                try:
                    client.status()
                except ServingError as error:
                    failed = [error.code.name]
                seconds, most = time.monotonic() - start, resident_of(pid)
                with lock:
                    worst["slowest"] = max(worst["slowest"], seconds)
                    worst["most"] = max(worst["most"], most)
                    worst["failed"] += failed
                time.sleep(_PAUSE_SECONDS)

    threading.Thread(target=work, daemon=True).start()
    for _ in sys.stdin:
        with lock:
            print(json.dumps(worst), flush=True)
            worst.update(nothing())


if __name__ == "__main__":
    main()
