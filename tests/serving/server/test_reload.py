"""The client moves labels and replaces the list of models."""

import asyncio

import numpy as np
import pytest

from serving.client import (
    Client,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
)
from serving.client.aio import AsyncClient
from serving.conformance.processes import running_server

IMAGE = np.full((1, 8, 8, 3), 200, np.uint8)


def listed(base, *labels):
    """A list with the model `toy`, both versions, and these labels."""
    lines = "".join(
        f'version_labels {{ key: "{key}" value: {version} }} '
        for key, version in labels
    )
    return (
        f'model_config_list {{ config {{ name: "toy" base_path: "{base}/toy" '
        f'model_platform: "tensorflow" model_version_policy {{ all {{}} }} '
        f"{lines}}} }}"
    )


@pytest.fixture(scope="module")
def target(toy_base, tmp_path_factory):
    config = tmp_path_factory.mktemp("reload") / "models.config"
    config.write_text(listed(toy_base))
    with running_server("--model-config-file", config) as (target, _):
        with Client(target, "toy") as client:
            client.wait_ready(20, version=1)
        yield target


def test_a_label_moves(target, toy_base):
    with Client(target, "toy") as client:
        for version in (1, 2):
            client.reload_config(listed(toy_base, ("stable", version)))
            answer = client.predict({"image": IMAGE}, label="stable")
            assert answer.version == version
            assert client.metadata(label="stable").version == version


def test_what_is_refused_changes_nothing(target, toy_base):
    with Client(target, "toy") as client:
        client.reload_config(listed(toy_base, ("stable", 1)))
        with pytest.raises(FailedPrecondition, match="label to version 77"):
            client.reload_config(listed(toy_base, ("stable", 77)))
        with pytest.raises(InvalidArgument, match="`config` is no list of"):
            client.reload_config("models: toy")
        with pytest.raises(InvalidArgument, match="type not supported"):
            client.reload_config("")
        assert client.predict({"image": IMAGE}, label="stable").version == 1


def test_the_asyncio_client_does_the_same(target, toy_base):
    async def ask():
        async with AsyncClient(target) as client:
            await client.reload_config(
                listed(toy_base).replace('name: "toy"', 'name: "other"')
            )
            return await client.predict({"image": IMAGE}, model="other")

    assert asyncio.run(ask()).version == 2
    with Client(target, "toy") as client:
        with pytest.raises(NotFound):
            client.predict({"image": IMAGE})
        client.reload_config(listed(toy_base))
        assert client.wait_ready(10) == 2
