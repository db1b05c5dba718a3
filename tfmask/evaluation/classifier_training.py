"""Training of a classifier: it can be stopped, and goes on where it was."""

import json
import shutil
import sys
import time
from types import SimpleNamespace

import keras
import numpy as np
import tensorflow as tf

from serving.commands.progress import image_progress
from tfmask.evaluation.classifier_files import ATTRIBUTES
from tfmask.ops.errors import UserError
from tfmask.ops.images import to_uint8
from tfmask.training.changed_settings import changed_settings
from tfmask.training.checkpoints import Checkpoints
from tfmask.training.loop import StopRequest

SAVE_SECONDS = 120.0  # a killed process loses at most so much work


def training_batches(data, tells, batch_size, seed, start_step=0):
    """Endless batches of the training images, cropped and flipped.

    Args:
        data: `ImageSet`, with attributes or of two domains.
        tells: `ATTRIBUTES` or `DOMAINS`. With `DOMAINS`, half of a batch is
            from each domain.
        batch_size: int, even.
        seed: int.
        start_step: int, the first batch.

    Returns:
        `tf.data.Dataset` of (pixels (B, S, S, 3) float32 in 0..255, labels
        (B, K) float32 0/1).
    """
    half = batch_size // 2
    options = {"seed": seed, "start_step": start_step}

    def attributes(batch):
        return batch["a"]["image"], batch["a"]["attributes"]

    def domains(batch):
        images = tf.concat([batch["a"]["image"], batch["b"]["image"]], 0)
        return images, tf.repeat([[0.0], [1.0]], half, axis=0)

    if tells == ATTRIBUTES:
        stream = data.train_batches(batch_size, **options).map(attributes)
    else:
        stream = data.train_batches(half, pairing="cycle", **options)
        stream = stream.map(domains)
    # This rounds to 8 bits, as in the files that the classifier will see.
    return stream.map(
        lambda images, labels: (tf.cast(to_uint8(images), tf.float32), labels)
    ).prefetch(2)


class UnfinishedTraining:
    """The state that a stopped training saved beside its future folder.

    Args:
        out: path of that folder.
        settings: dict for JSON with all settings that change the training.
    """

    def __init__(self, out, settings):
        self.folder = out.with_name(f"{out.name}.training")
        self._settings = settings
        self._checkpoints = Checkpoints(
            self.folder,
            keep=1,
            advice="Try a lower `--learning-rate`, with another `--out`.",
        )

    def restore(self, network, optimizer):
        """Puts the newest state into a network and its built optimizer.

        Returns:
            int, steps done; 0 if there is nothing.

        Raises:
            UserError: the training began with other settings, or the state is
                damaged.
        """
        steps = self._checkpoints.steps()
        if not steps:
            return 0
        path = self._checkpoints.path(steps[-1]) / "state.json"
        before = json.loads(path.read_text(encoding="utf-8"))["settings"]
        if changed := changed_settings(before, self._settings):
            raise UserError(
                f"The training in `{self.folder}` was begun with other "
                f"settings: {changed}. Give the old ones, another folder as "
                "`--out`, or remove it."
            )
        return self._checkpoints.restore(_state(network, optimizer))

    def save(self, network, optimizer):
        """Writes the state as it is; returns the steps done."""
        step = int(optimizer.iterations.numpy())
        info = {"settings": self._settings}
        self._checkpoints.save(_state(network, optimizer), step, info=info)
        return step

    def remove(self):
        """The training is through."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _state(network, optimizer):
    """The objects that `Checkpoints` saves; the optimizer counts the steps."""
    return SimpleNamespace(
        networks={"classifier": network},
        optimizers={"classifier": optimizer},
        owned_variables=lambda player: network.trainable_variables,
        pools={},
        memories={},
        progress=SimpleNamespace(variables=[]),
    )


class _Watch(keras.callbacks.Callback):
    """Advances the bar, saves now and then, and stops when asked."""

    def __init__(self, network, unfinished, stop, advance):
        super().__init__()
        self._network, self._unfinished = network, unfinished
        self._stop, self._advance = stop, advance
        self._saved = time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        self._advance()
        if not np.isfinite(logs["loss"]):
            rate = self.model.optimizer.learning_rate
            raise UserError(
                f"The loss became {logs['loss']}, at a learning rate of "
                f"{float(rate):.2g}. Try a lower `--learning-rate`, with "
                "another `--out`."
            )
        late = time.monotonic() - self._saved > SAVE_SECONDS
        if late or self._stop:
            step = self._unfinished.save(self._network, self.model.optimizer)
            self._saved = time.monotonic()
        if self._stop:
            print(
                f"interrupted at step {step}; the same command goes on",
                file=sys.stderr,
            )
            raise KeyboardInterrupt


def fit(network, batches, recipe, unfinished):
    """Trains a network, with a bar on stderr; Ctrl-C saves first.

    A resumed training takes the missing steps. They use the same batches as
    without the stop. Only the dropout draws anew.

    Args:
        network: network of `classifier_network`. It stays without an optimizer.
        batches: function of the first step. It returns a dataset as
            `training_batches`.
        recipe: `Recipe`.
        unfinished: `UnfinishedTraining`.

    Raises:
        UserError: the loss is not finite; or as in
            `UnfinishedTraining.restore`.
        KeyboardInterrupt: it was stopped.
    """
    rates = keras.optimizers.schedules.CosineDecay(
        recipe.learning_rate, recipe.steps
    )
    trainer = keras.Sequential([network])
    trainer.compile(
        keras.optimizers.Adam(rates),
        keras.losses.BinaryCrossentropy(from_logits=True),
        jit_compile=False,  # XLA has no antialiased resize
    )
    trainer.optimizer.build(network.trainable_variables)
    done = unfinished.restore(network, trainer.optimizer)
    if done:
        print(f"resumed at step {done}", file=sys.stderr)
    if done == recipe.steps:
        return
    with (
        StopRequest().listening() as stop,
        image_progress("Training", recipe.steps * recipe.batch_size) as go,
    ):
        go(done * recipe.batch_size)
        trainer.fit(
            batches(done),
            steps_per_epoch=recipe.steps - done,
            callbacks=[
                _Watch(network, unfinished, stop, lambda: go(recipe.batch_size))
            ],
            shuffle=False,  # the batches are shuffled already
            verbose=0,
        )
