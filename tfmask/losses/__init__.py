"""Losses as pure functions: one value an example, float32, no weights."""

from tfmask.losses.adversarial import lsgan_discriminator, lsgan_generator
from tfmask.losses.context import context
from tfmask.losses.reconstruction import l1

__all__ = ["context", "l1", "lsgan_discriminator", "lsgan_generator"]
