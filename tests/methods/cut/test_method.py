"""CUT and FastCUT: losses by the formula, one step, options, presets."""

import numpy as np
import pytest
import tensorflow as tf
from tiny_methods import (
    RATE,
    batch,
    largest,
    moved,
    sgd,
    term_values,
    weights_of,
)

from tfmask.methods import preset_config
from tfmask.methods.cut.config import CUTConfig
from tfmask.methods.cut.method import CUT
from tfmask.ops.change import change_map
from tfmask.ops.patches import random_order

SIDE = 16
FAST = {"nce_weight": 10.0, "nce_identity": False, "flip_equivariance": True}


def cut(seed=0, **options):
    """`CUT` of tiny networks with plain SGD."""
    tiny = {
        "filters": 2,
        "blocks": 1,
        "nce_layers": (0, 4, 12),
        "projection_units": 4,
        "patches": 20,
        "discriminator_filters": 2,
        "discriminator_layers": 1,
        "initializer_gain": 1.0,
    }
    config = CUTConfig(**{**tiny, **options})
    method = CUT(config, image_size=(SIDE, SIDE), seed=seed)
    method.compile(sgd)
    return method


def pictures(seed=0):
    return batch(seed, side=SIDE)


def contrast(method, source, translated, step=0, mirror=False):
    """Eq. (3) and (4) over the number of layers, patch by patch, in NumPy."""
    config, sums = method.config, []
    encoder = method.generator.encoder
    _, keys = encoder.with_features(source, config.nce_layers)
    _, queries = encoder.with_features(translated, config.nce_layers)
    for number, (key, query) in enumerate(zip(keys, queries, strict=True)):
        query = query[:, :, ::-1] if mirror else query
        places = key.shape[1] * key.shape[2]
        seed = [method.seed + 1000 + number, step]
        chosen = random_order(places, seed).numpy()[: config.patches]
        layers = method.projection.first, method.projection.second
        kernels = [layer[number].get_weights() for layer in layers]
        for image in range(len(source)):
            vectors = []
            for maps in (key, query):
                rows = np.reshape(maps[image], (places, -1))[chosen]
                hidden = np.maximum(rows @ kernels[0][0] + kernels[0][1], 0)
                rows = hidden @ kernels[1][0] + kernels[1][1]
                lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
                vectors.append(rows / (lengths + 1e-7))
            logits = vectors[1] @ vectors[0].T / config.temperature
            shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
            sums.append(-np.log(np.diag(shares)).mean())
    return np.mean(sums)


@pytest.mark.parametrize("direction", ["a_to_b", "b_to_a"])
def test_losses_are_the_papers(direction):
    method, images = cut(direction=direction), pictures()
    source, real = (images[d]["image"] for d in (direction[0], direction[-1]))
    fake, same = method.generator(source), method.generator(real)
    scores = [
        method.discriminator(image).scores[0].numpy() for image in (real, fake)
    ]
    losses = method.compute_losses(images, training=False)
    assert term_values(losses) == pytest.approx(
        {
            "discriminator": 0.5
            * (((scores[0] - 1) ** 2).mean() + (scores[1] ** 2).mean()),
            "adversarial": ((scores[1] - 1) ** 2).mean(),
            "nce": contrast(method, source, fake),
            "nce_identity": contrast(method, real, same),
        },
        rel=1e-4,
    )
    weights = {name: term.weight for name, term in losses["generator"].items()}
    assert weights == {"adversarial": 1.0, "nce": 0.5, "nce_identity": 0.5}


@pytest.mark.medium
def test_fastcut_mirrors_half_of_the_steps():
    method, images = cut(**FAST), pictures()
    source = images["a"]["image"]
    mirrored = []
    for step in range(6):
        method.step.assign(step)
        losses = term_values(method.compute_losses(images))
        assert set(losses) == {"discriminator", "adversarial", "nce"}
        expected = {
            mirror: contrast(
                method,
                source,
                method.generator(source[:, :, ::-1] if mirror else source),
                step,
                mirror,
            )
            for mirror in (False, True)
        }
        near = {
            mirror: losses["nce"] == pytest.approx(value, rel=1e-4)
            for mirror, value in expected.items()
        }
        assert sorted(near.values()) == [False, True]
        mirrored.append(near[True])
    assert 1 < sum(mirrored) < 5
    method.step.assign(mirrored.index(True))
    losses = term_values(method.compute_losses(images, training=False))
    plain = contrast(
        method, source, method.generator(source), mirrored.index(True)
    )
    assert losses["nce"] == pytest.approx(plain, rel=1e-4)


def test_every_step_draws_other_places_and_repeats_its_own():
    method, images = cut(patches=3), pictures()

    def nce(step):
        method.step.assign(step)
        return term_values(method.compute_losses(images))["nce"]

    first = nce(0)
    assert nce(1) != first
    assert nce(0) == first
    other = cut(patches=3, seed=1)
    for name, network in method.networks.items():
        other.networks[name].set_weights(network.get_weights())
    assert term_values(other.compute_losses(images))["nce"] != first


@pytest.mark.parametrize("options", [{}, FAST])
def test_a_step_is_the_discriminators_and_then_the_generators(options):
    method, images = cut(**options), pictures()
    twin = cut(**options)
    for name, network in method.networks.items():
        twin.networks[name].set_weights(network.get_weights())
    method.train_step(images)
    for player in ("discriminator", "generator"):
        variables = twin.owned_variables(player)
        with tf.GradientTape() as tape:
            terms = twin.compute_losses(images, (player,))[player]
            total = twin.total_loss(terms)
        gradients = tape.gradient(total, variables)
        for variable, gradient in zip(variables, gradients, strict=True):
            variable.assign(variable - RATE * gradient)
    expected = weights_of(twin)
    for name, weights in weights_of(method).items():
        for ours, other in zip(weights, expected[name], strict=True):
            np.testing.assert_allclose(ours, other, atol=1e-4)
    assert int(method.step) == 1


def test_keys_do_not_learn():
    """The projection moves, and by the queries alone."""
    method, images = cut(adversarial_weight=0.0), pictures()
    parts = method.made_of(images, training=True)
    with tf.GradientTape() as tape:
        tape.watch([*parts.keys, parts.outputs])
        terms = method.player_losses(("generator",), parts)["generator"]
        total = method.total_loss(terms)
    gradients = tape.gradient(total, [*parts.keys, parts.outputs])
    assert gradients[:-1] == [None] * len(parts.keys)
    assert largest(gradients[-1:]) > 0
    before = weights_of(method)
    method.train_step(images)
    assert moved(method, before) == {"generator", "projection", "discriminator"}


def test_it_translates_one_way_and_the_mask_is_the_change():
    method, image = cut(direction="b_to_a"), pictures()["b"]["image"]
    assert method.directions == ("b_to_a",)
    output = method.translate({"image": image}, "b_to_a")
    np.testing.assert_array_equal(output["image"], method.generator(image))
    expected = change_map(image, output["image"])
    np.testing.assert_array_equal(output["mask"], expected)
    shown = method.images_to_show(pictures())
    assert list(shown) == ["real_b", "mask_b", "fake_a"]


def test_initial_kernels_are_glorots_of_the_gain():
    config = CUTConfig(filters=32, blocks=1, nce_layers=(0, 4, 8, 12))
    method = CUT(config, image_size=(SIDE * 2, SIDE * 2))
    kernels = {
        "convolution": method.generator.encoder.residual_blocks[0].first,
        "dense": method.projection.second[0],
    }
    for layer in kernels.values():
        kernel = layer.get_weights()[0]
        fans = np.prod(kernel.shape[:-2]) * sum(kernel.shape[-2:])
        deviation = 0.02 * np.sqrt(2 / fans)
        assert kernel.std() == pytest.approx(deviation, rel=0.02)
        assert np.abs(kernel).max() > 3.5 * deviation  # not cut


def test_the_presets_are_the_official_defaults():
    for name, constant, falling in (("cut", 200, 200), ("fastcut", 150, 50)):
        config = preset_config(name, "paper", "photos")
        assert config.run.epochs == constant + falling
        assert config.run.batch_size == 1
        # The factor of epoch E is 1 - max(0, E - constant) / (falling + 1).
        assert config.optimizer.constant_epochs == constant - 1
        assert config.optimizer.decay_epochs == falling + 1
        assert config.optimizer.learning_rate == 2e-4
        for preset in ("paper", "quick"):
            method = preset_config(name, preset, "photos").method
            fast = {key: getattr(method, key) for key in FAST}
            plain = {key: getattr(CUTConfig(), key) for key in FAST}
            assert fast == (FAST if name == "fastcut" else plain)
    method = preset_config("cut", "paper", "photos").method
    assert (method.nce_layers, method.patches) == ((0, 4, 8, 12, 16), 256)
    assert (method.temperature, method.blocks) == (0.07, 9)


def test_wrong_options_are_named():
    for layers in ((), (4, 0), (0, 0, 4), (-1, 4), (0, 21)):
        with pytest.raises(ValueError, match="`nce_layers`.* from 0 to 20"):
            CUTConfig(nce_layers=layers)
    with pytest.raises(ValueError, match="`nce_layers`.* from 0 to 15"):
        CUTConfig(blocks=6, antialias=False)
    with pytest.raises(ValueError, match="`temperature` must be above 0"):
        CUTConfig(temperature=0.0)
    assert CUTConfig(nce_layers=[0, 4]).nce_layers == (0, 4)
