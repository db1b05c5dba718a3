"""U-GAT-IT's losses from the formulas, in NumPy."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmask.methods import preset_config
from tfmask.methods.ugatit.config import UGATITConfig
from tfmask.methods.ugatit.method import UGATIT

RNG = np.random.default_rng(0)
IMAGES = {
    domain: RNG.uniform(-1, 1, (2, 16, 16, 3)).astype("float32")
    for domain in "ab"
}
BATCH = {d: {"image": tf.constant(image)} for d, image in IMAGES.items()}


def ugatit(**options):
    config = UGATITConfig(
        **{
            "filters": 4,
            "blocks": 1,
            "light": True,
            "discriminator_filters": 4,
            "global_layers": 2,
            "local_layers": 1,
            "initializer_stddev": 0.2,
            **options,
        }
    )
    keras.utils.set_random_seed(0)
    return UGATIT(config, image_size=(16, 16))


def cross_entropy(logits, truth):
    chance = 1 / (1 + np.exp(-np.asarray(logits, "float64")))
    return -np.log(chance if truth else 1 - chance).mean()


def square(values, truth):
    return ((np.asarray(values, "float64") - truth) ** 2).mean()


@pytest.mark.medium
def test_losses_are_the_official_sums():
    method = ugatit()
    expected = {"generator": {}, "discriminator": {}}
    for source, target in ("ab", "ba"):
        there = method.networks[f"generator_{source}_to_{target}"]
        back = method.networks[f"generator_{target}_to_{source}"]
        fake, of_source, _ = there.parts(IMAGES[source])
        same, of_target, _ = there.parts(IMAGES[target])
        terms = {
            f"cycle_{source}": (
                np.abs(back(fake) - IMAGES[source]).mean(),
                10.0,
            ),
            f"identity_{target}": (
                np.abs(same - IMAGES[target]).mean(),
                10.0,
            ),
            f"cam_{source}_to_{target}": (
                cross_entropy(of_source, 1) + cross_entropy(of_target, 0),
                1000.0,
            ),
        }
        for kind in ("global", "local"):
            judge = method.networks[f"{kind}_discriminator_{target}"]
            real, judged_fake = judge(IMAGES[target]), judge(fake)
            for name, of_real, of_fake in (
                ("adversarial", real.scores[0], judged_fake.scores[0]),
                ("activation", real.logits, judged_fake.logits),
            ):
                name = f"{name}_{kind}_{target}"
                terms[name] = (square(of_fake, 1), 1.0)
                expected["discriminator"][name] = (
                    square(of_real, 1) + square(of_fake, 0),
                    1.0,
                )
        expected["generator"] |= terms
    losses = method.compute_losses(BATCH, training=False)
    for player, terms in expected.items():
        assert set(losses[player]) == set(terms)
        for name, (value, weight) in terms.items():
            term = losses[player][name]
            weighted = float(term.value) * term.weight
            assert weighted == pytest.approx(value * weight, rel=1e-4), name


def test_without_weight_there_is_no_term():
    method = ugatit(cam_weight=0.0, identity_weight=0.0)
    names = set(method.compute_losses(BATCH, ("generator",))["generator"])
    assert not {n for n in names if n.startswith(("cam", "identity"))}


@pytest.mark.medium
def test_mixtures_stay_between_0_and_1():
    method = ugatit()
    method.compile(lambda settings: keras.optimizers.SGD(0.0))
    mixtures = method.generator_a_to_b.mixtures
    assert len(mixtures) == 4  # of two AdaLIN and two LIN
    values = [float(v) for v in (-2.0, 0.25, 0.75, 3.0)]
    for variable, value in zip(mixtures, values, strict=True):
        variable.assign(np.full(variable.shape, value))
    kernel = method.generator_a_to_b.last.kernel
    kernel.assign(5.0 * np.ones(kernel.shape))
    method.learn(("generator",), lambda p: method.compute_losses(BATCH, p))
    shares = [float(np.mean(variable)) for variable in mixtures]
    assert shares == [0.0, 0.25, 0.75, 1.0]
    np.testing.assert_array_equal(kernel, 5.0)


def test_the_mask_is_the_heat_map_of_each_image():
    method = ugatit()
    output = method.translate({"image": BATCH["b"]["image"]}, "b_to_a")
    image, _, heat = method.generator_b_to_a.parts(IMAGES["b"])
    np.testing.assert_array_equal(output["image"], image)
    heat = heat.numpy()
    low, high = (f((1, 2, 3), keepdims=True) for f in (heat.min, heat.max))
    expected = tf.image.resize((heat - low) / (high - low), (16, 16))
    np.testing.assert_allclose(output["mask"], expected, atol=1e-5)
    assert output["mask"].shape == (2, 16, 16, 1)
    assert np.ptp(output["mask"][0]) > 0.5


def test_the_presets_are_the_official_scripts():
    config = preset_config("ugatit", "paper", "photos")
    assert (config.run.batch_size, config.optimizer.learning_rate) == (1, 1e-4)
    assert config.optimizer.l2 == 1e-4
    steps = config.run.epochs * config.data.epoch_steps
    assert steps == 1_000_000
    assert config.optimizer.constant_epochs == config.run.epochs / 2
    method = dataclasses.asdict(config.method)
    weights = {n: w for n, w in method.items() if n.endswith("weight")}
    assert weights == {
        "adversarial_weight": 1.0,
        "cycle_weight": 10.0,
        "identity_weight": 10.0,
        "cam_weight": 1000.0,
    }
    assert not method["light"] and method["blocks"] == 4


def test_wrong_options_are_named():
    with pytest.raises(ValueError, match="`local_layers` must be above 0"):
        UGATITConfig(local_layers=0)
    with pytest.raises(ValueError, match="`cam_weight` must be 0 or more"):
        UGATITConfig(cam_weight=-1.0)
