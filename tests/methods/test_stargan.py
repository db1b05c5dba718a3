"""StarGAN: its terms by formula, who learns when, labels."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmask.methods import preset_config
from tfmask.methods.stargan.config import StarGANConfig
from tfmask.methods.stargan.method import StarGAN
from tfmask.networks import LabelGenerator
from tfmask.ops.attributes import switched
from tfmask.ops.errors import UserError

SIDE = 16
NAMES = ("cap", "stripe", "base")


def batch(seed=0, count=4):
    rng = np.random.default_rng(seed)
    image = rng.uniform(-1, 1, (count, SIDE, SIDE, 3)).astype("float32")
    attributes = rng.integers(0, 2, (count, 3)).astype("float32")
    return {
        "a": {
            "image": tf.constant(image),
            "attributes": tf.constant(attributes),
        }
    }


def stargan(rate=0.01, **options):
    options = {
        "attributes": NAMES,
        "filters": 4,
        "blocks": 1,
        "discriminator_filters": 4,
        "discriminator_layers": 3,
        **options,
    }
    keras.utils.set_random_seed(1)
    method = StarGAN(StarGANConfig(**options), image_size=(SIDE, SIDE))
    method.compile(lambda player: keras.optimizers.SGD(rate))
    return method


def weights(network):
    return [np.array(weight) for weight in network.get_weights()]


def same(network, before):
    return all(
        np.array_equal(one, other)
        for one, other in zip(network.get_weights(), before, strict=True)
    )


def test_generator_has_the_parameters_of_the_sheet():
    network = LabelGenerator(attributes=5)
    network.build((None, 128, 128, 3))
    assert network.count_params() == 8_430_528  # 8.43 M


def test_a_generator_without_normalisation_has_biases():
    network = LabelGenerator(
        attributes=2, filters=4, blocks=1, strided_layers=1,
        normalization="none",
    )  # fmt: skip
    network.build((None, 16, 16, 3))
    sizes = [(7 * 7 * 5, 4), (4 * 4 * 4, 8), *[(3 * 3 * 8, 8)] * 2]
    sizes += [(4 * 4 * 8, 4), (7 * 7 * 4, 3)]
    expected = sum((inputs + 1) * outputs for inputs, outputs in sizes)
    assert network.count_params() == expected
    output = network(tf.zeros((1, 12, 10, 3)), tf.ones((1, 2)))
    assert output.shape == (1, 12, 10, 3)


def test_labels_change_the_output_with_zero_padding():
    method, images = stargan(), batch()["a"]["image"]
    ones = method.generator(images, tf.ones((4, 3)))
    zeros = method.generator(images, tf.zeros((4, 3)))
    assert np.abs(ones - zeros).max() > 1e-3


def test_terms_are_the_papers_formulas():
    method, data = stargan(), batch()
    real, source = data["a"]["image"], data["a"]["attributes"].numpy()
    losses = method.compute_losses(data)
    target = method.permuted(data["a"]["attributes"])
    fake = method.generator(real, target)
    seen = [method.discriminator(images) for images in (real, fake)]
    real_scores, fake_scores = (judged.scores[0].numpy() for judged in seen)
    real_logits, fake_logits = (judged.logits.numpy() for judged in seen)

    def entropy(logits, labels):  # sum over attributes, mean over the batch
        chance = 1 / (1 + np.exp(-logits.astype(float)))
        value = -np.where(labels > 0, np.log(chance), np.log(1 - chance))
        return value.sum(1).mean()

    cycled = method.generator(fake, source).numpy()
    expected = {
        "discriminator": {
            "critic": fake_scores.mean() - real_scores.mean(),
            "classification_real": entropy(real_logits, source),
        },
        "generator": {
            "adversarial": -fake_scores.mean(),
            "classification_fake": entropy(fake_logits, target.numpy()),
            "cycle": np.abs(cycled - real.numpy()).mean(),
        },
    }
    for player, terms in expected.items():
        for name, value in terms.items():
            np.testing.assert_allclose(
                losses[player][name].value, value, rtol=1e-4, atol=1e-6
            )
    assert set(losses["discriminator"]) == {
        *expected["discriminator"],
        "penalty",
    }
    loss = method.total_loss(losses["generator"])
    terms = expected["generator"]
    total = terms["adversarial"] + terms["classification_fake"]
    np.testing.assert_allclose(loss, total + 10 * terms["cycle"], rtol=1e-4)


def test_targets_are_the_batchs_labels_in_another_order():
    method = stargan()
    rows = tf.range(32.0)[:, None]
    first = method.permuted(rows).numpy().ravel()
    assert sorted(first) == list(range(32)) != list(first)
    np.testing.assert_array_equal(first, method.permuted(rows).numpy().ravel())
    method.step.assign_add(1)
    assert (method.permuted(rows).numpy().ravel() != first).any()


def test_negative_targets_keep_what_the_discriminator_sees():
    method, images = stargan(), batch()["a"]["image"]
    seen = method.seen_in(images)
    logits = method.discriminator(images).logits
    np.testing.assert_array_equal(seen, logits.numpy() > 0)
    asked = np.tile([[1.0, -1.0, 0.0]], (4, 1))
    whole = np.stack([np.ones(4), seen[:, 1], np.zeros(4)], axis=1)
    translated, expected = (
        method.translate({"image": images, "attributes": target})["image"]
        for target in (asked, whole)
    )
    np.testing.assert_array_equal(translated, expected)
    source = 1.0 - whole
    translation = method.translate(
        {"image": images, "attributes": asked, "source_attributes": source}
    )
    whole[:, 1] = source[:, 1]
    expected = method.translate({"image": images, "attributes": whole})
    np.testing.assert_array_equal(translation["image"], expected["image"])
    assert set(translation) == {"image", "mask"}


@pytest.mark.medium
def test_the_generator_learns_at_every_fifth_step_only():
    method = stargan()
    step = tf.function(method.train_step, autograph=False)
    moves = []
    for number in range(10):
        generator = weights(method.generator)
        discriminator = weights(method.discriminator)
        step(batch(number))
        assert not same(method.discriminator, discriminator)
        moves.append(not same(method.generator, generator))
    assert moves == [False] * 4 + [True] + [False] * 4 + [True]
    assert int(method.step) == 10


def test_critic_steps_do_nothing_of_the_generators_losses():
    method = stargan()
    losses = method.compute_losses(batch(), ("discriminator",))
    assert set(losses) == {"discriminator"}


def test_translations_teach_the_discriminator_no_labels():
    method, data = stargan(), batch()
    with tf.GradientTape() as tape:
        losses = method.compute_losses(data, ("discriminator",))
        value = losses["discriminator"]["classification_real"].value
    alone = tape.gradient(value, method.discriminator.class_head.kernel)
    with tf.GradientTape() as tape:
        losses = method.compute_losses(data, ("discriminator",))
        value = method.total_loss(losses["discriminator"])
    whole = tape.gradient(value, method.discriminator.class_head.kernel)
    np.testing.assert_allclose(whole, alone, atol=1e-6)


def test_terms_of_weight_zero_are_not_computed():
    method = stargan(
        classification_weight=0.0, cycle_weight=0.0, penalty_weight=0.0
    )
    losses = method.compute_losses(batch())
    assert {player: set(terms) for player, terms in losses.items()} == {
        "discriminator": {"critic"},
        "generator": {"adversarial"},
    }


@pytest.mark.medium
def test_twenty_steps_lower_the_classification_of_real_images():
    method = stargan(rate=0.02)
    step = tf.function(method.train_step, autograph=False)
    first = method.compute_losses(batch())["discriminator"]
    for _ in range(20):
        step(batch())
    last = method.compute_losses(batch())["discriminator"]
    name = "classification_real"
    assert float(last[name].value) < 0.99 * float(first[name].value)


def test_translate_gives_image_and_normalised_change():
    method, data = stargan(), batch()["a"]
    translation = method.translate(data)
    assert translation["image"].shape == data["image"].shape
    assert translation["mask"].shape == (4, SIDE, SIDE, 1)
    np.testing.assert_allclose(translation["mask"].numpy().max((1, 2, 3)), 1.0)
    np.testing.assert_array_equal(
        translation["image"],
        method.generator(data["image"], data["attributes"]),
    )


def test_images_of_another_size_are_judged_at_the_size_of_training():
    method, image = stargan(), batch()["a"]["image"]
    large = tf.repeat(tf.repeat(image, 2, axis=1), 2, axis=2)[:, :, :28]
    small = tf.image.resize(large, (SIDE, SIDE), antialias=True)
    np.testing.assert_array_equal(
        method.seen_in(large), method.discriminator(small).logits > 0
    )
    keep = {"image": large, "attributes": tf.fill((4, 3), -1.0)}
    assert method.translate(keep)["image"].shape == (4, 32, 28, 3)


def test_paper_preset_has_the_steps_of_the_sheet():
    config = preset_config("stargan", "paper", "celeba")
    epochs = config.run.epochs, config.optimizer.constant_epochs
    assert [config.data.epoch_steps * e for e in epochs] == [200_000, 100_000]
    data = config.data
    assert (data.centre_crop, data.load_size, data.image_size) == (
        178,
        128,
        128,
    )


def test_grids_switch_one_attribute_at_a_time():
    method, data = stargan(), batch()
    shown = tf.function(method.images_to_show, autograph=False)(data)
    assert list(shown) == ["real", *(f"switched_{name}" for name in NAMES)]
    target = data["a"]["attributes"].numpy().copy()
    target[:, 1] = 1 - target[:, 1]
    expected = method.generator(data["a"]["image"], target)
    np.testing.assert_allclose(shown["switched_stripe"], expected, atol=1e-5)


def test_one_hair_colour_at_most():
    hair = [[1.0, 0.0, 1.0], [0.0, 0.0, 0.0]]
    # Two of them are hair colours: the third attribute stays.
    np.testing.assert_array_equal(
        switched(hair, 1, (0, 1)), [[0, 1, 1], [0, 1, 0]]
    )
    np.testing.assert_array_equal(
        switched(hair, 0, (0, 1)), [[0, 0, 1], [1, 0, 0]]
    )
    np.testing.assert_array_equal(switched(hair, 2), [[1, 0, 0], [0, 0, 1]])


def test_config_refuses_what_makes_no_sense():
    with pytest.raises(ValueError, match="exclusive.*cap.*hat"):
        StarGANConfig(attributes=NAMES, exclusive=("hat",))
    with pytest.raises(ValueError, match="critic_steps"):
        StarGANConfig(critic_steps=0)
    with pytest.raises(UserError, match="StarGAN needs data with attributes"):
        StarGAN(StarGANConfig(), image_size=(SIDE, SIDE))
