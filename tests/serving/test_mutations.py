"""Damaged requests: the script's rules, and a short run of it."""

import concurrent.futures
import time

import grpc
import pytest

from serving.conformance import mutations
from serving.conformance.damage import GENTLE, HARSH, mutated
from serving.conformance.mutations import Options, Server, attack, levels
from serving.protocol import protos


@pytest.mark.slow
def test_a_short_run_finds_nothing_broken(capsys):
    assert mutations.main(["--count", "600", "--growth", "900"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("OK: 600 damaged requests")
    assert "memory in MiB: first " in said


def test_memory_that_does_not_come_back_is_growth():
    looks = [5.0, 4.0, *[90.0, 4.5] * 8, 70.0, 6.0]
    assert levels(looks) == {"first": 4.0, "last": 6.0, "most": 90.0}
    assert levels([7.0]) == {"first": 7.0, "last": 7.0, "most": 7.0}


def test_a_mutation_is_known_by_its_number():
    requests = [mutated(number, 3, harsh=True) for number in range(300)]
    assert requests[7] == mutated(7, 3, harsh=True) != mutated(7, 4, harsh=True)
    assert {mutation.kind for mutation in requests} == {*GENTLE, *HARSH}
    gentle = {mutated(number, 3, harsh=False).kind for number in range(300)}
    assert gentle == set(GENTLE)


def broken_server(predict):
    """A server with one method, and the port it listens on."""
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
    handler = grpc.unary_unary_rpc_method_handler(predict)
    server.add_generic_rpc_handlers(
        (
            grpc.method_handlers_generic_handler(
                protos.PREDICT.service, {protos.PREDICT.name: handler}
            ),
        )
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, f"127.0.0.1:{port}"


def fail(data, context):
    raise ZeroDivisionError


def hang(data, context):
    while context.is_active():
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("predict", "words"),
    [
        (fail, "a readable request is UNKNOWN"),
        (hang, "no answer: DEADLINE_EXCEEDED"),
        (lambda data, context: b"", "no right answer"),
    ],
)
def test_broken_rules_are_reported(predict, words):
    broken, target = broken_server(predict)
    server = Server(target, None, 0.2)
    with server.channel:
        report = attack(server, Options(count=50), lambda: None)
    broken.stop(None)
    assert len(report.broken) == 1
    assert words in report.broken[0]
    assert report.line().startswith("BROKEN: ")


def test_a_server_that_is_not_there_is_said(capsys):
    arguments = ["--target", "127.0.0.1:9", "--timeout", "1"]
    assert mutations.main(arguments) == 1
    assert (
        "127.0.0.1:9 does not answer a good request" in capsys.readouterr().err
    )
