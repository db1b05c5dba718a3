"""Schedules of another length: what an epoch's number becomes."""

import dataclasses

from tfmask.methods import method_spec, preset_config


def scaled_schedule(config, factor):
    """The config with every schedule longer or shorter by a factor.

    Fields that end with `_epoch` or `_epochs` are points in time.
    """
    groups = {}
    for group in ("method", "optimizer"):
        values = getattr(config, group)
        scaled = {
            field.name: round(getattr(values, field.name) * factor, 4)
            for field in dataclasses.fields(values)
            if field.name.endswith(("_epoch", "_epochs"))
            and getattr(values, field.name) is not None
        }
        groups[group] = dataclasses.replace(values, **scaled)
    return dataclasses.replace(config, **groups)


def fit_schedule(config, chosen, steps_an_epoch, *, steps, epochs):
    """Scales the schedules of a new run to its length.

    Args:
        config: `TrainConfig`.
        chosen: function of a `TrainConfig`. It returns the config with the
            values that were chosen instead of the preset's.
        steps_an_epoch: int.
        steps: int, training steps in all. None: `epochs` gives them.
        epochs: float, the length in epochs. None: `config` does not change.

    Returns:
        `TrainConfig`.
    """
    if steps is not None:
        epochs = steps / steps_an_epoch
    if epochs is None:
        return config
    default = preset_config(config.method_name, config.preset, "")
    config = chosen(scaled_schedule(default, epochs / default.run.epochs))
    return dataclasses.replace(
        config, run=dataclasses.replace(config.run, epochs=epochs)
    )


def describe_schedule(config, steps_an_epoch):
    """One line: the length, and the steps at which something changes."""
    steps = total_steps(config, steps_an_epoch)
    parts = [f"{steps} steps of batch {config.run.batch_size}"]
    milestones = method_spec(config.method_name).milestones
    points = {
        what: getattr(config.method, name) for what, name in milestones.items()
    }
    points["learning rate falls"] = config.optimizer.constant_epochs + (
        config.optimizer.halving_epochs or 0
    )
    for what, epoch in points.items():
        if epoch is not None and round(epoch * steps_an_epoch) < steps:
            parts.append(f"{what} from step {round(epoch * steps_an_epoch)}")
    return ", ".join(parts)


def epoch_steps(config, counts):
    """Steps of an epoch: the larger domain once, or as configured.

    Args:
        config: `TrainConfig`.
        counts: {"a": int, "b": int}, training images.
    """
    if config.data.epoch_steps is not None:
        return config.data.epoch_steps
    return max(1, max(counts.values()) // config.run.batch_size)


def total_steps(config, steps_an_epoch):
    """Training steps in all."""
    if config.run.steps is not None:
        return config.run.steps
    return round(config.run.epochs * steps_an_epoch)
