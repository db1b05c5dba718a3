"""Generators, mask networks and discriminators: no training logic."""

from tfmask.networks.attention_network import AttentionNetwork
from tfmask.networks.patch_discriminator import PatchDiscriminator
from tfmask.networks.resnet_generator import ResNetGenerator

__all__ = ["AttentionNetwork", "PatchDiscriminator", "ResNetGenerator"]
