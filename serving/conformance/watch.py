"""Watches a server from a process of its own, while others attack it.

    python -m serving.conformance.watch HOST:PORT PID

It asks for the status of the model `toy` all the time. At each line that it
reads, it writes what it has seen since the last one, as JSON: `slowest`
(seconds of a status), `most` (MiB of the process PID), `failed` (codes).
"""

import json
import sys
import threading
import time

from serving.client import Client, ServingError
from serving.conformance.processes import TOY, resident_of

_PAUSE_SECONDS = 0.02


def nothing() -> dict:
    """What has been seen before the first look."""
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
