"""Options of the data, the optimisers and a run, as frozen dataclasses.

The options of a method are in its folder. None of them needs TensorFlow,
because a command that only reads options must not import it (3 to 5 seconds).
"""

from tfmask.configs.quick_presets import short_training
from tfmask.configs.run import (
    DataConfig,
    OptimizerConfig,
    RunConfig,
    TrainConfig,
)

__all__ = [
    "DataConfig",
    "OptimizerConfig",
    "RunConfig",
    "TrainConfig",
    "short_training",
]
