"""Translation methods: keras models with their own training step."""

from tfmask.methods.attention_guided import AttentionGuided
from tfmask.methods.cyclegan import CycleGAN

METHODS = {"attention_guided": AttentionGuided, "cyclegan": CycleGAN}

__all__ = ["METHODS", "AttentionGuided", "CycleGAN"]
