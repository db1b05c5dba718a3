"""Methods with tiny networks, stand-ins for networks, fixed batches."""

import keras
import numpy as np
import tensorflow as tf

from tfmask.methods.attention_guided.config import AttentionGuidedConfig
from tfmask.methods.attention_guided.method import AttentionGuided
from tfmask.methods.cyclegan.config import CycleGANConfig
from tfmask.methods.cyclegan.method import CycleGAN
from tfmask.methods.guidegan.config import GuideGANConfig
from tfmask.methods.guidegan.method import GuideGAN
from tfmask.methods.guidegan_paired.config import PairedGuideGANConfig
from tfmask.methods.guidegan_paired.method import PairedGuideGAN
from tfmask.methods.instagan.config import InstaGANConfig
from tfmask.methods.instagan.method import InstaGAN
from tfmask.methods.pix2pix.config import Pix2PixConfig
from tfmask.methods.pix2pix.method import Pix2Pix

SIDE = 8
RATE = 0.1
TINY = {
    "filters": 2,
    "blocks": 1,
    "discriminator_filters": 2,
    "discriminator_layers": 1,
    # Kernels large enough for maps and images that are not flat.
    "initializer_stddev": 0.3,
}

TINY_UNET = {
    "levels": 2,
    **{name: value for name, value in TINY.items() if name != "blocks"},
}


def batch(seed=0, count=2, side=SIDE):
    """Random images in [-1, 1] of both domains, cut from random windows.

    The images with the indices 0, 1, ... swap places from seed to seed.
    """
    rng = np.random.default_rng(seed)
    windows = np.random.default_rng(seed).integers(0, 2, (count, 3))
    return {
        domain: {
            "image": tf.constant(
                rng.uniform(-1, 1, (count, side, side, 3)).astype("float32")
            ),
            "index": tf.constant((np.arange(count) + seed) % count, tf.int64),
            "window": tf.constant(windows, tf.int32),
        }
        for domain in ("a", "b")
    }


def sgd(player=None):
    return keras.optimizers.SGD(RATE)


def attention_guided(
    *, epoch_steps=1, side=SIDE, optimizer=sgd, compiled=True, **options
):
    """`AttentionGuided`, stages off unless asked for, plain SGD."""
    options = {
        "attention_filters": 2,
        "attention_blocks": 0,
        "freeze_attention_epoch": None,
        "masked_discriminator_epoch": None,
        **TINY,
        **options,
    }
    method = AttentionGuided(
        AttentionGuidedConfig(**options),
        image_size=(side, side),
        epoch_steps=epoch_steps,
    )
    if compiled:
        method.compile(optimizer)
    return method


def second_stage(**options):
    """`AttentionGuided` in its second stage; masks keep about a half."""
    method = attention_guided(
        **{
            "freeze_attention_epoch": 0,
            "masked_discriminator_epoch": 0,
            "threshold": 0.5,
            **options,
        }
    )
    for domain in ("a", "b"):
        network = method.networks.get(f"attention_{domain}")
        if network is not None:  # moves the median to 0.5
            middle = np.median(network(batch()[domain]["image"]))
            kernel, bias = network.decoder[-1].get_weights()
            bias -= np.log(middle / (1.0 - middle))
            network.decoder[-1].set_weights([kernel, bias])
    return method


def cyclegan(*, side=SIDE, optimizer=sgd, compiled=True, **options):
    """`CycleGAN` with plain SGD."""
    method = CycleGAN(
        CycleGANConfig(**{**TINY, **options}),
        image_size=(side, side),
    )
    if compiled:
        method.compile(optimizer)
    return method


def guidegan(*, side=SIDE, optimizer=sgd, compiled=True, **options):
    """`GuideGAN` with plain SGD, a memory of two images a domain."""
    options = {"memory_images": (2, 2), **TINY, **options}
    method = GuideGAN(GuideGANConfig(**options), image_size=(side, side))
    if compiled:
        method.compile(optimizer)
    return method


def instance_graph(method):
    """`method.translate` as one graph for any float64 images and instances."""

    @tf.function(
        autograph=False,
        input_signature=[
            {
                "image": tf.TensorSpec((None, None, None, 3), tf.float64),
                "instances": tf.TensorSpec(
                    (None, None, None, None, 1), tf.float64
                ),
            }
        ],
    )
    def graph(inputs):
        return method.translate(inputs)

    return graph


def instance_batch(
    counts_a=(2, 1), counts_b=(1, 2), slots=3, seed=0, side=SIDE
):
    """Random images of both domains with square instances.

    Args:
        counts_a, counts_b: instances of each image.
        slots: int, places for instances.
    """
    batches = batch(seed, len(counts_a), side)
    for domain, counts in (("a", counts_a), ("b", counts_b)):
        masks = np.zeros((len(counts), slots, side, side, 1), np.float32)
        for number, count in enumerate(counts):
            for slot in range(count):
                # One row higher each: all areas differ.
                masks[number, slot, : 2 + slot, 2 * slot : 2 * slot + 3] = 1.0
        batches[domain]["instances"] = tf.constant(masks)
    return batches


def instagan(*, side=SIDE, optimizer=sgd, compiled=True, **options):
    """`InstaGAN` with plain SGD; sub-steps of one, three slots."""
    options = {"instances_max": 3, "instances_per_step": 1, **TINY, **options}
    method = InstaGAN(InstaGANConfig(**options), image_size=(side, side))
    if compiled:
        method.compile(optimizer)
    return method


def pix2pix(*, side=SIDE, optimizer=sgd, compiled=True, seed=0, **options):
    """`Pix2Pix` of two levels with plain SGD; nothing is dropped out."""
    config = Pix2PixConfig(**{**TINY_UNET, **options})
    method = Pix2Pix(config, image_size=(side, side), seed=seed)
    if compiled:
        method.compile(optimizer)
    return method


def guidegan_paired(
    *, side=SIDE, optimizer=sgd, compiled=True, seed=0, **options
):
    """`PairedGuideGAN` like `pix2pix`, a memory of two pairs."""
    options = {"memory_images": (2, 2), **TINY_UNET, **options}
    config = PairedGuideGANConfig(**options)
    method = PairedGuideGAN(config, image_size=(side, side), seed=seed)
    if compiled:
        method.compile(optimizer)
    return method


class Stub:
    """A function in a network's place; remembers what it was called on."""

    def __init__(self, function):
        self.function = function
        self.inputs = []
        self.trainable_variables = getattr(function, "trainable_variables", [])

    def __call__(self, image, *others, **arguments):
        self.inputs.append(image)
        return self.function(image, *others, **arguments)


def watch(method, *names):
    """Wraps networks in `Stub`s that pass everything on."""
    stubs = [Stub(getattr(method, name)) for name in names]
    for name, stub in zip(names, stubs, strict=True):
        setattr(method, name, stub)
    return stubs[0] if len(stubs) == 1 else stubs


def constant_map(level):
    """An attention network that finds the same everywhere."""
    return Stub(lambda image: tf.fill((*image.shape[:3], 1), float(level)))


def weights_of(method, *names):
    """Copies of the networks' weights; all networks without names."""
    networks = method.networks
    return {
        name: [np.array(weight) for weight in networks[name].get_weights()]
        for name in names or networks
    }


def moved(method, before):
    """Names of the networks whose weights are not what they were."""
    after = weights_of(method, *before)
    return {
        name
        for name in before
        if any(
            not np.array_equal(old, new)
            for old, new in zip(before[name], after[name], strict=True)
        )
    }


def gradients(method, player, term=None, names=None):
    """Gradients of a player's total, or of one term, on `batch()`.

    Args:
        names: networks; the player's own variables without them.
    """
    variables = method.owned_variables(player)
    if names is not None:
        variables = [
            variable
            for name in names
            for variable in method.networks[name].trainable_variables
        ]
    with tf.GradientTape() as tape:
        terms = method.compute_losses(batch(), [player], training=False)[player]
        value = terms[term].value if term else method.total_loss(terms)
    return tape.gradient(value, variables)


def term_values(losses):
    """dict of term to float, of the result of `compute_losses`."""
    return {
        name: float(value)
        for terms in losses.values()
        for name, (value, _) in terms.items()
    }


def largest(values):
    """The largest magnitude in a list of gradients; None counts as 0."""
    return max(
        (float(np.abs(value).max()) for value in values if value is not None),
        default=0.0,
    )
