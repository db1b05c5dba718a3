"""A running server and callers that block it, and signals."""

import concurrent.futures
import contextlib
import re
import signal
import time
import urllib.request

import grpc
import numpy as np
import pytest
from google.protobuf import text_format

from serving.client import Client, ServingError
from serving.conformance.processes import running_server
from serving.conformance.requests import (
    eventually,
    floats,
    predict_request,
    spec,
)
from serving.protocol import protos


@pytest.fixture(scope="module")
def guarded(fixture_base, tmp_path_factory):
    """A server with one thread, on a Unix socket; its target."""
    socket = tmp_path_factory.mktemp("socket") / "s"
    flags = ("--health", "--threads", 1, "--metrics-port", 0, "--memory", 600)
    more = ("--max-call-seconds", 20, "--grpc-socket-path", socket)
    with running_server("--base", fixture_base, *flags, *more) as (target, _):
        assert target == f"unix:{socket}"
        assert socket.stat().st_mode & 0o077 == 0
        yield target


def silent_calls(channel, count):
    """Predict calls that have sent nothing but their headers."""
    call = channel.stream_unary(protos.PREDICT.path)
    never = concurrent.futures.Future()

    def nothing():
        with contextlib.suppress(concurrent.futures.CancelledError):
            yield never.result()

    return never, [call.future(nothing()) for _ in range(count)]


def test_calls_without_a_message_and_watchers_hold_up_nobody(guarded):
    with grpc.insecure_channel(guarded) as channel:
        never, silent = silent_calls(channel, 20)
        watch = channel.unary_stream(
            protos.HEALTH_WATCH.path,
            protos.HealthCheckRequest.SerializeToString,
            protos.HealthCheckResponse.FromString,
        )
        watching = [watch(protos.HealthCheckRequest()) for _ in range(20)]
        assert [next(stream).status for stream in watching] == [1] * 20
        with Client(guarded, "toy", attempts=1, timeout=10) as client:
            assert client.predict({"x": floats(1, 4)}).version == 1
            assert client.status()[0].state == "AVAILABLE"
        never.cancel()
        for call in (*silent, *watching):
            call.cancel()


@pytest.mark.medium
def test_a_cancelled_call_leaves_its_place_in_the_row(guarded):
    slow = predict_request({"x": floats(1, 4)}, signature="slow")
    with grpc.insecure_channel(guarded) as channel:
        call = channel.unary_unary(
            protos.PREDICT.path, protos.PredictRequest.SerializeToString
        )
        calls = [call.future(slow, timeout=60) for _ in range(20)]
        for waiting in calls[1:]:
            waiting.cancel()
        with Client(guarded, "toy", attempts=1, timeout=30) as client:
            assert client.status(timeout=5)[0].state == "AVAILABLE"
            assert client.predict({"x": floats(1, 4)}).version == 1
        calls[0].result()


def test_the_deadline_is_kept_while_others_run(guarded):
    with Client(guarded, "toy", attempts=1) as client:
        for timeout in (0.05, 0.3):
            with pytest.raises(ServingError) as caught:
                client.predict({"x": floats(1, 4)}, "slow", timeout=timeout)
            assert caught.value.code == grpc.StatusCode.DEADLINE_EXCEEDED
        assert client.predict({"x": floats(1, 4)}).version == 1


def test_one_limit_for_all_images(guarded):
    with Client(guarded, "toy", attempts=1) as client:
        # 600 MiB at 512 bytes a pixel are 1,228,800 pixels.
        image = np.zeros((19201, 8, 8, 3), np.float32)
        with pytest.raises(ServingError, match="1228864 pixels .* 1228800 in"):
            client.predict({"image": image}, "image")
        assert client.predict({"image": image[:100]}, "image").version == 1


def test_a_base_takes_no_reload(guarded, fixture_base):
    config = protos.ModelServerConfig()
    config.model_config_list.config.add(
        name="other", base_path=str(fixture_base), model_platform="tensorflow"
    )
    with Client(guarded) as client, pytest.raises(ServingError) as caught:
        client.reload_config(text_format.MessageToString(config))
    assert caught.value.code == grpc.StatusCode.PERMISSION_DENIED
    assert "--reload" in caught.value.details


@pytest.mark.medium
def test_signals(fixture_base):
    """The grace is kept; then, or at a second signal, it ends."""
    slow = predict_request({"x": floats(1, 4)}, signature="slow")
    for grace, twice, code in ((0.2, False, 0), (60, True, 143)):
        flags = ("--base", fixture_base, "--grace", grace, "--threads", 1)
        with (
            running_server(*flags) as (target, process),
            grpc.insecure_channel(target) as channel,
        ):
            call = channel.unary_unary(
                protos.PREDICT.path, protos.PredictRequest.SerializeToString
            )
            running = [call.future(slow, timeout=60) for _ in range(8)]
            with Client(target, "toy") as client:
                client.status()
            time.sleep(0.7)  # until the calls have come
            process.send_signal(signal.SIGTERM)
            if twice:
                time.sleep(0.2)
                assert process.poll() is None
                process.send_signal(signal.SIGTERM)
            assert process.wait(20) == code
            # One thread cannot finish all of them, in any order.
            assert any(future.exception() for future in running)


def listed(base, *names):
    config = protos.ModelServerConfig()
    config.model_config_list.SetInParent()
    for name in names:
        config.model_config_list.config.add(
            name=name, base_path=f"{base}/toy", model_platform="tensorflow"
        )
    return text_format.MessageToString(config)


def test_the_list_of_models_is_read_again(fixture_base, tmp_path):
    file = tmp_path / "models.config"
    file.write_text(listed(fixture_base, "one"))
    flags = ("--model-config-file-poll-wait-seconds", 0.1, "--poll", 0.1)
    with (
        running_server("--model-config-file", file, *flags) as (target, _),
        Client(target) as client,
    ):
        file.write_text("nonsense")
        time.sleep(0.3)
        assert client.status(model="one")[0].state == "AVAILABLE"
        file.write_text(listed(fixture_base, "two"))
        assert client.wait_ready(20, model="two") == 1
        eventually(lambda: client.status(model="one")[0].state == "END")


def test_broken_models_of_a_base_stay_behind(fixture_base, tmp_path):
    (tmp_path / "good").symlink_to(fixture_base / "toy")
    (tmp_path / "broken" / "1").mkdir(parents=True)
    # The default waits a minute before it tries a broken one again.
    with (
        running_server("--base", tmp_path) as (target, _),
        Client(target) as client,
    ):
        assert client.status(model="good")[0].state == "AVAILABLE"
        assert client.status(model="broken")[0].state == "LOADING"


def test_metrics_and_the_log(caplog):
    from serving.server.budget import Budget
    from serving.server.calls import Call, Calls, Limits
    from serving.server.observers import Metrics, log_call

    metrics = Metrics(lambda: {"toy"})
    budget = Budget(100)
    limits = Limits(threads=1, calls=1, seconds=1, held=1, budget=budget)
    metrics.watch(Calls(limits, ()), budget)
    call = Call(protos.PREDICT, "ipv4:1.2.3.4:5", 0.0, grpc.StatusCode.OK)
    call.seconds, call.running = 0.02, 0.01
    for name in ("toy", "made up\nforged"):
        call.request = spec(protos.PredictRequest(), name=name, signature="s")
        metrics.observe(call)
        with caplog.at_level("INFO", "tfmask.serving"):
            log_call(call)
    budget.ask(60)
    try:
        with caplog.at_level("INFO", "tfmask.serving"):
            metrics.serve("127.0.0.1", 0)
        url = re.search(r"http://\S+", caplog.text)[0]
        text = urllib.request.urlopen(url, timeout=5).read().decode()
    finally:
        metrics.stop()
    for line in (
        ':tensorflow:serving:request_count{model_name="toy",status="OK"} 1.0',
        ':tensorflow:serving:request_count{model_name="",status="OK"} 1.0',
        ':tensorflow:serving:request_latency_sum{API="Predict",'
        'entrypoint="GRPC",model_name="toy"} 20000.0',
        "tfmask_serving_memory_used_bytes 60.0",
        "tfmask_serving_pixels_under_way 0.0",
    ):
        assert line in text.splitlines()
    assert "made up" not in text
    first, second = (
        line for line in caplog.text.splitlines() if "Predict" in line
    )
    assert 'Predict model="toy" version=- signature="s" OK ms=20.0' in first
    assert r'model="made up\nforged"' in second
