"""Hostile use: the server stays up, stays quick and keeps to its memory.

    python -m pytest serving/conformance -m hostile -rP
    python -m pytest serving/conformance -m hostile --target HOST:PORT \
      --server-pid PID --server-memory 512

A watcher asks for the status and reads the server's memory all the time. The
rules, after each test: no status took longer than a second, memory never was
above its limit, and a good request gets its right answer.
"""

import contextlib
import io
import json
import shlex
import signal
import subprocess
import sys
import time
from concurrent import futures

import grpc
import numpy as np
import pytest
from PIL import Image

from serving.conformance import mutations
from serving.conformance.conftest import Server
from serving.conformance.damage import (
    encoded_image,
    huge_jpeg,
    huge_png,
    huge_tensor,
    strings,
)
from serving.conformance.processes import (
    ROOT,
    resident_of,
    running_server,
)
from serving.conformance.requests import (
    INVALID,
    arrays,
    floats,
    predict,
    predict_request,
    refused,
    toy_y,
)
from serving.conformance.test_reload import listed, reload_models
from serving.protocol import protos

pytestmark = pytest.mark.hostile

MEMORY = 512  # MiB of the server's option --memory
# MiB that --memory does not count: messages (a quarter of it), gRPC's buffers,
# and free memory that the runtime keeps for later. Messages that still arrive
# (`Server.arriving`) come on top.
_BESIDES = 0.25 * MEMORY + 256
_BUSY = {
    grpc.StatusCode.OK,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.CANCELLED,
}


@contextlib.contextmanager
def watched(target, pid):
    """Starts a watcher; yields a function that returns its news, a dict."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "serving.conformance.watch",
            target,
            str(pid or 0),
        ],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def look():
        process.stdin.write("\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    with process:
        yield look
        process.stdin.close()


@pytest.fixture(scope="module")
def victim(request):
    """(server, function that returns the watcher's news, limit in MiB)."""
    config = request.config
    target = config.getoption("--target")
    if target:
        pid = config.getoption("--server-pid")
        base = config.getoption("--server-base") or config.getoption("--base")
        server = Server(target, None, base)
        memory = config.getoption("--server-memory")
        predict(server, {"x": floats(1, 4)})
        with watched(target, pid) as look:
            yield server, look, memory + _BESIDES + resident_of(pid)
        return
    base = request.getfixturevalue("fixture_base")
    with running_server(
        "--model-config-file",
        base / "models.config",
        "--health",
        "--memory",
        MEMORY,
        *shlex.split("--poll 0.1 --load-retries 0"),
    ) as (target, process):
        server = Server(target, base, str(base))
        predict(server, {"x": floats(1, 4)})
        most = MEMORY + _BESIDES + resident_of(process.pid)
        with watched(target, process.pid) as look:
            yield server, look, most
    assert process.returncode == 0


@pytest.fixture
def server(victim, request):
    """The server under attack. After the test, the rules are checked."""
    server, look, most = victim
    look()
    server.arriving = 0
    yield server
    seen = look()
    most += server.arriving / 2**20
    print(
        f"slowest status {seen['slowest']:.2f} s, most memory "
        f"{seen['most']:.0f} MiB of {most:.0f}"
    )
    assert seen["failed"] == []
    assert seen["slowest"] < request.config.getoption("--slowest-status")
    assert seen["most"] < most
    good = arrays(predict(server, {"x": floats(2, 4)}, version=2))
    np.testing.assert_array_equal(good["y"], toy_y(floats(2, 4), 2))


@contextlib.contextmanager
def connected(server, count):
    """Channels that share no connection."""
    options = [
        ("grpc.use_local_subchannel_pool", 1),
        ("grpc.max_send_message_length", -1),
        ("grpc.max_receive_message_length", -1),
    ]
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(grpc.insecure_channel(server.target, options))
            for _ in range(count)
        ]


def sent_at_once(server, requests, timeout, **options):
    """Sends serialized requests from 8 connections; returns their codes."""
    server.arriving = sum(map(len, requests))
    with connected(server, 8) as channels:
        calls = [
            channels[index % 8]
            .unary_unary(protos.PREDICT.path)
            .future(data, timeout=timeout, **options)
            for index, data in enumerate(requests)
        ]
        return [call.code() for call in calls]


def files(*items):
    return predict_request({"b": strings(*items)}, signature="bytes")


def photograph(side):
    """A JPEG of one colour."""
    file = io.BytesIO()
    Image.new("RGB", (side, side), (200, 90, 30)).save(file, "JPEG")
    return file.getvalue()


def with_junk(jpeg):
    at = jpeg.index(b"\xff\xc0")
    return jpeg[:at] + b"abc" + jpeg[at:]


@pytest.mark.parametrize(
    "data",
    [
        with_junk(huge_jpeg(12_000, 12_000)),
        huge_jpeg(65_000, 65_000),
        huge_png(60_000, 60_000),
        encoded_image("JPEG")[:25],
        b"\xff\xd8" + b"\xff\xfe\0\2" * 10**6,
        b"GIF89a" + b"\xff" * 7 + b"!\xff" + b"\1a" * 10**6,
    ],
    ids=range(6),
)
def test_images_of_unknown_or_huge_size(server, data):
    request = files(data).SerializeToString()
    codes = sent_at_once(server, [request] * 16, 60)
    assert set(codes) == {INVALID}


def test_calls_without_a_message(server):
    never = futures.Future()

    def nothing():
        with contextlib.suppress(futures.CancelledError):
            yield never.result()

    with connected(server, 4) as channels:
        calls = [
            channel.stream_unary(protos.PREDICT.path).future(nothing())
            for channel in channels
            for _ in range(50)
        ]
        for _ in range(20):
            predict(server, {"x": floats(1, 4)}, timeout=10)
        never.cancel()
        for call in calls:
            call.cancel()


def test_watchers_of_the_health(server, answers_health):
    if not answers_health:
        pytest.skip("needs --health")
    with connected(server, 4) as channels:
        streams = [
            channel.unary_stream(protos.HEALTH_WATCH.path)(b"")
            for channel in channels
            for _ in range(100)
        ]
        for stream in streams:
            next(stream)
        for _ in range(20):
            predict(server, {"x": floats(1, 4)}, timeout=10)
        for stream in streams:
            stream.cancel()


def test_reloads_that_wait(server):
    if not server.server_base:
        pytest.skip("needs --server-base (or --base)")
    request = protos.ReloadConfigRequest()
    models = request.config.model_config_list.config
    models.append(listed(server))
    models.append(listed(server, name="never"))
    channel = server.channel.unary_unary(protos.RELOAD_CONFIG.path)
    calls = [
        channel.future(request.SerializeToString(), timeout=3)
        for _ in range(40)
    ]
    for _ in range(20):
        predict(server, {"x": floats(1, 4)}, timeout=10)
    # The first one names a new model that has no version.
    assert calls[0].code() == grpc.StatusCode.DEADLINE_EXCEEDED
    reload_models(server, listed(server))


@pytest.mark.parametrize(
    "requests",
    [
        [files(photograph(800)).SerializeToString()] * 64,
        [files(*[photograph(400)] * 4).SerializeToString()] * 64,
        [
            predict_request(
                {"x": huge_tensor(1, 4 * 10**6, 4)}
            ).SerializeToString()
        ]
        * 64,
        [
            predict_request(
                {"image": floats(20_000, 8, 8, 3)[:9_000]}, signature="image"
            ).SerializeToString()
        ]
        * 32,
    ],
    ids=("files", "many files", "claimed", "arrays"),
)
def test_more_than_there_is_memory_for(server, requests):
    codes = sent_at_once(server, requests, 20)
    assert set(codes) <= _BUSY
    assert grpc.StatusCode.OK in codes


def unread(channels, **options):
    """Starts calls with answers of 64 MB and does not read the answers."""
    data = predict_request({"x": huge_tensor(1, 4 * 10**6, 4)})
    return [
        channels[index % len(channels)].unary_stream(protos.PREDICT.path)(
            data.SerializeToString(), **options
        )
        for index in range(32)
    ]


def test_answers_that_nobody_reads(server):
    with connected(server, 8) as channels:
        calls = unread(channels, timeout=5)
        # This request waits until the answers are read or their time is over.
        predict(server, {"x": floats(1, 4)}, timeout=60)
        for call in calls:
            call.cancel()


def test_one_request_that_is_too_large(server):
    request = predict_request(
        {"image": huge_tensor(4, 1, 8, 2_500_000, 3)}, signature="image"
    )
    with refused(INVALID, pattern="images have 20000000 pixels"):
        server.call(protos.PREDICT, request)


def test_packed_zeros(server):
    packed = grpc.Compression.Gzip
    data = bytes(200 * 2**20)
    codes = sent_at_once(server, [data] * 2, 60, compression=packed)
    assert set(codes) == {grpc.StatusCode.RESOURCE_EXHAUSTED}


def test_every_thread_is_busy(server):
    slow = predict_request({"x": floats(1, 4)}, signature="slow")
    codes = sent_at_once(server, [slow.SerializeToString()] * 64, 5)
    assert set(codes) <= _BUSY


def test_calls_that_are_given_up(server):
    slow = predict_request({"x": floats(1, 4)}, signature="slow")
    data = slow.SerializeToString()
    with connected(server, 4) as channels:
        calls = [
            channels[index % 4].unary_unary(protos.PREDICT.path).future(data)
            for index in range(400)
        ]
        time.sleep(0.5)
        for call in calls:
            call.cancel()
    # Each thread still finishes the call that it has begun.
    predict(server, {"x": floats(1, 4)}, timeout=240)


def test_deadlines_that_are_over(server):
    slow = predict_request({"x": floats(1, 4)}, signature="slow")
    codes = sent_at_once(server, [slow.SerializeToString()] * 300, 0.5)
    assert set(codes) <= _BUSY
    predict(server, {"x": floats(1, 4)}, timeout=10)


def test_damaged_requests(server):
    target = mutations.Server(server.target, None, 30.0)
    options = mutations.Options(count=2000)
    with target.channel:
        report = mutations.attack(target, options, lambda: None)
    assert report.broken == []


@pytest.fixture
def models(request, tmp_path):
    """A folder with a good model, a broken one, and a broken version."""
    if request.config.getoption("--target"):
        pytest.skip("starts a server of its own")
    base = request.getfixturevalue("fixture_base")
    (tmp_path / "broken" / "1").mkdir(parents=True)
    (tmp_path / "toy" / "9").mkdir(parents=True)
    (tmp_path / "toy" / "1").symlink_to(base / "toy" / "1")
    return tmp_path


def test_a_folder_with_broken_models_and_an_end_in_time(models):
    with running_server("--base", models, "--grace", 1) as (target, process):
        own = Server(target)
        answer = predict(own, {"x": floats(1, 4)})
        assert answer.model_spec.version.value == 1
        slow = predict_request({"x": floats(1, 4)}, signature="slow")
        with connected(own, 1) as (channel,):
            call = channel.unary_unary(protos.PREDICT.path)
            calls = [call.future(slow.SerializeToString()) for _ in range(60)]
            time.sleep(0.5)
            start = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
            # The time has three parts: the grace, the interrupt of the calls,
            # and the end of the process.
            assert time.monotonic() - start < 15
            codes = {call.code() for call in calls}
            assert codes - {grpc.StatusCode.OK}
