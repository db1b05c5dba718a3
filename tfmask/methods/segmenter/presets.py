"""The preset of the segmenter."""

from tfmask.configs import DataConfig, OptimizerConfig, RunConfig, TrainConfig
from tfmask.methods.segmenter.config import SegmenterConfig


def quick(location: str) -> TrainConfig:
    """The segmenter at 128 px, for minutes on two cores. It has no paper."""
    return TrainConfig(
        method=SegmenterConfig(),
        data=DataConfig(location=location, image_size=128, epoch_steps=100),
        optimizer=OptimizerConfig(
            learning_rate=1e-3, beta_1=0.9, constant_epochs=5, decay_epochs=10
        ),
        run=RunConfig(epochs=15, batch_size=8),
    )
