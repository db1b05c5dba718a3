"""Rounding errors of networks and losses: float32 and bfloat16 against float64.

    python benchmarks/precision.py

It prints the largest difference between the outputs in float32 or bfloat16 and
the outputs of the same weights in float64. It does this on a plain image (a
disc before a flat background) and on an image with much detail. It measures the
papers' networks at their sizes with random weights, the gradients of their
inputs, and losses. The column "at once" has TensorFlow's own reductions over
height and width. A simple port would have them, and these layers had them
before. Gradients and losses are relative to the largest value.
"""

import argparse
import contextlib
import importlib
import sys
from unittest import mock

import keras
import numpy as np
import tensorflow as tf

from tfmask.losses import gradient_penalty, l1, lsgan_generator
from tfmask.networks import (
    AttentionNetwork,
    HighwayDecoder,
    InstanceGenerator,
    PatchDiscriminator,
    ResNetGenerator,
)
from tfmask.ops.precision import policy_name

PRECISIONS = ("float32", "bfloat16")
KINDS = ("plain", "busy")


def picture(kind, side):
    """(1, side, side, 3) float64 in [-1, 1]."""
    rows, columns = np.mgrid[:side, :side] / side - 0.5
    if kind == "plain":
        disc = np.hypot(rows, columns) < 0.2
        colours = np.array([[-0.6, -0.5, 0.7], [0.8, 0.2, -0.9]])
        return colours[disc.astype(int)][None]
    random = np.random.default_rng(1)
    waves = np.sin(40 * rows + 3) * np.cos(25 * columns)
    noise = random.uniform(-0.5, 0.5, (side, side, 3))
    return (0.5 * waves[..., None] + noise)[None]


@contextlib.contextmanager
def at_once():
    """The layers and losses with TensorFlow's own reductions."""

    def moments(values, axes):
        return tf.nn.moments(values, sorted(axes), keepdims=True)

    def normalized(values, axes, epsilon, unbiased=False):
        mean, variance = moments(values, axes)
        if unbiased:
            count = np.prod([values.shape[axis] for axis in axes])
            variance *= count / (count - 1)
        return standardized(values, mean, variance, epsilon)

    def standardized(values, mean, variance, epsilon, scale=None, offset=None):
        return tf.nn.batch_normalization(
            values, mean, variance, offset, scale, epsilon
        )

    def mean_over(values, axes, keepdims=False):
        return tf.reduce_mean(values, axes, keepdims)

    def sum_over(values, axes, keepdims=False):
        return tf.reduce_sum(values, axes, keepdims)

    places = [
        ("layers.instance_norm", normalized),
        ("layers.modulation", normalized),
        ("layers.layer_norm", moments),
        ("layers.layer_norm", standardized),
        ("layers.batch_norm", standardized),
        ("layers.batch_norm", mean_over),
        ("losses.reduce", mean_over),
        ("losses.wasserstein", sum_over),
    ]
    with contextlib.ExitStack() as stack:
        for place, function in places:
            module = importlib.import_module(f"tfmask.{place}")
            patch = mock.patch.object(module, function.__name__, function)
            stack.enter_context(patch)
        yield


class Subject:
    """A network at its paper's size, in any precision.

    Args:
        make: function that returns a new network.
        shapes: shapes of its inputs besides the image, without the batch.
        build: shape for `build`.
    """

    def __init__(self, make, build, *, channels=3, more=()):
        self.make = make
        self.build = build
        self.channels = channels
        self.more = more
        self.weights = None

    def network(self, policy):
        """A new network. All of them have the same weights."""
        keras.mixed_precision.set_global_policy(policy)
        try:
            network = self.make()
            network.build(self.build)
        finally:
            keras.mixed_precision.set_global_policy("float32")
        if self.weights is None:
            random = np.random.default_rng(0)
            self.weights = [
                value + (value.ndim == 1) * random.normal(0, 0.1, value.shape)
                for value in network.get_weights()
            ]
        network.set_weights(self.weights)
        return network

    def outputs(self, policy, kind):
        """The first output and the gradient of its mean square, float64."""
        network = self.network(policy)
        dtype = tf.float64 if policy == "float64" else tf.float32
        image = picture(kind, self.build[1])
        image = np.repeat(image, -(-self.channels // 3), -1)
        image = tf.constant(image[..., : self.channels], dtype)
        random = np.random.default_rng(2)
        more = [
            tf.constant(random.uniform(0, 1, (1, *shape)), dtype)
            for shape in self.more
        ]
        with tf.GradientTape() as tape:
            tape.watch(image)
            output = network(image, *more)
            output = tf.nest.flatten(output)[0]
            loss = tf.reduce_mean(lsgan_generator(output))
        return output.numpy().astype(float), (
            tape.gradient(loss, image).numpy().astype(float)
        )


def networks(side, filters, blocks):
    """dict of name to `Subject`. Papers: 256 px, 64 filters, 9 blocks."""
    wide = {"class_name": "RandomNormal", "config": {"stddev": 0.02}}
    small = side * 25 // 32 // 4 * 4  # InstaGAN's 200 of 256 pixels
    shape = (None, side, side, 3)
    return {
        "CycleGAN's generator": Subject(
            lambda: ResNetGenerator(
                filters=filters, blocks=blocks, kernel_initializer=wide
            ),
            shape,
        ),
        "attention network": Subject(
            lambda: AttentionNetwork(filters=filters // 2), shape
        ),
        "InstaGAN's generator": Subject(
            lambda: InstanceGenerator(
                filters=filters, blocks=blocks, kernel_initializer=wide
            ),
            (None, small, small, 3),
            more=((2, small, small, 1),),
        ),
        "LOMIT's decoder": Subject(
            lambda: HighwayDecoder(filters=filters),
            (None, side // 4, side // 4, 4 * filters),
            channels=4 * filters,
            more=((side // 4, side // 4, 1), (8,), (8,)),
        ),
        "discriminator": Subject(
            lambda: PatchDiscriminator(
                filters=filters, kernel_initializer=wide
            ),
            shape,
        ),
    }


def losses(side):
    """dict of name to a function of (policy, kind) to a (1,) array."""

    def distance(policy, kind):
        image = tf.constant(picture(kind, side), _dtype(policy))
        return l1(image, 0.9 * image + 0.01).numpy()

    def penalty(policy, kind):
        image = tf.constant(picture(kind, side), _dtype(policy))

        def critic(images):
            return tf.reduce_sum(0.01 * images**3 + 0.002 * images, [1, 2, 3])

        half = tf.constant([0.5], image.dtype)
        return gradient_penalty(critic, image, -0.7 * image, half).numpy()

    return {"L1": distance, "gradient penalty": penalty}


def _dtype(policy):
    return {"float64": tf.float64, "float32": tf.float32}.get(
        policy, tf.bfloat16
    )


def rows(side, filters, blocks, wanted=None):
    """Yields (what, kind, precision, error at once, error).

    Args:
        side: int, side of the images.
        filters: int, filters of the networks' first layers.
        blocks: int, number of residual blocks.
        wanted: names of networks. None: all.
    """
    for name, subject in networks(side, filters, blocks).items():
        if wanted is not None and name not in wanted:
            continue
        for kind in KINDS:
            exact = subject.outputs("float64", kind)
            for precision in PRECISIONS:
                policy = policy_name(precision)
                with at_once():
                    before = subject.outputs(policy, kind)
                after = subject.outputs(policy, kind)
                scales = (1.0, np.abs(exact[1]).max())
                for part, what in enumerate((name, f"{name}, gradient")):
                    errors = [
                        np.abs(rounded[part] - exact[part]).max() / scales[part]
                        for rounded in (before, after)
                    ]
                    yield what, kind, precision, *errors
    for name, loss in losses(side).items():
        for kind in KINDS:
            exact = loss("float64", kind)
            with at_once():
                before = loss("float32", kind)
            after = loss("float32", kind)
            errors = [
                float(np.abs(rounded - exact).max() / np.abs(exact).max())
                for rounded in (before, after)
            ]
            yield name, kind, "float32", *errors


def main(argv=None):
    """Prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--filters", type=int, default=64)
    parser.add_argument("--blocks", type=int, default=9)
    parser.add_argument("--networks", nargs="*", help="names; else all")
    options = parser.parse_args(argv)
    print("what                           image precision   at once  here")
    sizes = options.side, options.filters, options.blocks
    for what, kind, precision, before, after in rows(*sizes, options.networks):
        print(
            f"{what:<30} {kind:<5} {precision:<9} {before:9.1e} {after:.1e}",
            flush=True,
        )


if __name__ == "__main__":
    sys.exit(main())
