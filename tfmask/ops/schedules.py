"""Learning rates and weights of terms as functions of the step."""

import keras
import tensorflow as tf

from tfmask.ops.arguments import constructor_arguments


class _Epochwise(keras.optimizers.schedules.LearningRateSchedule):
    """A rate of the epoch, counted by the updates or by a variable."""

    def __init__(self, initial, epoch_steps, constant_epochs, step):
        self.initial = initial
        self.epoch_steps = epoch_steps
        self.constant_epochs = constant_epochs
        self.step = step

    def now(self, updates):
        """The step that counts, int64."""
        step = updates if self.step is None else self.step
        return tf.cast(tf.convert_to_tensor(step), tf.int64)

    def get_config(self):
        # A variable belongs to a run, not to the settings.
        arguments = constructor_arguments(self)
        return {name: arguments[name] for name in arguments if name != "step"}


@keras.saving.register_keras_serializable(package="tfmask")
class EpochwiseLinearDecay(_Epochwise):
    """Constant, then falling by the same amount every epoch.

    In epoch e (from 0) the rate is
    `initial * (1 - max(0, e - constant_epochs) / decay_epochs)`. After the end
    of the decay, it keeps the last value above 0. So a run can be made longer.

    Args:
        initial: float, the first rate.
        epoch_steps: int, steps of an epoch.
        constant_epochs: float.
        decay_epochs: float; 0 keeps the rate constant.
        step: int variable, the number of training steps. Optimizers that update
            more or less than once in a step need it. None: the number of
            updates counts.
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
        super().__init__(initial, epoch_steps, constant_epochs, step)
        self.decay_epochs = decay_epochs

    def __call__(self, updates):
        if not self.decay_epochs:
            return tf.constant(self.initial, tf.float32)
        epoch = tf.cast(self.now(updates) // self.epoch_steps, tf.float32)
        fallen = (epoch - self.constant_epochs) / self.decay_epochs
        last = min(1.0, 1.0 / self.decay_epochs)
        return self.initial * tf.clip_by_value(1.0 - fallen, last, 1.0)


@keras.saving.register_keras_serializable(package="tfmask")
class EpochwiseHalving(_Epochwise):
    """Constant, then half as much again and again.

    At a step the rate is
    `initial * factor ** floor((step - constant) / halving)`, and `initial`
    before the first `constant` steps are over.

    Args:
        initial: float, the first rate.
        epoch_steps: int, steps of an epoch.
        constant_epochs: float.
        halving_epochs: float, between two halvings.
        factor: float in (0, 1), in place of a half.
        step: int variable, the number of training steps. Optimizers that update
            more or less than once in a step need it. None: the number of
            updates counts.
    """

    def __init__(
        self,
        initial,
        *,
        epoch_steps,
        constant_epochs,
        halving_epochs,
        factor=0.5,
        step=None,
    ):
        super().__init__(initial, epoch_steps, constant_epochs, step)
        self.halving_epochs = halving_epochs
        self.factor = factor

    def __call__(self, updates):
        constant = round(self.constant_epochs * self.epoch_steps)
        interval = max(1, round(self.halving_epochs * self.epoch_steps))
        halvings = tf.maximum(self.now(updates) - constant, 0) // interval
        return self.initial * tf.pow(self.factor, tf.cast(halvings, tf.float32))


def linear_ramp(step, start, full):
    """0 until a step, 1 from another one on, and a line between them.

    Args:
        step: int tensor or variable.
        start: int, the last step with 0.
        full: int, `start` or later.

    Returns:
        Scalar float32 in [0, 1]. If both are equal, it is 1 from this step on.
    """
    step = tf.cast(tf.convert_to_tensor(step), tf.float32)
    if full <= start:
        return tf.cast(step >= start, tf.float32)
    return tf.clip_by_value((step - start) / (full - start), 0.0, 1.0)
