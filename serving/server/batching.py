"""Server-side batching: requests that arrive together run together.

It follows the batching session of TensorFlow Serving: one bad request fails its
whole batch. So a client that works here works there. One thing differs:
requests with encoded images run alone here, because an image can be damaged.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from serving.protocol.status import (
    FAILED_PRECONDITION,
    INTERNAL,
    INVALID_ARGUMENT,
    RESOURCE_EXHAUSTED,
    UNAVAILABLE,
    CallError,
)
from serving.protocol.tensors import STRING, Tensor

Run = Callable[[Mapping[str, Tensor], Sequence[str], float | None], list]


@dataclass(frozen=True)
class BatchingOptions:
    """The parameters of TensorFlow Serving's batching file.

    Args:
        max_batch_size: int, rows in a batch and in one request.
        batch_timeout: seconds that an open batch may wait.
        max_enqueued_batches: int, length of each queue.
        num_batch_threads: int, batches that run at once.
        allowed_batch_sizes: sizes that batches are filled up to.
        pad_variable_length_inputs: bool, also fill up other dimensions.
        max_execution_batch_size: int or None, split larger requests into
            pieces of this size.
    """

    max_batch_size: int = 1000
    batch_timeout: float = 0.0
    max_enqueued_batches: int = 10
    num_batch_threads: int = 1
    allowed_batch_sizes: tuple[int, ...] = ()
    pad_variable_length_inputs: bool = False
    max_execution_batch_size: int | None = None

    @property
    def run_size(self) -> int:
        """The most rows that the model runs at once."""
        return self.max_execution_batch_size or self.max_batch_size

    def check(self) -> None:
        """INVALID_ARGUMENT if the allowed sizes do not fit; fails a load."""
        sizes = self.allowed_batch_sizes
        if sizes and sizes[-1] != self.run_size:
            raise CallError(
                INVALID_ARGUMENT,
                "Last entry in allowed_batch_sizes must match max_batch_size; "
                f"last entry was {sizes[-1]}; expected {self.run_size}",
            )
        if list(sizes) != sorted(set(sizes)):
            raise CallError(
                INVALID_ARGUMENT,
                "allowed_batch_sizes entries must be monotonically increasing",
            )

    @property
    def most_padding(self) -> float:
        """How many times more rows a batch can have than were sent."""
        sizes = self.allowed_batch_sizes
        before = (0, *sizes[:-1])
        return max(
            (size / (low + 1) for low, size in zip(before, sizes, strict=True)),
            default=1.0,
        )

    def padded_size(self, rows: int) -> int:
        """The allowed size that a batch of `rows` is filled up to."""
        fitting = (size for size in self.allowed_batch_sizes if size >= rows)
        return next(fitting, rows)


def read_options(parameters, threads: int) -> BatchingOptions:
    """Reads a `BatchingParameters` message.

    Args:
        parameters: `BatchingParameters`.
        threads: int, `num_batch_threads` if the file has none.

    Returns:
        `BatchingOptions`.
    """

    def value(name, default):
        is_set = parameters.HasField(name)
        return getattr(parameters, name).value if is_set else default

    splits = value("enable_large_batch_splitting", False)
    largest = value("max_batch_size", 1000)
    return BatchingOptions(
        max_batch_size=largest,
        batch_timeout=value("batch_timeout_micros", 0) / 1e6,
        max_enqueued_batches=value("max_enqueued_batches", 10),
        num_batch_threads=value("num_batch_threads", threads),
        allowed_batch_sizes=tuple(parameters.allowed_batch_sizes),
        pad_variable_length_inputs=parameters.pad_variable_length_inputs,
        max_execution_batch_size=(
            value("max_execution_batch_size", largest) if splits else None
        ),
    )


@dataclass
class _Task:
    feeds: Mapping[str, Tensor]
    rows: int
    deadline: float
    done: threading.Event = field(default_factory=threading.Event)
    outputs: list[Tensor] = field(default_factory=list)
    error: CallError | None = None


@dataclass
class _Batch:
    run: Run
    fetches: Sequence[str]
    opened: float
    tasks: list[_Task] = field(default_factory=list)
    rows: int = 0


class BatchScheduler:
    """The threads and queues that all models share.

    Args:
        options: `BatchingOptions`.
    """

    def __init__(self, options: BatchingOptions):
        self.options = options
        self._changed = threading.Condition()
        self._queues: dict[object, deque[_Batch]] = {}
        self._stopping = False
        self._threads = [
            threading.Thread(target=self._work, daemon=True)
            for _ in range(options.num_batch_threads)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends the threads; queued batches are run first."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def run(
        self,
        run: Run,
        feeds: Mapping[str, Tensor],
        fetches: Sequence[str],
        timeout: float | None,
    ) -> list[Tensor]:
        """Runs a request as part of a batch.

        Args:
            run: function that runs a batch, the same one for each model.
            feeds: tensor name to `Tensor`, equal first dimensions.
            fetches: names of the wanted tensors.
            timeout: seconds, or None.

        Returns:
            One `Tensor` for each fetch, with only the rows of this request.

        Raises:
            CallError: it has TensorFlow Serving's code and text.
        """
        rows = _rows(feeds)
        options = self.options
        if rows > options.max_batch_size:
            raise CallError(
                INVALID_ARGUMENT,
                f"Task size {rows} is larger than maximum input batch size "
                f"{options.max_batch_size}",
            )
        encoded = any(tensor.kind == STRING for tensor in feeds.values())
        if encoded or not rows:
            return run(feeds, fetches, timeout)
        wait = float("inf") if timeout is None else timeout
        deadline = time.monotonic() + wait
        tasks = [
            _Task(_cut(feeds, start, start + options.run_size), 0, deadline)
            for start in range(0, rows, options.run_size)
        ]
        for task in tasks:
            task.rows = _rows(task.feeds)
        # The key has the element types, because unequal types cannot be joined.
        kinds = tuple((name, feeds[name].kind.number) for name in sorted(feeds))
        key = (run, kinds, tuple(fetches))
        with self._changed:
            for task in tasks:
                self._enqueue(key, run, fetches, task)
            self._changed.notify_all()
        for task in tasks:
            task.done.wait()
        for task in tasks:
            if task.error:
                raise task.error
        return _joined([task.outputs for task in tasks])

    def _enqueue(self, key, run, fetches, task):
        queue = self._queues.setdefault(key, deque())
        size = self.options.run_size
        if not queue or queue[-1].rows + task.rows > size:
            largest = self.options.max_enqueued_batches
            if len(queue) >= largest:
                raise CallError(
                    UNAVAILABLE,
                    "The batch scheduling queue to which this task was "
                    f"submitted is full; currently {len(queue)} batches "
                    f"enqueued and max_enqueued_batches is {largest}",
                )
            queue.append(_Batch(run, fetches, time.monotonic()))
        queue[-1].tasks.append(task)
        queue[-1].rows += task.rows

    def _next_batch(self, now):
        """The oldest batch that may run, or how long until one may."""
        ripe, pause = None, None
        for key, queue in self._queues.items():
            batch = queue[0]
            full = len(queue) > 1 or batch.rows >= self.options.run_size
            left = batch.opened + self.options.batch_timeout - now
            if full or left <= 0 or self._stopping:
                if ripe is None or batch.opened < self._queues[ripe][0].opened:
                    ripe = key
            else:
                pause = left if pause is None else min(pause, left)
        if ripe is None:
            return None, pause
        batch = self._queues[ripe].popleft()
        if not self._queues[ripe]:
            # An unloaded model must not be kept alive by its key.
            del self._queues[ripe]
        return batch, None

    def _work(self):
        while True:
            with self._changed:
                batch, pause = self._next_batch(time.monotonic())
                while batch is None:
                    if self._stopping:
                        return
                    self._changed.wait(pause)
                    batch, pause = self._next_batch(time.monotonic())
            self._process(batch)

    def _process(self, batch):
        error = None
        try:
            outputs = self._run_batch(batch)
            at = 0
            for task in batch.tasks:
                task.outputs = [
                    Tensor(kind, array[at : at + task.rows])
                    for kind, array in outputs
                ]
                at += task.rows
        except CallError as caught:
            error = caught
        except Exception as caught:
            # The callers wait for an answer, also after an error here.
            error = CallError(INTERNAL, f"{type(caught).__name__}: {caught}")
        for task in batch.tasks:
            task.error = error
            task.done.set()

    def _run_batch(self, batch):
        latest = max(task.deadline for task in batch.tasks)
        left = latest - time.monotonic()
        if left <= 0:
            raise CallError(
                RESOURCE_EXHAUSTED,
                "Run() timeout exceeded while waiting in batching queue",
            )
        size = self.options.padded_size(batch.rows)
        feeds = {
            name: self._merged(name, batch, size - batch.rows)
            for name in batch.tasks[0].feeds
        }
        timeout = None if left == float("inf") else left
        outputs = batch.run(feeds, batch.fetches, timeout)
        for _, array in outputs:
            if not array.ndim:
                raise CallError(
                    FAILED_PRECONDITION,
                    "Batched output tensor has 0 dimensions",
                )
            if len(array) != size:
                raise CallError(
                    FAILED_PRECONDITION,
                    "Batched output tensor's 0th dimension does not equal the "
                    "sum of the 0th dimension sizes of the input tensors",
                )
        return outputs

    def _merged(self, name, batch, missing) -> Tensor:
        arrays = [task.feeds[name].array for task in batch.tasks]
        if self.options.pad_variable_length_inputs:
            arrays = _padded(arrays)
        if len({array.shape[1:] for array in arrays}) > 1:
            raise CallError(
                FAILED_PRECONDITION,
                f"Tensors with name '{name}' from different tasks have "
                "different shapes and padding is turned off. Set "
                "pad_variable_length_inputs to true, or ensure that all "
                "tensors with the same name have equal dimensions starting "
                "with the first dim.",
            )
        arrays += [arrays[-1][:1]] * missing
        whole = np.concatenate(arrays) if len(arrays) > 1 else arrays[0]
        return Tensor(batch.tasks[0].feeds[name].kind, whole)


def _rows(feeds) -> int:
    if any(not tensor.array.ndim for tensor in feeds.values()):
        raise CallError(
            INVALID_ARGUMENT,
            "Batching Run() input tensors must have at least one dimension",
        )
    sizes = {len(tensor.array) for tensor in feeds.values()}
    if not sizes:
        raise CallError(
            INVALID_ARGUMENT,
            "Batching Run() must have at least one input tensor",
        )
    if len(sizes) > 1:
        raise CallError(
            INVALID_ARGUMENT,
            "Batching Run() input tensors must have equal 0th-dimension size",
        )
    return sizes.pop()


def _cut(feeds, start, end):
    return {
        name: Tensor(kind, array[start:end])
        for name, (kind, array) in feeds.items()
    }


def _joined(pieces):
    if len(pieces) == 1:
        return pieces[0]
    return [
        Tensor(parts[0].kind, np.concatenate([part.array for part in parts]))
        for parts in zip(*pieces, strict=True)
    ]


def _padded(arrays):
    """Fills every dimension but the first with each array's first value."""
    if len({array.ndim for array in arrays}) > 1:
        return arrays  # they cannot be made equal; the caller reports it
    largest = np.max([array.shape[1:] for array in arrays], axis=0)
    padded = []
    for array in arrays:
        shape = (len(array), *map(int, largest))
        if array.shape == shape:
            padded.append(array)
            continue
        if not array.size:
            raise CallError(
                INVALID_ARGUMENT,
                "Got empty tensor in batch of non-empty tensors.",
            )
        whole = np.full(shape, array.reshape(-1)[0], array.dtype)
        whole[tuple(slice(size) for size in array.shape)] = array
        padded.append(whole)
    return padded
