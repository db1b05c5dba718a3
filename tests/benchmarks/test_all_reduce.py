"""The bytes that devices exchange in a step, and the model of the time."""

import math

import pytest
from tiny_methods import SIDE, TINY

from tfmask.methods.cyclegan.config import CycleGANConfig
from tfmask.methods.cyclegan.method import CycleGAN
from tfmask.methods.players import Player


@pytest.fixture
def script(load_script):
    return load_script("all_reduce")


class Rhythm(CycleGAN):
    """Generators learn in one of three steps, with a clipped gradient."""

    rounds = (("discriminator",), ("generator",))

    @property
    def players(self):
        return {
            "generator": Player(
                ("generator_a_to_b", "generator_b_to_a"), every=3, clip_norm=1.0
            ),
            "discriminator": Player(("discriminator_a", "discriminator_b")),
        }


def test_bytes_follow_the_variables_and_the_rhythm(script):
    config = CycleGANConfig(**TINY, pool_size=2)
    method = Rhythm(config, image_size=(SIDE, SIDE))
    size = {
        name: 4 * sum(math.prod(v.shape) for v in method.owned_variables(name))
        for name in method.players
    }
    discriminator, generator = size["discriminator"], size["generator"]
    assert script.step_bytes(method) == [
        discriminator,
        discriminator,
        discriminator + 2 * generator,
    ]
    assert script.pooled_bytes(method) == 2 * 4 * SIDE * SIDE * 3


def test_time_follows_the_ring(script):
    own = script.Exchange("paper", gradients=1e9, most=1e9, pooled=0)
    # 2 x 3/4 x 1 GB at 10 GB/s.
    assert script.ring_seconds(1e9, 4, 10.0) == pytest.approx(0.15)
    assert script.efficiency(own, 4, 10.0, 0.15, 1) == pytest.approx(0.5)
    assert script.efficiency(own, 1, 10.0, 0.15, 1) == 1.0
    pools = script.Exchange("paper", gradients=0, most=0, pooled=10)
    assert pools.bytes(64, 2) == 1280
