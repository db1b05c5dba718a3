"""Presets of FastCUT, a lighter CUT."""

import dataclasses

from tfmask.configs import TrainConfig
from tfmask.methods.cut import presets as cut


def paper(location: str) -> TrainConfig:
    """FastCUT as in its code: half of CUT's epochs.

    Paper: Park et al. 2020, section 4.1. The learning rate is constant for
    150 epochs and falls for 50. We have not trained this preset, because it
    needs a GPU.
    """
    config = _lighter(cut.paper(location))
    return dataclasses.replace(
        config,
        optimizer=dataclasses.replace(
            config.optimizer, constant_epochs=149, decay_epochs=51
        ),
        run=dataclasses.replace(config.run, epochs=200),
    )


def quick(location: str) -> TrainConfig:
    """FastCUT at 64 px. All else is as in CUT's quick preset."""
    return _lighter(cut.quick(location))


def _lighter(config):
    method = dataclasses.replace(
        config.method,
        nce_weight=10.0,
        nce_identity=False,
        flip_equivariance=True,
    )
    return dataclasses.replace(config, method=method)
