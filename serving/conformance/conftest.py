"""Options, servers and calls of the contract test.

    python -m pytest serving/conformance --target HOST:PORT [--base DIR]

Without `--target`, the test starts the local server on toy models itself. With
`-m hostile`, it attacks the server instead: see `test_hostile.py`.
"""

import contextlib
import pathlib
import subprocess
import sys
import time

import grpc
import pytest

from serving.conformance.processes import ROOT, running_server
from serving.protocol import protos

_AVAILABLE = 30  # the state's number in GetModelStatus


def pytest_addoption(parser):
    group = parser.getgroup("conformance")
    group.addoption("--target", help="HOST:PORT of a server with the fixture")
    group.addoption(
        "--base", help="the fixture's folder, if the test may write to it"
    )
    group.addoption(
        "--server-base", help="the same folder as the server sees it"
    )
    group.addoption(
        "--batching-target", help="HOST:PORT of a server with batching"
    )
    group.addoption(
        "--server-pid", type=int, help="the server's process, if it is here"
    )
    group.addoption(
        "--server-memory", type=float, default=512.0, help="its --memory"
    )
    group.addoption(
        "--slowest-status",
        type=float,
        default=1.0,
        help="seconds that a status may take under attack",
    )
    group.addoption(
        "--health", action="store_true", help="the server answers health calls"
    )


def pytest_configure(config):
    config.addinivalue_line("markers", "case(number): of the contract")
    config.addinivalue_line("markers", "hostile: attacks; -m hostile")


def pytest_collection_modifyitems(config, items):
    if not config.getoption("-m"):
        attacks = [i for i in items if i.get_closest_marker("hostile")]
        config.hook.pytest_deselected(items=attacks)
        items[:] = [item for item in items if item not in attacks]
    # The order matters: later cases change what the server serves.
    items.sort(key=lambda item: _number(item))


def _number(item):
    mark = item.get_closest_marker("case")
    return mark.args[0] if mark else 0


class Server:
    """A server under test. The test sends it plain messages.

    Args:
        target: str, host:port.
        base: `pathlib.Path` of the models, or None if the test has no access.
        server_base: str, the same folder as the server sees it.

    Attributes:
        arriving: int, bytes of messages that an attack has sent at once.
    """

    arriving = 0

    def __init__(self, target, base=None, server_base=None):
        self.target, self.base, self.server_base = target, base, server_base
        options = [("grpc.max_receive_message_length", -1)]
        self.channel = grpc.insecure_channel(target, options)

    def call(self, method, request, timeout=30, channel=None):
        """Sends one request: a message, or bytes, which stay as they are."""
        serialize = method.request.SerializeToString
        call = (channel or self.channel).unary_unary(
            method.path,
            request_serializer=lambda r: (
                r if isinstance(r, bytes) else serialize(r)
            ),
            response_deserializer=method.response.FromString,
        )
        return call(request, timeout=timeout)

    def status(self, name="toy"):
        """Returns a dict from version to its entry of GetModelStatus."""
        request = protos.GetModelStatusRequest()
        request.model_spec.name = name
        answer = self.call(protos.GET_MODEL_STATUS, request)
        return {entry.version: entry for entry in answer.model_version_status}

    def loaded(self, name="toy", versions=(1, 2), seconds=120):
        """Waits until the versions are loaded, one by one; returns self."""
        end = time.monotonic() + seconds
        while True:
            states = {n: entry.state for n, entry in self.status(name).items()}
            if all(states.get(n) == _AVAILABLE for n in versions):
                return self
            if time.monotonic() > end:
                pytest.fail(f"{name}: {states} after {seconds} s")
            time.sleep(0.1)


@contextlib.contextmanager
def own_server(*arguments):
    """Starts a local server; yields its target.

    The server often looks for new versions. If a version does not load, the
    server does not try again.
    """
    often = ("--poll=0.1", "--load-retries=0")
    with running_server(*often, *arguments) as (target, process):
        yield target
    assert process.returncode == 0


@pytest.fixture(scope="session")
def fixture_base(tmp_path_factory):
    """Folder with the toy models. A separate process writes them."""
    base = tmp_path_factory.mktemp("fixture")
    subprocess.run(
        [sys.executable, "-m", "serving.conformance.fixture", base],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return base


@pytest.fixture(scope="session")
def server(request):
    """The server under test."""
    target = request.config.getoption("--target")
    if target:
        base = request.config.getoption("--base")
        folder_there = request.config.getoption("--server-base") or base
        base = base and pathlib.Path(base)
        yield Server(target, base, folder_there).loaded()
        return
    base = request.getfixturevalue("fixture_base")
    arguments = ("--model-config-file", base / "models.config", "--health")
    with own_server(*arguments) as target:
        yield Server(target, base, str(base)).loaded()


@pytest.fixture(scope="session")
def answers_health(request):
    """Whether the server under test was started with the health service."""
    config = request.config
    return config.getoption("--health") or not config.getoption("--target")


@pytest.fixture
def may_reload(server):
    """The server, if the test can send it a new list of models."""
    if not server.server_base:
        pytest.skip("needs --server-base (or --base)")
    return server


@pytest.fixture
def may_write(server):
    """The server, if the test can publish versions."""
    if not server.base:
        pytest.skip("needs --base")
    return server


@pytest.fixture(scope="session")
def batching_server(request):
    """A server with batching: at most 4 rows, allowed sizes 1, 2, 4."""
    target = request.config.getoption("--batching-target")
    if target:
        yield Server(target).loaded()
        return
    if request.config.getoption("--target"):
        pytest.skip("needs --batching-target")
    base = request.getfixturevalue("fixture_base")
    with own_server(
        "--model-config-file",
        base / "models.config",
        "--batching-parameters-file",
        base / "batching.config",
    ) as target:
        yield Server(target).loaded()
