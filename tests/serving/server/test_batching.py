"""The batch scheduler with a model that only doubles its input."""

import concurrent.futures
import threading
import time

import numpy as np
import pytest

from serving.protocol import protos
from serving.protocol.status import CallError
from serving.protocol.tensors import DATA_TYPES, STRING, Tensor
from serving.server.batching import (
    BatchingOptions,
    BatchScheduler,
    read_options,
)

FLOAT = DATA_TYPES[1]


class Model:
    """Doubles; remembers the shapes it was given."""

    def __init__(self):
        self.shapes, self.open = [], threading.Event()
        self.open.set()

    def run(self, feeds, fetches, timeout):
        self.open.wait(10)
        array = feeds["x"].array
        self.shapes.append(array.shape)
        return [Tensor(FLOAT, 2 * array) for _ in fetches]


@pytest.fixture
def start():
    schedulers = []

    def make(**options):
        schedulers.append(BatchScheduler(BatchingOptions(**options)))
        return schedulers[-1]

    yield make
    for scheduler in schedulers:
        scheduler.stop()


def ask(scheduler, model, array, timeout=10):
    feeds = {"x": Tensor(FLOAT, np.asarray(array, np.float32))}
    return scheduler.run(model.run, feeds, ["y"], timeout)[0].array


def test_requests_that_arrive_together_run_together(start):
    model = Model()
    scheduler = start(max_batch_size=4, batch_timeout=5)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        arrays = [np.full((1, 2), n) for n in range(4)]
        answers = list(
            pool.map(lambda array: ask(scheduler, model, array), arrays)
        )
    assert model.shapes == [(4, 2)]
    for array, result in zip(arrays, answers, strict=True):
        np.testing.assert_array_equal(result, 2 * array)


def test_encoded_images_run_alone(start):
    model = Model()
    scheduler = start(max_batch_size=4, batch_timeout=60)
    files = Tensor(STRING, np.array([b"x", b"y"], object))
    feeds = {"x": Tensor(FLOAT, np.ones((2, 1))), "files": files}
    scheduler.run(model.run, feeds, ["y"], 10)  # no wait for others
    assert model.shapes == [(2, 1)]


def test_an_open_batch_waits_no_longer_than_it_may(start):
    model = Model()
    scheduler = start(max_batch_size=4, batch_timeout=0.1)
    begin = time.monotonic()
    ask(scheduler, model, np.ones((1, 2)))
    assert 0.1 <= time.monotonic() - begin < 2


def test_batches_are_filled_up_to_an_allowed_size(start):
    model = Model()
    scheduler = start(max_batch_size=4, allowed_batch_sizes=(1, 2, 4))
    result = ask(scheduler, model, [[1.0], [2.0], [3.0]])
    assert model.shapes == [(4, 1)]
    assert result.tolist() == [[2.0], [4.0], [6.0]]


@pytest.mark.parametrize("size", [2, 3])
def test_large_requests_are_split_if_asked_for(start, size):
    model = Model()
    scheduler = start(max_batch_size=10, max_execution_batch_size=size)
    array = np.arange(7.0).reshape(7, 1)
    np.testing.assert_array_equal(ask(scheduler, model, array), 2 * array)
    assert max(rows for rows, _ in model.shapes) <= size


def test_other_sizes_are_filled_up_if_asked_for(start):
    model = Model()
    scheduler = start(
        max_batch_size=2, batch_timeout=5, pad_variable_length_inputs=True
    )
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        short = pool.submit(ask, scheduler, model, [[5.0]])
        long = pool.submit(ask, scheduler, model, [[1.0, 2.0, 3.0]])
    assert model.shapes == [(2, 3)]
    assert short.result().tolist() == [[10.0, 10.0, 10.0]]
    assert long.result().tolist() == [[2.0, 4.0, 6.0]]


def test_unequal_sizes_fail_the_whole_batch(start):
    model = Model()
    scheduler = start(max_batch_size=2, batch_timeout=5)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        asked = [
            pool.submit(ask, scheduler, model, np.ones((1, width)))
            for width in (1, 3)
        ]
    for one in asked:
        with pytest.raises(CallError, match="padding is turned off") as caught:
            one.result()
        assert caught.value.code == 9


def test_a_full_queue_is_unavailable(start):
    model = Model()
    model.open.clear()
    scheduler = start(max_batch_size=1, max_enqueued_batches=1)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        running = pool.submit(ask, scheduler, model, [[1.0]])
        while scheduler._queues:  # until a thread has taken it
            time.sleep(0.01)
        queued = pool.submit(ask, scheduler, model, [[1.0]])
        while not scheduler._queues:
            time.sleep(0.01)
        with pytest.raises(CallError, match="currently 1 batches") as caught:
            ask(scheduler, model, [[1.0]])
        assert caught.value.code == 14
        model.open.set()
        assert running.result() == queued.result() == [[2.0]]


def test_time_in_the_queue_counts(start):
    model = Model()
    model.open.clear()
    scheduler = start(max_batch_size=1)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        running = pool.submit(ask, scheduler, model, [[1.0]])
        late = pool.submit(ask, scheduler, model, [[1.0]], 0.05)
        time.sleep(0.2)
        model.open.set()
        running.result()
        with pytest.raises(CallError, match="waiting in batching") as caught:
            late.result()
    assert caught.value.code == 8


def test_a_fault_answers_every_caller(start):
    def broken(feeds, fetches, timeout):
        raise ZeroDivisionError("oops")

    scheduler = start(max_batch_size=2)
    feeds = {"x": Tensor(FLOAT, np.ones((1, 1), np.float32))}
    with pytest.raises(CallError, match="ZeroDivisionError: oops"):
        scheduler.run(broken, feeds, ["y"], 5)


@pytest.mark.parametrize(
    ("sizes", "text"),
    [
        ((1, 2), "last entry was 2; expected 4"),
        ((2, 1, 4), "monotonically increasing"),
    ],
)
def test_sizes_that_do_not_fit(sizes, text):
    with pytest.raises(CallError, match=text):
        BatchingOptions(max_batch_size=4, allowed_batch_sizes=sizes).check()


def test_the_real_parameter_file_is_read():
    text = """
      max_batch_size { value: 32 }  # a comment
      batch_timeout_micros { value: 2000 }
      num_batch_threads { value: 3 }
      allowed_batch_sizes: 8 allowed_batch_sizes: 32
      enable_large_batch_splitting { value: true }
      max_execution_batch_size { value: 32 }
      pad_variable_length_inputs: true
    """
    parameters = protos.parse_text(text, protos.BatchingParameters())
    options = read_options(parameters, threads=1)
    assert options == BatchingOptions(
        max_batch_size=32,
        batch_timeout=0.002,
        num_batch_threads=3,
        allowed_batch_sizes=(8, 32),
        pad_variable_length_inputs=True,
        max_execution_batch_size=32,
    )
    defaults = read_options(protos.BatchingParameters(), threads=2)
    assert defaults == BatchingOptions(num_batch_threads=2)
