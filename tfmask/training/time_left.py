"""The time that is left until a training ends."""

from collections import deque

WINDOW_SECONDS = 60.0
_APART = 0.1  # points are at least this many seconds apart


class Pace:
    """The speed in the last minute, without the time of compiling.

    The first step takes as long as hundreds of other steps. So it does not
    count.
    """

    def __init__(self):
        self._points = deque()  # (step, time), the newest on the right

    def restart(self, step, now):
        """Forgets the steps before, and counts from this one.

        Args:
            step: int, number of steps so far.
            now: float, seconds.
        """
        self._points = deque([(step, now)])

    def add(self, step, now):
        """Notes the number of steps at a time."""
        if not self._points or now - self._points[-1][1] >= _APART:
            self._points.append((step, now))
        while (
            len(self._points) > 2 and now - self._points[1][1] >= WINDOW_SECONDS
        ):
            self._points.popleft()

    def seconds_left(self, step, now, end_step):
        """Seconds until `end_step`, or None while nothing is known."""
        if not self._points or step <= self._points[0][0]:
            return None
        first, since = self._points[0]
        return (now - since) / (step - first) * (end_step - step)
