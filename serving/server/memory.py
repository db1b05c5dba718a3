"""How much memory there is, and how much of it a model takes for a pixel."""

import ctypes
import os
import pathlib
import re
import threading
import time

import numpy as np

from serving.protocol import protos, tensors
from serving.server.budget import Budget
from serving.server.request_size import BYTES_PER_PIXEL, read_request_size

_STATUS = pathlib.Path("/proc/self/status")
_RESET_PEAK = pathlib.Path("/proc/self/clear_refs")
_LIMITS = (
    pathlib.Path("/sys/fs/cgroup/memory.max"),
    pathlib.Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
# A request is measured with so many pixels, if the model is fast enough. A
# small image would not be visible beside what the process takes anyway.
_PIXELS = 2**18
_SECONDS = 0.5
_ENOUGH = 32 * 2**20  # bytes that are visible
_MARGIN = 1.25  # two calls at once leave gaps in memory


def machine_memory() -> int:
    """Bytes that this process may use: the machine's, or its container's."""
    available = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for path in _LIMITS:
        try:
            available = min(available, int(path.read_text()))
        except (OSError, ValueError):
            continue  # there is no such limit, or it is "max"
    return available


def _status(name):
    match = re.search(rf"{name}:\s+(\d+)", _STATUS.read_text())
    return int(match[1]) * 1024 if match else 0


def _resident():
    """Bytes that the process holds; 0 if the system does not tell."""
    try:
        return _status("VmRSS")
    except OSError:
        return 0


class Gaps:
    """Gives memory that calls have freed back to the system, if it is much.

    The C library keeps this memory for later, in pieces. A larger tensor does
    not fit into a piece. Without this class, a server would hold twice its
    budget. To give it back takes milliseconds, and so does the next call that
    needs new memory. So this happens only if the process holds more than what
    runs, and more than before.

    Args:
        budget: `Budget` of the calls. An eighth of it may be free memory that
            the process keeps. The memory is looked at each time that calls
            have freed so much.
    """

    def __init__(self, budget: Budget):
        self._budget, self._portion = budget, budget.limit // 8
        self._freed = 0
        # Bytes of the process, without running calls, when little was free.
        self._least = 0
        self._lock = threading.Lock()

    def add(self, amount: int) -> None:
        """Notes that a call has freed so many bytes."""
        with self._lock:
            self._freed += amount
            if self._freed < self._portion:
                return
            self._freed = 0
        idle = self._idle()
        if idle > self._least + self._portion:
            _give_back()
            self._least = self._idle()
        else:
            self._least = min(self._least, idle)

    def _idle(self):
        return _resident() - self._budget.used


class Meter:
    """Measures how many bytes a version takes for each pixel.

    It measures the whole process. So a measurement while calls run says
    nothing. Then the version counts as one that takes as much as the most
    that was measured with this budget.

    Args:
        budget: `Budget` of all calls.
    """

    def __init__(self, budget: Budget):
        self._budget = budget
        # Signature to its request with the most pixels: (pixels, request).
        self._largest: dict[str, tuple[int, object]] = {}

    def watch(self, request, answer) -> None:
        """Answers one request, and keeps it if it is the largest so far.

        Args:
            request: `PredictRequest`.
            answer: function of the request.
        """
        pixels = read_request_size(request.inputs, _PIXELS).pixels
        self._look(request, answer)
        name = request.model_spec.signature_name
        if pixels > self._largest.get(name, (0,))[0]:
            self._largest[name] = pixels, request

    def measure(self, answer) -> float:
        """Bytes a pixel, of the signature that takes most.

        Args:
            answer: function of a request.

        Returns:
            float. If nothing could be measured: the largest number that was
            measured before with this budget, else `BYTES_PER_PIXEL`.
        """
        per_pixel = []
        for pixels, request in self._largest.values():
            # The first request of a signature sets up the runtime. What that
            # takes is no part of a pixel, so the request runs again.
            bytes_used, seconds = self._look(request, answer)
            times = min(_PIXELS // pixels, int(_SECONDS / max(seconds, 1e-3)))
            if bytes_used is not None and bytes_used < _ENOUGH and times > 1:
                bytes_used, _ = self._look(_repeated(request, times), answer)
                pixels *= times
            if bytes_used is not None:
                per_pixel.append(_MARGIN * bytes_used / pixels)
        budget = self._budget
        if per_pixel:
            budget.most_per_pixel = max(budget.most_per_pixel, *per_pixel)
            return max(per_pixel)
        return budget.most_per_pixel or BYTES_PER_PIXEL

    def _look(self, request, answer):
        """(bytes or None, seconds) of one request."""
        amount = read_request_size(request.inputs, _PIXELS).memory(
            BYTES_PER_PIXEL
        )
        budget = self._budget
        budget.ask(amount).result()
        try:
            granted, alone = budget.granted, budget.used <= amount
            before = _begin()
            start = time.monotonic()
            answer(request)
            seconds = time.monotonic() - start
            if before is None or not alone or granted != budget.granted:
                return None, seconds
            return _status("VmHWM") - before, seconds
        finally:
            budget.release(amount)


def _begin():
    """Bytes that the process holds; None if its peak cannot be looked at."""
    _give_back()  # else freed memory could be taken again unseen
    try:
        _RESET_PEAK.write_text("5")
        return _status("VmRSS")
    except OSError:
        return None


def _give_back():
    # Only the GNU C library has this function, and only it keeps so much
    # memory.
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)


def _repeated(request, times):
    """The request with each of its rows that often."""
    larger = protos.PredictRequest()
    larger.CopyFrom(request)
    for proto in larger.inputs.values():
        array = tensors.plain_array(tensors.from_proto(proto))
        proto.Clear()
        tensors.fill_proto(proto, np.repeat(array, times, axis=0))
    return larger
