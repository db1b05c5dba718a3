"""Memory that calls take together. Those beyond it wait for their turn."""

import asyncio
import threading
from collections import deque
from concurrent import futures


class Budget:
    """Shares out a number of bytes, first come, first served.

    It is thread-safe. Calls wait for it on the event loop, loads wait in a
    thread.

    Args:
        limit: int, bytes. No more than that is shared out.

    Attributes:
        most_per_pixel: float, the bytes a pixel of the model that takes most,
            of those that were measured. 0: none was.
    """

    def __init__(self, limit: int):
        self.limit, self.used, self.granted = limit, 0, 0
        self.most_per_pixel = 0.0
        self._lock = threading.Lock()
        self._waiting: deque[tuple[int, futures.Future]] = deque()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def take(self, amount: int) -> bool:
        """Takes a share, if it is free and nobody waits.

        Args:
            amount: int, bytes. If it is more than the limit, all is taken.

        Returns:
            True if it was taken.
        """
        with self._lock:
            amount = min(amount, self.limit)
            if self._waiting or self.used + amount > self.limit:
                return False
            self.used += amount
            self.granted += 1
        return True

    def ask(self, amount: int) -> futures.Future:
        """Asks for a share.

        Args:
            amount: int, bytes. If it is more than the limit, it asks for all.

        Returns:
            A future. It is done when the share is granted. If a caller no
            longer needs the share, it must cancel the future. If that is too
            late, it must release the share.
        """
        share = futures.Future()
        with self._lock:
            self._waiting.append((min(amount, self.limit), share))
            self._grant()
        return share

    def release(self, amount: int) -> None:
        """Gives a share back, of the amount that was asked for."""
        with self._lock:
            self.used -= min(amount, self.limit)
            self._grant()

    async def acquire(self, amount: int) -> None:
        """Waits for a share on the event loop; see `ask`."""
        share = self.ask(amount)
        if share.done():
            return
        try:
            await asyncio.wrap_future(share)
        except asyncio.CancelledError:
            if not share.cancelled() and not share.cancel():
                self.release(amount)
            raise

    def _grant(self):
        while self._waiting:
            amount, share = self._waiting[0]
            if share.cancelled():
                self._waiting.popleft()
                continue
            if self.used + amount > self.limit:
                return
            self._waiting.popleft()
            if share.set_running_or_notify_cancel():
                self.used += amount
                self.granted += 1
                share.set_result(None)
