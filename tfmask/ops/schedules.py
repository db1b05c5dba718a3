"""Learning rates as functions of the step."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="tfmask")
class EpochwiseLinearDecay(keras.optimizers.schedules.LearningRateSchedule):
    """Constant, then falling by the same amount every epoch.

    In epoch e (from 0) the rate is
    `initial * (1 - max(0, e - constant_epochs) / decay_epochs)`; from the
    end of the decay on it keeps the last value above 0, so that a run can be
    made longer.

    Args:
        initial: float, the first rate.
        epoch_steps: int, steps of an epoch.
        constant_epochs: float.
        decay_epochs: float; 0 keeps the rate constant.
        step: int variable, the training steps taken, for optimizers that
            update more or less than once a step; None: the updates.
    """

    def __init__(
        self,
        initial,
        *,
        epoch_steps,
        constant_epochs,
        decay_epochs,
        step=None,
    ):
        self.initial = initial
        self.epoch_steps = epoch_steps
        self.constant_epochs = constant_epochs
        self.decay_epochs = decay_epochs
        self.step = step

    def __call__(self, updates):
        if not self.decay_epochs:
            return tf.constant(self.initial, tf.float32)
        step = updates if self.step is None else self.step
        step = tf.cast(tf.convert_to_tensor(step), tf.int64)
        epoch = tf.cast(step // self.epoch_steps, tf.float32)
        fallen = (epoch - self.constant_epochs) / self.decay_epochs
        last = min(1.0, 1.0 / self.decay_epochs)
        return self.initial * tf.clip_by_value(1.0 - fallen, last, 1.0)

    def get_config(self):
        return {
            "initial": self.initial,
            "epoch_steps": self.epoch_steps,
            "constant_epochs": self.constant_epochs,
            "decay_epochs": self.decay_epochs,
        }


@keras.saving.register_keras_serializable(package="tfmask")
class EpochwiseHalving(keras.optimizers.schedules.LearningRateSchedule):
    """Constant, then half as much again and again.

    At a step the rate is
    `initial * 0.5 ** floor((step - constant) / halving)`, and `initial`
    before the first `constant` steps are over.

    Args:
        initial: float, the first rate.
        epoch_steps: int, steps of an epoch.
        constant_epochs: float.
        halving_epochs: float, between two halvings.
        step: int variable, the training steps taken, for optimizers that
            update more or less than once a step; None: the updates.
    """

    def __init__(
        self,
        initial,
        *,
        epoch_steps,
        constant_epochs,
        halving_epochs,
        step=None,
    ):
        self.initial = initial
        self.epoch_steps = epoch_steps
        self.constant_epochs = constant_epochs
        self.halving_epochs = halving_epochs
        self.step = step

    def __call__(self, updates):
        step = updates if self.step is None else self.step
        step = tf.cast(tf.convert_to_tensor(step), tf.int64)
        constant = round(self.constant_epochs * self.epoch_steps)
        interval = max(1, round(self.halving_epochs * self.epoch_steps))
        halvings = tf.maximum(step - constant, 0) // interval
        return self.initial * tf.pow(0.5, tf.cast(halvings, tf.float32))

    def get_config(self):
        return {
            "initial": self.initial,
            "epoch_steps": self.epoch_steps,
            "constant_epochs": self.constant_epochs,
            "halving_epochs": self.halving_epochs,
        }
