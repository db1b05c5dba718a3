"""The callback that lets `keras.Model.fit` follow a method's phases."""

import keras


class PhaseSwitch(keras.callbacks.Callback):
    """Traces `fit`'s step anew when the method enters another phase."""

    def on_train_batch_begin(self, batch, logs=None):
        phase = self.model.phase_at(int(self.model.step.numpy()))
        if phase != self.model.phase:
            self.model.phase = phase
            self.model.make_train_function(force=True)
