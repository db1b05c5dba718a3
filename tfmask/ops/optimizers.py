"""Optimizers as the papers' codes have them, where Keras' differ."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="tfmask")
class Adam(keras.optimizers.Adam):
    """Keras' Adam, each weight's update by one operation.

    Keras' own Adam is a dozen operations. Each of them passes over weights and
    state. Formula, state, its order, and arguments are the same. 1 - beta is
    rounded as the weights are. There is no such operation for `amsgrad`.

    Raises:
        ValueError: `amsgrad` is True.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.amsgrad:
            raise ValueError(
                f"{type(self).__name__} has no `amsgrad`. Take it from "
                "keras.optimizers.Adam."
            )
        self._numbers = {}

    def apply_gradients(self, grads_and_vars, *args, **kwargs):
        """As Keras', with what all weights share computed once."""
        grads_and_vars = list(grads_and_vars)
        dtypes = {tf.as_dtype(v.dtype) for _, v in grads_and_vars}
        self._numbers = {dtype: self._numbers_in(dtype) for dtype in dtypes}
        try:
            return super().apply_gradients(grads_and_vars, *args, **kwargs)
        finally:
            self._numbers = {}

    def update_step(self, gradient, variable, *rate):
        """One weight's update; Keras 3 passes the rate, Keras 2 does not."""
        dtype = variable.dtype
        (rate,) = rate or (self.learning_rate,)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._state(self._momentums, variable).handle,
            v=self._state(self._velocities, variable).handle,
            lr=tf.cast(rate, dtype),
            grad=tf.cast(tf.convert_to_tensor(gradient), dtype),
            **(self._numbers.get(dtype) or self._numbers_in(dtype)),
        )

    def _numbers_in(self, dtype):
        """dict of arguments of the update that are the same for all weights."""
        update = tf.cast(self.iterations + 1, dtype)
        first, second = (
            tf.cast(beta, dtype) for beta in (self.beta_1, self.beta_2)
        )
        return {
            "beta1": first,
            "beta2": second,
            "beta1_power": tf.pow(first, update),
            "beta2_power": tf.pow(second, update),
            "epsilon": tf.cast(self.epsilon, dtype),
        }

    def _state(self, variables, variable):
        """The state of a weight, on the weight's device."""
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
    the uncorrected sqrt(v) ("epsilon hat" in the paper). There it weighs 32
    times as much at first. With a gradient of 1e-6, beta_2 0.999 and epsilon
    1e-8, the first update is 0.99 of the rate here and 0.76 there. State, its
    order, and arguments are those of `keras.optimizers.Adam`.
    """

    def _numbers_in(self, dtype):
        numbers = super()._numbers_in(dtype)
        # Keras' own, m / (sqrt(v) + e) * rate * sqrt(1 - beta_2^t) / ..., is
        # the formula above when e is epsilon * sqrt(1 - beta_2^t).
        numbers["epsilon"] *= tf.sqrt(1 - numbers["beta2_power"])
        return numbers


@keras.saving.register_keras_serializable(package="tfmask")
class StartedRMSprop(keras.optimizers.RMSprop):
    """RMSProp whose running mean of squared gradients does not start at 0.

    From `v = start`, every update is `v = rho v + (1 - rho) g^2` and
    `w = w - rate g / sqrt(v + epsilon)`. TensorFlow 1 starts at 1, so its first
    updates are small. Keras and PyTorch start at 0.

    Args:
        *args: arguments of `keras.optimizers.RMSprop`.
        start: float, the first running mean.
        **kwargs: arguments of `keras.optimizers.RMSprop`.
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

    This is the gradient of `weight / 2 * |variable|^2`, and it is PyTorch's
    `weight_decay`. Keras' `weight_decay` is different: it does not go through
    the running means of the optimizer (AdamW).

    Args:
        optimizer_class: optimizer class of Keras.
        weight: float.

    Returns:
        A subclass.
    """

    class WithL2(optimizer_class):
        def update_step(self, gradient, variable, *rate):
            gradient = gradient + weight * tf.convert_to_tensor(variable)
            super().update_step(gradient, variable, *rate)

    return WithL2
