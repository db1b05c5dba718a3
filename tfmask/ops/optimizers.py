"""Optimizers as the papers' codes have them, where Keras' differ."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="tfmask")
class Adam(keras.optimizers.Adam):
    """Keras' Adam, each weight's update by one operation.

    Keras' own is a dozen, which pass over weights and state as often.
    Formula, state, its order, and arguments are the same; 1 - beta is rounded
    as the weights are.
    """

    def update_step(self, gradient, variable, *rate):
        """One weight's update; Keras 3 passes the rate, Keras 2 does not."""
        sparse = isinstance(gradient, tf.IndexedSlices)
        if sparse or self.amsgrad:
            super().update_step(gradient, variable, *rate)
            return
        dtype = variable.dtype
        (rate,) = rate or (self.learning_rate,)
        update = tf.cast(self.iterations + 1, dtype)
        betas = tf.cast(self.beta_1, dtype), tf.cast(self.beta_2, dtype)
        first, second = (tf.pow(beta, update) for beta in betas)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._state(self._momentums, variable).handle,
            v=self._state(self._velocities, variable).handle,
            beta1_power=first,
            beta2_power=second,
            lr=tf.cast(rate, dtype),
            beta1=betas[0],
            beta2=betas[1],
            epsilon=tf.cast(self.epsilon, dtype),
            grad=tf.cast(gradient, dtype),
        )

    def _state(self, variables, variable):
        """What belongs to a weight, on the weight's device."""
        key = self._var_key(variable)
        if hasattr(self, "_index_dict"):  # Keras 2
            own = variables[self._index_dict[key]]
        else:
            own = variables[self._trainable_variables_indices[key]].value
        # Under a strategy there is one for each replica.
        copies = tf.distribute.get_strategy().experimental_local_results(own)
        return next(v for v in copies if v.device == variable.device)


@keras.saving.register_keras_serializable(package="tfmask")
class PyTorchAdam(Adam):
    """Adam that adds epsilon to the bias-corrected deviation.

    Update t (from 1) of a weight, with m and v the running means of the
    gradient and its square, is

        m / (1 - beta_1^t) * rate / (sqrt(v / (1 - beta_2^t)) + epsilon)

    as in Algorithm 1 of Kingma and Ba. Keras and TensorFlow 1 add epsilon to
    sqrt(v) as it is ("epsilon hat" there), where at first it weighs 32 times
    as much. A gradient of 1e-6 makes the first update 0.99 of the rate
    here and 0.76 there, with beta_2 0.999 and epsilon 1e-8. State, its
    order, and arguments are those of `keras.optimizers.Adam`.
    """

    def update_step(self, gradient, variable, *rate):
        """One weight's update; Keras 3 passes the rate, Keras 2 does not."""
        update = tf.cast(self.iterations + 1, variable.dtype)
        powers = tf.pow(tf.cast(self.beta_2, variable.dtype), update)
        # Keras' own, m / (sqrt(v) + e) * rate * sqrt(1 - beta_2^t) / ..., is
        # the formula above when e is epsilon * sqrt(1 - beta_2^t).
        epsilon = self.epsilon
        self.epsilon = epsilon * tf.sqrt(1 - powers)
        try:
            super().update_step(gradient, variable, *rate)
        finally:
            self.epsilon = epsilon


@keras.saving.register_keras_serializable(package="tfmask")
class StartedRMSprop(keras.optimizers.RMSprop):
    """RMSProp whose running mean of squared gradients does not start at 0.

    From `v = start`, every update is `v = rho v + (1 - rho) g^2` and
    `w = w - rate g / sqrt(v + epsilon)`. TensorFlow 1 starts at 1, where the
    first updates are small; Keras and PyTorch at 0.

    Args:
        *args: of `keras.optimizers.RMSprop`.
        start: float.
        **kwargs: of `keras.optimizers.RMSprop`.
    """

    def __init__(self, *args, start=1.0, **kwargs):
        super().__init__(*args, **kwargs)
        self.start = start

    def build(self, var_list):
        new = not hasattr(self, "_velocities")
        super().build(var_list)
        if new:
            for velocity in self._velocities:
                velocity.assign(
                    tf.fill(velocity.shape, tf.cast(self.start, velocity.dtype))
                )

    def get_config(self):
        return {**super().get_config(), "start": self.start}


def with_l2(optimizer_class, weight):
    """An optimizer that adds `weight * variable` to every gradient.

    That is the gradient of `weight / 2 * |variable|^2` and PyTorch's
    `weight_decay`. Keras' `weight_decay` is another one: it does not go
    through the optimizer's running means (AdamW).

    Args:
        optimizer_class: of Keras.
        weight: float.

    Returns:
        A subclass.
    """

    class WithL2(optimizer_class):
        def update_step(self, gradient, variable, *rate):
            gradient = gradient + weight * tf.convert_to_tensor(variable)
            super().update_step(gradient, variable, *rate)

    return WithL2
