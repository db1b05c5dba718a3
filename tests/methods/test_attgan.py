"""AttGAN and STGAN: terms, weights, conditions, steps."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from precisions import policy
from tiny_attribute_methods import edit_batch, edit_method, give_weights

from tfmask.methods import method_spec, preset_config
from tfmask.ops.change import change_map

BOTH = pytest.mark.parametrize("name", ["attgan", "stgan"])


def entropy(logits, labels):
    chance = 1 / (1 + np.exp(-np.asarray(logits, float)))
    labels = np.asarray(labels)
    return -np.log(np.where(labels > 0, chance, 1 - chance)).mean()


@BOTH
def test_losses_are_the_papers(name):
    method = edit_method(name, compiled=False)
    batch = edit_batch(count=3)
    image, source = batch["a"]["image"], batch["a"]["attributes"]
    target = method.permuted(source)
    if name == "attgan":
        wanted, own = 2 * target - 1, 2 * source - 1
    else:
        wanted, own = target - source, 0 * source
    fake = method.generator(image, wanted)
    same = method.generator(image, own)
    (real_score,), real_logits, *_ = method.discriminator(image)
    (fake_score,), fake_logits, *_ = method.discriminator(fake)
    expected = {
        "critic": np.mean(fake_score) - np.mean(real_score),
        "classification_real": entropy(real_logits, source),
        "adversarial": -np.mean(fake_score),
        "classification_fake": entropy(fake_logits, target),
        "reconstruction": np.abs(same - image).mean(),
    }
    losses = method.compute_losses(batch, training=False)
    terms = {**losses["discriminator"], **losses["generator"]}
    penalty = float(terms.pop("penalty").value)
    assert {k: float(v.value) for k, v in terms.items()} == pytest.approx(
        expected, rel=1e-3
    )
    assert penalty > 0


@BOTH
@pytest.mark.usefixtures("zero_weights")
def test_weights_of_the_sheet(name):
    method = edit_method(name, compiled=False)
    terms = method.compute_losses(edit_batch())
    judged, generator = (
        {name: term.value for name, term in terms[player].items()}
        for player in ("discriminator", "generator")
    )
    np.testing.assert_allclose(
        method.total_loss(terms["discriminator"]),
        judged["critic"]
        + 10 * judged["penalty"]
        + judged["classification_real"],
        rtol=1e-5,
    )
    np.testing.assert_allclose(
        method.total_loss(terms["generator"]),
        generator["adversarial"]
        + 10 * generator["classification_fake"]
        + 100 * generator["reconstruction"],
        rtol=1e-5,
    )


@BOTH
@pytest.mark.parametrize("weight", ["reconstruction", "classification_fake"])
def test_terms_of_weight_zero_are_not_computed(name, weight):
    method = edit_method(name, compiled=False, **{f"{weight}_weight": 0.0})
    terms = method.compute_losses(edit_batch(), ["generator"])["generator"]
    assert weight not in terms and len(terms) == 2


@BOTH
def test_who_learns_when(name):
    method = edit_method(name, critic_steps=2)

    def moves():
        """Largest changes of one step: both players' and the statistics'."""
        groups = (
            method.generator.trainable_variables,
            method.discriminator.trainable_variables,
            method.generator.non_trainable_variables,
        )
        before = [[v.numpy() for v in group] for group in groups]
        method.train_step(edit_batch())
        return [
            max(
                np.abs(value - variable.numpy()).max()
                for value, variable in zip(values, group, strict=True)
            )
            for values, group in zip(before, groups, strict=True)
        ]

    generator, discriminator, statistics = moves()
    # The critic's step, too, runs the generator in training.
    assert generator == 0.0 and discriminator > 0.0 and statistics > 0.0
    assert min(moves()) > 0.0
    assert int(method.step.numpy()) == 2


@BOTH
@pytest.mark.slow
def test_reconstruction_falls_in_training(name):
    method = edit_method(
        name, compiled=False, critic_steps=1, penalty_weight=1.0
    )
    method.compile(lambda player: keras.optimizers.Adam(5e-3, beta_1=0.5))
    batch = edit_batch(count=4)
    first = method.compute_losses(batch)["generator"]["reconstruction"].value
    step = tf.function(method.train_step, autograph=False)
    for _ in range(40):
        step(batch)
    last = method.compute_losses(batch)["generator"]["reconstruction"].value
    assert float(last) < 0.75 * float(first)


def test_translation_is_the_generators_image_and_its_change():
    batch = edit_batch()["a"]
    target = 1.0 - batch["attributes"]
    inputs = {"image": batch["image"], "attributes": target}
    plain = edit_method("attgan", compiled=False)
    translation = plain.translate(inputs)
    expected = plain.generator(batch["image"], 2 * target - 1)
    np.testing.assert_array_equal(translation["image"], expected)
    np.testing.assert_array_equal(
        translation["mask"], change_map(batch["image"], expected)
    )


def test_stgan_is_told_the_change_from_what_the_image_has():
    batch = edit_batch(count=4)["a"]
    image, target = batch["image"], 1.0 - batch["attributes"]
    method = edit_method("stgan", compiled=False)
    inputs = {"image": image, "attributes": target}
    translation = method.translate(
        {**inputs, "source_attributes": 1.0 - target}
    )
    expected = method.generator(image, 2.0 * target - 1.0)
    np.testing.assert_array_equal(translation["image"], expected)
    # Without the caller's word it is what the discriminator sees.
    seen = np.asarray(method.discriminator(image).logits) > 0
    assert seen.any() and not seen.all()
    expected = method.generator(image, target - seen)
    np.testing.assert_allclose(
        method.translate(inputs)["image"], expected, atol=1e-6
    )
    inputs["attributes"] = tf.fill(target.shape, -1.0)
    unchanged = method.generator(image, tf.zeros_like(target))
    np.testing.assert_allclose(
        method.translate(inputs)["image"], unchanged, atol=1e-6
    )


@BOTH
def test_grids_switch_each_attribute(name):
    method = edit_method(name, compiled=False)
    shown = method.images_to_show(edit_batch())
    assert list(shown) == [
        "real",
        "switched_cap",
        "switched_stripe",
        "switched_base",
    ]
    batch = edit_batch()["a"]
    target = batch["attributes"].numpy()
    target[:, 1] = 1 - target[:, 1]
    expected = method.edit(batch["image"], batch["attributes"], target)
    np.testing.assert_allclose(shown["switched_stripe"], expected, atol=1e-6)


@BOTH
def test_a_bfloat16_step_is_finite_and_close(name):
    with policy("mixed_bfloat16"):
        half = edit_method(name)
    exact = edit_method(name)
    give_weights(half, exact)
    losses = half.compute_losses(edit_batch(count=4))
    expected = exact.compute_losses(edit_batch(count=4))
    for player, terms in losses.items():
        for term, (value, _) in terms.items():
            np.testing.assert_allclose(
                value, expected[player][term].value, rtol=0.1, atol=0.02
            )
    for _ in range(2):
        half.train_step(edit_batch())
    for network in half.networks.values():
        assert all(np.isfinite(v).all() for v in network.get_weights())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shortcut_layers": 2}, "`shortcut_layers` must be below the 2"),
        ({"inject_layers": 2}, "`inject_layers` must be below the 2"),
        ({"reconstruction_weight": -1.0}, "`reconstruction_weight`"),
        ({"batch_norm_momentum": 1.0}, "`batch_norm_momentum`"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        edit_method("attgan", **options)


@BOTH
@pytest.mark.parametrize("preset", ["paper", "quick"])
def test_presets_build_networks_of_the_sheet(name, preset):
    config = preset_config(name, preset, "faces")
    side = config.data.image_size
    method = method_spec(name).load_model()(
        dataclasses.replace(config.method, attributes=tuple("abcdefghijklm")),
        image_size=(side, side),
    )
    counts = {
        name: sum(int(np.prod(v.shape)) for v in network.trainable_variables)
        for name, network in method.networks.items()
    }
    if preset == "paper":
        generator = {"attgan": 43_459_203, "stgan": 74_998_771}[name]
        assert counts == {"generator": generator, "discriminator": 44_718_990}
    else:
        assert max(counts.values()) < 3_000_000


def test_kernels_of_units_are_odd():
    with pytest.raises(ValueError, match="`transfer_kernel` must be odd"):
        edit_method("stgan", transfer_kernel=2)
