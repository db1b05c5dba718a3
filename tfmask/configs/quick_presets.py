"""Settings that the `quick` presets of the methods share."""

from typing import Any

from tfmask.configs.run import (
    DataConfig,
    OptimizerConfig,
    RunConfig,
    TrainConfig,
)


def short_training(
    method: Any,
    location: str,
    *,
    constant_epochs: int,
    decay_epochs: int,
    batch_size: int = 2,
    **optimizer: Any,
) -> TrainConfig:
    """A training at 64 px for minutes on two cores.

    An epoch is 100 steps. The optimizer is Adam as in PyTorch, with a learning
    rate of 5e-4. The training ends when the rate has fallen.

    Args:
        method: the method's options.
        location: str, location of the data.
        constant_epochs: epochs before the learning rate falls.
        decay_epochs: epochs while it falls.
        batch_size: images of a step.
        **optimizer: more options of `OptimizerConfig`.
    """
    return TrainConfig(
        method=method,
        data=DataConfig(location=location, image_size=64, epoch_steps=100),
        optimizer=OptimizerConfig(
            **{
                "epsilon_form": "pytorch",
                "learning_rate": 5e-4,
                "constant_epochs": constant_epochs,
                "decay_epochs": decay_epochs,
                **optimizer,
            }
        ),
        run=RunConfig(
            epochs=constant_epochs + decay_epochs, batch_size=batch_size
        ),
    )
