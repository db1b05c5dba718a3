"""What a model takes for a pixel, seen from outside."""

import pathlib

import numpy as np
import pytest

from serving.conformance.damage import encoded_image, strings
from serving.conformance.requests import predict_request
from serving.protocol.warmup import WARM_UP_FILE, predict_log, write_records
from serving.server import memory
from serving.server.batching import BatchingOptions, BatchScheduler
from serving.server.budget import Budget
from serving.server.memory import Gaps, Meter, machine_memory
from serving.server.request_size import BYTES_PER_PIXEL, read_request_size
from serving.server.servable import Servable, ServableOptions

needs_proc = pytest.mark.skipif(
    not pathlib.Path("/proc/self/clear_refs").exists(), reason="needs Linux"
)


def model(bytes_per_pixel):
    """Takes that much, as long as it runs; remembers the pixels."""

    def answer(request):
        pixels = read_request_size(request.inputs, 2**30).pixels
        answer.pixels.append(pixels)
        np.ones(int(pixels * bytes_per_pixel), np.uint8)

    answer.pixels = []
    return answer


def image(rows=1, side=64):
    return {"image": np.zeros((rows, side, side, 3), np.uint8)}


@needs_proc
@pytest.mark.parametrize("bytes_per_pixel", [300, 3000])
def test_it_is_measured_with_a_request_that_can_be_seen(bytes_per_pixel):
    answer, meter = model(bytes_per_pixel), Meter(Budget(2**32))
    for rows in (1, 2):
        meter.watch(predict_request(image(rows)), answer)
    per_pixel = meter.measure(answer)
    assert 0.9 * bytes_per_pixel < per_pixel < 1.6 * bytes_per_pixel
    assert answer.pixels[:3] == [4096, 8192, 8192]
    assert answer.pixels[3] > 40_000


@needs_proc
def test_what_the_first_request_sets_up_is_no_part_of_a_pixel():
    warm, arrays = model(1000), []

    def answer(request):
        if not arrays:
            arrays.append(np.ones(2**26, np.uint8))
        warm(request)

    meter = Meter(Budget(2**32))
    meter.watch(predict_request(image()), answer)
    assert 900 < meter.measure(answer) < 1600


@needs_proc
def test_a_request_that_shows_is_not_repeated_more_often():
    answer, meter = model(20_000), Meter(Budget(2**32))
    meter.watch(predict_request(image()), answer)
    assert 18_000 < meter.measure(answer) < 32_000
    assert answer.pixels == [4096, 4096]


@needs_proc
def test_the_signature_that_takes_most_counts():
    meter, large = Meter(Budget(2**32)), model(4000)

    def answer(request):
        if request.model_spec.signature_name == "large":
            large(request)

    for name in ("large", "small"):
        meter.watch(predict_request(image(4), signature=name), answer)
    assert meter.measure(answer) > 3600


def test_files_can_be_repeated():
    answer, meter = model(1), Meter(Budget(2**32))
    files = strings(*[encoded_image("PNG")] * 2)
    meter.watch(predict_request({"image": files}), answer)
    meter.measure(answer)
    assert answer.pixels[0] == 240
    assert answer.pixels[-1] % 240 == 0


def test_what_cannot_be_looked_at_has_the_stated_number(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "_RESET_PEAK", tmp_path)
    answer, meter = model(1), Meter(Budget(2**32))
    meter.watch(predict_request(image()), answer)
    assert meter.measure(answer) == BYTES_PER_PIXEL
    assert Meter(Budget(1)).measure(answer) == BYTES_PER_PIXEL


def test_a_look_while_calls_run_says_nothing():
    budget = Budget(2**32)
    budget.ask(2**31)
    answer, meter = model(1), Meter(budget)
    meter.watch(predict_request(image()), answer)
    assert meter.measure(answer) == BYTES_PER_PIXEL
    assert budget.used == 2**31


@needs_proc
def test_a_version_beside_calls_counts_as_the_one_that_took_most():
    budget, answer = Budget(2**32), model(3000)
    for per_pixel in (3000, 100):
        meter = Meter(budget)
        meter.watch(predict_request(image(64)), model(per_pixel))
        meter.measure(model(per_pixel))
    budget.ask(2**20)
    meter = Meter(budget)
    meter.watch(predict_request(image()), answer)
    assert 2700 < meter.measure(answer) < 4800


def test_there_is_memory():
    assert machine_memory() > 2**28


def warmed(fixture_base, folder):
    """A version of the fixture with one warm-up request, at `folder`."""
    folder.mkdir()
    for path in (fixture_base / "toy" / "1").iterdir():
        (folder / path.name).symlink_to(path)
    (folder / "assets.extra").mkdir()
    logs = [predict_log("image", {"image": np.zeros((1, 8, 8, 3), "float32")})]
    write_records(folder / WARM_UP_FILE, logs)
    return folder


def test_it_is_measured_with_more_rows_than_a_batch_may_have(
    fixture_base, tmp_path
):
    batching = BatchScheduler(BatchingOptions(max_batch_size=1))
    options = ServableOptions(budget=Budget(2**32), batching=batching)
    try:
        Servable(warmed(fixture_base, tmp_path / "1"), options).close()
    finally:
        batching.stop()


def test_free_memory_is_given_back_if_it_is_more_than_an_eighth(monkeypatch):
    budget = Budget(80)
    process = {"holds": 0, "in use": 0, "times": 0}

    def give_back():
        process["times"] += 1
        process["holds"] = process["in use"]

    monkeypatch.setattr(memory, "_resident", lambda: process["holds"])
    monkeypatch.setattr(memory, "_give_back", give_back)
    gaps = Gaps(budget)

    def times(freed, *, holds, in_use=100):
        process.update({"holds": holds, "in use": in_use})
        gaps.add(freed)
        return process["times"]

    assert times(9, holds=300) == 0  # too little was freed
    assert times(1, holds=300) == 1  # the first look
    assert times(50, holds=110) == 1  # an eighth is free
    assert times(50, holds=111) == 2
    assert budget.take(30)
    assert times(50, holds=140) == 2  # a call runs, an eighth is free
    assert times(50, holds=141) == 3
    budget.release(30)
    # A model was unloaded: it is less now that the process needs.
    assert times(50, holds=60, in_use=60) == 3
    assert times(50, holds=71, in_use=60) == 4


@needs_proc
def test_the_memory_of_this_process_is_read():
    assert 2**25 < memory._resident() < 2**40


def test_without_numbers_of_the_system_nothing_is_given_back(
    monkeypatch, tmp_path
):
    monkeypatch.setattr(memory, "_STATUS", tmp_path / "none")
    monkeypatch.setattr(memory, "_give_back", lambda: pytest.fail("given"))
    Gaps(Budget(8)).add(100)
