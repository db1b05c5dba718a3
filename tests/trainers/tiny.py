"""Configs small enough for tests: 16 px, 4 channels."""

import dataclasses
import shlex

from tfmask.methods import preset_config

METHOD = {
    "filters": 4,
    "blocks": 1,
    "discriminator_filters": 4,
    "discriminator_layers": 1,
    "pool_size": 3,
}
OPTIONS = shlex.split(
    "--image-size 16 --batch-size 2 --data.epoch-steps 2 "
    "--data.synthetic-count 8 --run.samples 2 --method.filters 4 "
    "--method.blocks 1 --method.discriminator-filters 4 "
    "--method.discriminator-layers 1 --method.pool-size 3"
)
ATTENTION = shlex.split(
    "--method.attention-filters 4 --method.attention-blocks 0"
)


def tiny_config(name, **changes):
    """A quick preset of tiny networks; `changes` are fields of groups."""
    config = preset_config(name, "quick", "synthetic")
    method = {k: v for k, v in METHOD.items() if hasattr(config.method, k)}
    if name == "attention_guided":
        method.update(attention_filters=4, attention_blocks=0)
    groups = {
        "method": method,
        "data": {"image_size": 16, "epoch_steps": 2, "synthetic_count": 8},
        "optimizer": {},
        "run": {"batch_size": 2, "epochs": 2, "samples": 2},
    }
    for field, value in changes.items():
        group, name = field.split("__")
        groups[group][name] = value
    return dataclasses.replace(
        config,
        **{
            group: dataclasses.replace(getattr(config, group), **values)
            for group, values in groups.items()
        },
    )
