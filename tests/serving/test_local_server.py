"""The local server as a command: what it serves, refuses and survives."""

import concurrent.futures
import shutil
import time

import grpc
import numpy as np
import ovmsclient
import pytest

from serving.client import (
    Client,
    NotFound,
    ResourceExhausted,
    Unimplemented,
)
from serving.conformance.damage import BOMBS
from serving.conformance.processes import resident, running_server
from serving.protocol import protos, tensors


@pytest.fixture(scope="module")
def fixture_target(fixture_base):
    with running_server("--base", fixture_base) as (target, process):
        yield target, process


def picture(size=(12, 10)):
    return np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)


def raw_call(target, method, request, timeout=20):
    """Sends a message, or bytes as they are."""
    with grpc.insecure_channel(target) as channel:
        call = channel.unary_unary(
            method.path,
            request_serializer=lambda r: (
                r if isinstance(r, bytes) else r.SerializeToString()
            ),
            response_deserializer=method.response.FromString,
        )
        return call(request, timeout=timeout)


def predict_request(name, value, signature):
    request = protos.PredictRequest()
    request.model_spec.name = "toy"
    request.model_spec.signature_name = signature
    if isinstance(value, protos.TensorProto):
        request.inputs[name].CopyFrom(value)
    else:
        tensors.fill_proto(request.inputs[name], value)
    return request


def test_a_call_without_a_deadline_is_answered(fixture_target):
    value = np.ones((2, 4), np.float32)
    request = predict_request("x", value, "serving_default")
    response = raw_call(fixture_target[0], protos.PREDICT, request, None)
    assert set(response.outputs) == {"y", "z"}


def test_a_wrong_rank_never_reaches_an_unguarded_model(fixture_target):
    target, process = fixture_target
    request = predict_request(
        "image", np.ones((8, 8, 3), np.float32), "unguarded"
    )
    with pytest.raises(grpc.RpcError) as caught:
        raw_call(target, protos.PREDICT, request)
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert "[8,8,3] is not compatible" in caught.value.details()
    assert process.poll() is None


@pytest.mark.parametrize(("name", "value", "signature"), BOMBS)
def test_bombs_are_refused_before_they_take_memory(
    name, value, signature, fixture_target
):
    target, process = fixture_target
    before = resident(process)
    with pytest.raises(grpc.RpcError) as caught:
        raw_call(
            target, protos.PREDICT, predict_request(name, value, signature)
        )
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert resident(process) - before < 50


def test_unreadable_requests_leave_no_memory_behind(fixture_target):
    target, process = fixture_target
    data = b"\xff\xff\xff" + bytes(200_000)
    with grpc.insecure_channel(target) as channel:
        call = channel.unary_unary(protos.PREDICT.path)
        for turn in range(400):
            if turn == 50:
                before = resident(process)
            with pytest.raises(grpc.RpcError) as caught:
                call(data, timeout=10)
            assert caught.value.code() == grpc.StatusCode.INTERNAL
    assert resident(process) - before < 30


def test_an_independent_client_agrees(toy_target):
    other = ovmsclient.make_grpc_client(toy_target)
    assert other.get_model_status("toy", 2)[2]["state"] == "AVAILABLE"
    inputs = other.get_model_metadata("toy", 2)["inputs"]
    assert inputs["image"]["dtype"] == "DT_UINT8"
    outputs = other.predict({"image": picture()[None]}, "toy", 2)
    with Client(toy_target, "toy") as client:
        ours = client.translate(picture())
    np.testing.assert_array_equal(outputs["image"][0], ours.image)
    np.testing.assert_array_equal(outputs["mask"][0, ..., 0], ours.mask)


def test_answers_as_raw_memory(toy_base):
    flags = ("--base", toy_base, "--tensor-content")
    with running_server(*flags) as (target, _), Client(target, "toy") as client:
        image = client.translate(picture()).image
        image[0] = 0  # the caller may draw into it
        request = predict_request("image", picture()[None], "a_to_b")
        response = raw_call(target, protos.PREDICT, request)
        assert response.outputs["image"].tensor_content
        assert not response.outputs["image"].int_val


def test_models_and_versions_appear_while_it_runs(toy_base, tmp_path):
    shutil.copytree(toy_base / "toy" / "1", tmp_path / "one" / "1")
    with (
        running_server("--base", tmp_path, "--poll", 0.1) as (target, _),
        Client(target) as client,
    ):
        assert client.wait_ready(5, model="one") == 1
        with pytest.raises(NotFound):
            client.translate(picture(), model="two")
        first = client.translate(picture(), model="one")
        for name, number in (("two", 7), ("one", 2)):
            temporary = tmp_path / f".tmp-{name}"
            shutil.copytree(toy_base / "toy" / "2", temporary)
            (tmp_path / name).mkdir(exist_ok=True)
            temporary.rename(tmp_path / name / str(number))
        assert client.wait_ready(10, model="two") == 7
        assert client.wait_ready(10, version=2, model="one") == 2
        assert client.translate(picture(), model="two").version == 7
        second = client.translate(picture(), model="one")
        assert (first.version, second.version) == (1, 2)
        assert (first.image != second.image).any()


@pytest.mark.medium
def test_too_many_calls_are_refused_but_not_those_that_ask_how_it_is(
    fixture_base,
):
    limits = ("--threads", 1, "--max-concurrent-calls", 1)
    with running_server("--base", fixture_base, *limits) as (target, _):
        slow = predict_request("x", np.ones((1, 4), np.float32), "slow")
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            first = pool.submit(raw_call, target, protos.PREDICT, slow)
            time.sleep(0.3)
            with Client(target, "toy", attempts=1) as client:
                assert client.status()[0].state == "AVAILABLE"
                with pytest.raises(ResourceExhausted, match="busy with 1 call"):
                    client.predict({"x": np.ones((1, 4), np.float32)})
            first.result()


def test_health_is_off_by_default(fixture_target):
    with (
        Client(fixture_target[0]) as client,
        pytest.raises(Unimplemented),
    ):
        client._run(ask_health())


def ask_health():
    from serving.client.sans_io import Call

    return (yield Call(protos.HEALTH_CHECK, protos.HealthCheckRequest(), 5))
