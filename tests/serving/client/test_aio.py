"""The asyncio client does what the blocking one does."""

import asyncio

import numpy as np
import pytest

from serving.client import Client, InvalidArgument, NotFound, NotReady
from serving.client.aio import AsyncClient


def picture(seed):
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (12, 10, 3), np.uint8)


def test_calls_at_once_give_the_blocking_clients_results(toy_target):
    async def ask():
        async with AsyncClient(toy_target, "toy") as client:
            assert await client.wait_ready(10) == 2
            assert (await client.status())[0].state == "AVAILABLE"
            assert "a_to_b" in (await client.metadata()).signatures
            prediction = await client.predict({"image": picture(0)[None]})
            results = await asyncio.gather(
                *(client.translate(picture(seed)) for seed in range(6))
            )
            return prediction, results

    prediction, results = asyncio.run(ask())
    with Client(toy_target, "toy") as client:
        expected = [client.translate(picture(seed)) for seed in range(6)]
    for got, wanted in zip(results, expected, strict=True):
        np.testing.assert_array_equal(got.image, wanted.image)
        np.testing.assert_array_equal(got.mask, wanted.mask)
    np.testing.assert_array_equal(
        prediction.outputs["image"][0], expected[0].image
    )


def test_errors_are_the_same(toy_target):
    async def ask():
        async with AsyncClient(toy_target, "toy") as client:
            with pytest.raises(NotFound):
                await client.translate(picture(0), version=9)
            with pytest.raises(InvalidArgument, match="no signature 'up'"):
                await client.translate(picture(0), "up")
            with pytest.raises(NotReady):
                await client.wait_ready(0.2, model="nope")

    asyncio.run(ask())
