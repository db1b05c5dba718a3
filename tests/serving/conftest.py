"""Toy models on disk and a server for all tests of the client."""

import pytest
from serving_toys import write_toy_translator

from serving.conformance.processes import running_server


@pytest.fixture(scope="session")
def toy_base(tmp_path_factory):
    """Folder with the model `toy`, versions 1 and 2 (which moves by 80)."""
    base = tmp_path_factory.mktemp("base")
    write_toy_translator(base, "toy", 1)
    write_toy_translator(base, "toy", 2, shift=80)
    return base


@pytest.fixture(scope="session")
def toy_target(toy_base):
    """host:port of a server with the model `toy`."""
    with running_server("--base", toy_base, "--poll", 0.1) as (target, _):
        yield target


@pytest.fixture(scope="session")
def fixture_base(tmp_path_factory):
    """Folder with the contract's model `toy`, version 1."""
    from serving.conformance.fixture import write_version

    base = tmp_path_factory.mktemp("contract")
    write_version(base, "toy", 1)
    return base
