"""pix2pix, cGAN and GAN: the testable properties of their fact sheet."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from replicas import assert_equal_to_one_device
from tiny_methods import (
    RATE,
    Stub,
    batch,
    gradients,
    largest,
    moved,
    pix2pix,
    term_values,
    watch,
    weights_of,
)

from tfmask.methods import preset_config
from tfmask.networks import Judgement
from tfmask.ops.change import change_map
from tfmask.ops.errors import UserError

PARTS = {
    "pix2pix": {},
    "cgan": {"l1_weight": 0.0},
    "gan": {"l1_weight": 0.0, "conditional": False},
}
ALL = pytest.mark.parametrize("options", PARTS.values(), ids=PARTS)


def cross_entropy(logits, wanted):
    real = 1.0 / (1.0 + np.exp(-np.asarray(logits, np.float64)))
    return -np.log(real if wanted else 1.0 - real).mean()


def losses_of(method, **options):
    losses = method.compute_losses(batch(), **options)
    return term_values(losses)


@ALL
@pytest.mark.parametrize("direction", ["a_to_b", "b_to_a"])
def test_losses_are_the_papers(options, direction):
    method = pix2pix(compiled=False, direction=direction, **options)
    images = [batch()[domain]["image"].numpy() for domain in "ab"]
    image, real = images if direction == "a_to_b" else images[::-1]
    fake = method.generator(image).numpy()

    def judge(output):
        seen = [image, output] if method.config.conditional else [output]
        (scores,) = method.discriminator(np.concatenate(seen, axis=-1)).scores
        return scores

    expected = {
        "discriminator": 0.5
        * (cross_entropy(judge(real), 1) + cross_entropy(judge(fake), 0)),
        "adversarial": cross_entropy(judge(fake), 1),
    }
    if "l1_weight" not in options:
        expected["l1"] = np.abs(fake - real).mean()
    losses = losses_of(method, training=False)
    assert losses == pytest.approx(expected, rel=1e-4)


def test_least_squares():
    method = pix2pix(compiled=False, adversarial_loss="lsgan", l1_weight=0.0)
    method.discriminator = Stub(
        lambda image, parts=1: Judgement(
            [tf.fill((image.shape[0], 2, 2, 1), 0.5)]
        )
    )
    losses = losses_of(method, training=False)
    assert losses == {"discriminator": 0.25, "adversarial": 0.25}


def test_the_total_weighs_l1_by_100():
    method = pix2pix(compiled=False)
    terms = method.compute_losses(batch(), ["generator"])["generator"]
    expected = terms["adversarial"].value + 100 * terms["l1"].value
    np.testing.assert_allclose(method.total_loss(terms), expected, rtol=1e-6)


def test_a_perfect_generator_costs_no_l1():
    method = pix2pix(compiled=False)
    target = batch()["b"]["image"]
    method.generator = Stub(lambda image, training, seed: target)
    assert losses_of(method)["l1"] == 0.0


def test_logits_of_zero_cost_the_logarithm_of_two():
    method = pix2pix(compiled=False, l1_weight=0.0)
    last = method.discriminator.convolutions[-1]
    last.set_weights([0.0 * weight for weight in last.get_weights()])
    losses = losses_of(method)
    assert losses["discriminator"] == pytest.approx(0.693147, abs=1e-6)
    assert losses["adversarial"] == pytest.approx(0.693147, abs=1e-6)


def test_what_the_discriminator_sees():
    image, real = (batch()[domain]["image"].numpy() for domain in "ab")
    method = pix2pix(compiled=False)
    judge = watch(method, "discriminator")
    method.compute_losses(batch(), ["discriminator"], training=False)
    (seen,) = judge.inputs
    fake = method.translate(batch()["a"])["image"].numpy()
    np.testing.assert_array_equal(seen[:2], np.concatenate([image, real], -1))
    np.testing.assert_allclose(
        seen[2:], np.concatenate([image, fake], -1), atol=1e-6
    )
    halves = tf.concat([seen[..., 3:], seen[..., :3]], axis=-1)
    (swapped,) = method.discriminator.function(halves, parts=2).scores
    (judged,) = method.discriminator.function(seen, parts=2).scores
    assert np.abs(swapped - judged).max() > 1e-2
    method = pix2pix(compiled=False, **PARTS["gan"])
    judge = watch(method, "discriminator")
    method.compute_losses(batch(), ["discriminator"], training=False)
    np.testing.assert_array_equal(judge.inputs[0][:2], real)


@ALL
def test_the_discriminator_learns_first_and_judges_as_it_is_then(options):
    """SGD: both players moved by the rate times their own gradients."""
    method = pix2pix(**options)
    start = weights_of(method)
    generator = watch(method, "generator")
    judge = watch(method, "discriminator")
    method.train_step(batch())
    assert len(generator.inputs) == 1
    assert [len(seen) for seen in judge.inputs] == [4, 2]
    method.generator, method.discriminator = generator.function, judge.function
    after = weights_of(method)

    twin = pix2pix(**options)
    for name, values in start.items():
        twin.networks[name].set_weights(values)
    for player in ("discriminator", "generator"):
        with tf.GradientTape() as tape:
            terms = twin.compute_losses(batch(), [player])[player]
            value = twin.total_loss(terms)
        variables = twin.owned_variables(player)
        for variable, gradient in zip(
            variables, tape.gradient(value, variables), strict=True
        ):
            variable.assign_sub(RATE * gradient)
    expected = weights_of(twin)
    for name, values in expected.items():
        assert moved(twin, {name: start[name]}) == {name}
        for value, other in zip(values, after[name], strict=True):
            np.testing.assert_allclose(other, value, atol=1e-4, rtol=1e-4)


def test_players_have_no_say_in_each_others_weights():
    method = pix2pix()
    assert largest(gradients(method, "generator")) > 0
    assert largest(gradients(method, "discriminator", names=["generator"])) == 0
    before = weights_of(method)
    method.test_step(batch())
    assert not moved(method, before)


def test_dropout_follows_seed_and_step_and_is_off_in_translate():
    options = {"levels": 6, "side": 64, "compiled": False}
    method = pix2pix(**options)
    images = batch(side=64)

    def loss(training=True):
        losses = method.compute_losses(images, ["generator"], training)
        return float(losses["generator"]["l1"].value)

    first = loss()
    assert loss() == first
    method.step.assign(1)
    assert loss() != first
    method.step.assign(0)
    assert loss() == first
    plain = loss(training=False)
    assert plain != first
    translated = method.translate(images["a"])["image"]
    expected = np.abs(translated - images["b"]["image"]).mean()
    assert plain == pytest.approx(expected, rel=1e-5)
    method.seed = 1
    assert loss() != first


@pytest.mark.slow
@pytest.mark.parametrize("normalization", ["batch", "instance"])
def test_two_replicas_equal_one_device(two_replicas, normalization):
    """Batch statistics and dropout are those of the global batch.

    SGD and a low rate for the reasons in `test_base`.
    """

    def make():
        return pix2pix(
            side=64,
            levels=6,
            normalization=normalization,
            l1_weight=10.0,
            initializer_stddev=0.1,
            optimizer=lambda player: keras.optimizers.SGD(0.002),
        )

    batches = [batch(seed, side=64) for seed in range(2)]
    assert_equal_to_one_device(two_replicas, make, batches)


@pytest.mark.medium
def test_twenty_steps_lower_the_l1_term():
    method = pix2pix(
        filters=8, optimizer=lambda player: keras.optimizers.Adam(5e-3)
    )
    step = tf.function(method.train_step, autograph=False)
    step(batch())
    first = float(
        method.compute_losses(batch(), ["generator"])["generator"]["l1"].value
    )
    for _ in range(20):
        step(batch())
    terms = method.compute_losses(batch(), ["generator"])["generator"]
    assert float(terms["l1"].value) < 0.9 * first


def test_it_trains_in_plain_fit():
    method = pix2pix()
    before = weights_of(method)
    examples = tf.data.Dataset.from_tensor_slices(batch())
    history = method.fit(
        examples.batch(2, drop_remainder=True),
        epochs=2,
        verbose=0,
        shuffle=False,
    )
    assert moved(method, before) == {"generator", "discriminator"}
    assert int(method.step.numpy()) == 2
    assert {
        "generator/l1",
        "generator/adversarial",
        "discriminator/discriminator",
    } <= set(history.history)


@pytest.mark.parametrize("direction", ["a_to_b", "b_to_a"])
def test_there_is_one_direction(direction):
    method = pix2pix(compiled=False, direction=direction)
    assert tuple(method.directions) == (direction,)
    source, target = direction[0], direction[-1]
    shown = method.images_to_show(batch())
    assert list(shown) == [f"real_{source}", f"fake_{target}", f"real_{target}"]
    image = batch()[source]["image"]
    translation = method.translate({"image": image}, direction)
    np.testing.assert_array_equal(shown[f"fake_{target}"], translation["image"])
    np.testing.assert_array_equal(
        translation["mask"], change_map(image, translation["image"])
    )
    assert method.spec.mask_kind == "change"


def test_a_translation_does_not_depend_on_its_neighbours():
    method = pix2pix(compiled=False)
    image = batch()["a"]["image"]
    together = method.translate({"image": image})["image"]
    alone = method.translate({"image": image[:1]})["image"]
    np.testing.assert_allclose(together[:1], alone, atol=1e-5)


def test_sides_must_fit_the_levels():
    method = pix2pix(compiled=False, levels=3)
    assert method.multiple == 8
    with pytest.raises(UserError, match="multiple of 16"):
        pix2pix(compiled=False, levels=4)


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("preset", ["paper", "quick"])
def test_presets_are_the_rows_of_the_table(name, preset):
    config = preset_config(name, preset, "street")
    assert config.method_name == name and config.preset == preset
    method = config.method
    whole = preset_config("pix2pix", preset, "street").method
    assert whole.l1_weight == 100.0 and whole.conditional
    assert method.l1_weight == PARTS[name].get("l1_weight", 100.0)
    assert method.conditional == PARTS[name].get("conditional", True)
    assert config.data.image_size == 2**method.levels


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"levels": 1}, "`levels` must be 2 or more. Got: 1"),
        ({"dropout": 1.0}, "`dropout`"),
        ({"adversarial_weight": 0.0}, "`adversarial_weight` must be above 0"),
        ({"l1_weight": -1.0}, "`l1_weight`"),
    ],
)
def test_options_that_make_no_sense(options, text):
    with pytest.raises(ValueError, match=text):
        pix2pix(**options)


def test_unknown_normalisations_are_refused():
    with pytest.raises(UserError, match="Did you mean: batch"):
        pix2pix(compiled=False, normalization="bach")
