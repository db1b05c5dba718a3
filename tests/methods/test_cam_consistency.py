"""The add-on: equal to its host without weights, gradients, arms, schedule."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from tiny_attribute_methods import (
    ATTRIBUTES,
    HOSTS,
    edit_batch,
    edit_method,
    give_weights,
)
from tiny_methods import largest, moved, weights_of

from tfmask.methods import preset_config
from tfmask.methods.attributes import Edit
from tfmask.methods.cam_stargan.config import CamStarGANConfig
from tfmask.methods.cam_stargan.method import CamStarGAN

NOW = {"cam_start_epoch": 0, "cam_full_epoch": 0}
OFF = {"cam_generator_weight": 0.0, "cam_discriminator_weight": 0.0}


@pytest.fixture
def edit():
    """Three examples; the last one changes nothing."""
    batch = edit_batch(count=3)["a"]
    source = np.array([[1, 0, 0], [0, 1, 1], [1, 0, 1]], "float32")
    target = np.array([[0, 0, 1], [0, 1, 0], [1, 0, 1]], "float32")
    rng = np.random.default_rng(1)
    output = rng.uniform(-1, 1, batch["image"].shape).astype("float32")
    return Edit(batch["image"], source, target, tf.constant(output))


def trained(name, steps, **options):
    """A method after some steps from the weights that all hosts share."""
    method = edit_method(name, critic_steps=2, **options)
    keras.utils.set_random_seed(1)
    initial = edit_method(name.removeprefix("cam_"), compiled=False)
    give_weights(initial, method)
    logs = {}
    for number in range(steps):
        method.phase = method.phase_at(number)
        logs = method.train_step(edit_batch(seed=number))
    return method, logs


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTS)
def test_without_weights_it_is_the_host_bit_for_bit(name):
    host, expected = trained(name, 2)
    add_on, logs = trained(f"cam_{name}", 2, **NOW, **OFF)
    # Before its start it is, too, whatever the weights.
    early, early_logs = trained(
        f"cam_{name}", 2, cam_start_epoch=100, cam_full_epoch=100
    )
    for method in (add_on, early):
        after = weights_of(method)
        for network, values in weights_of(host).items():
            for value, other in zip(values, after[network], strict=True):
                np.testing.assert_array_equal(other, value)
    assert all(np.isfinite(float(value)) for value in expected.values())
    assert {k: float(v) for k, v in logs.items()} == {
        k: float(v) for k, v in expected.items()
    }
    assert {k: float(v) for k, v in early_logs.items() if "cam_" not in k} == {
        k: float(v) for k, v in expected.items()
    }


@pytest.mark.parametrize("name", HOSTS)
def test_host_terms_and_penalty_stay_beside_its_own(name):
    host, add_on = edit_method(name), edit_method(f"cam_{name}", **NOW)
    give_weights(host, add_on)
    expected = host.compute_losses(edit_batch(), training=False)
    losses = add_on.compute_losses(edit_batch(), training=False)
    for player, terms in expected.items():
        for term, (value, _) in terms.items():
            np.testing.assert_array_equal(losses[player][term].value, value)
        assert set(losses[player]) - set(terms) == {
            f"cam_{player}",
            "cam_coverage",
            "cam_empty",
        }


@pytest.mark.parametrize("name", HOSTS)
def test_value_and_players_of_the_loss(name, edit):
    method = edit_method(f"cam_{name}", **NOW)
    mask, _ = method.attended(edit, "both")
    assert mask.shape == (3, 16, 16, 1)
    assert np.min(mask) >= 0.0 and np.max(mask) <= 1.0
    np.testing.assert_array_equal(mask[2], np.zeros((16, 16, 1)))
    expected = np.mean((1 - mask) * np.abs(edit.image - edit.output))
    output = tf.Variable(edit.output)
    with tf.GradientTape(persistent=True) as tape:
        terms = {
            player: method.player_terms(
                player, edit._replace(output=output), False
            )
            for player in method.players
        }
        generator_loss = terms["generator"]["cam_generator"].value
        judged = terms["discriminator"]["cam_discriminator"].value
    np.testing.assert_allclose(generator_loss, expected, rtol=1e-4)
    np.testing.assert_allclose(judged, expected, rtol=1e-4)
    # G side: the mask is constant, and D gets nothing.
    sign = np.sign(edit.output - edit.image)
    np.testing.assert_allclose(
        tape.gradient(generator_loss, output),
        (1 - mask) * sign / np.size(sign),
        atol=1e-7,
    )
    variables = method.discriminator.trainable_variables
    assert largest(tape.gradient(generator_loss, variables)) == 0.0
    # D side: the trunk and the class head learn, the score head does not.
    assert largest(tape.gradient(judged, variables)) > 0.0
    heads = [
        variable
        for variable in variables
        if variable.shape[-1] == 3  # one column an attribute
    ]
    assert largest(tape.gradient(judged, heads)) > 0.0


def test_an_example_that_changes_nothing_teaches_d_nothing(edit):
    method = edit_method("cam_stargan", **NOW)
    same = edit._replace(target=edit.source)
    with tf.GradientTape() as tape:
        terms = method.player_terms("discriminator", same, False)
        value = terms["cam_discriminator"].value
    np.testing.assert_allclose(
        value, np.abs(edit.image - edit.output).mean(), rtol=1e-5
    )
    variables = method.discriminator.trainable_variables
    assert largest(tape.gradient(value, variables)) == 0.0


def test_both_images_make_the_mask(edit):
    masks = {}
    method = edit_method("cam_stargan", **NOW)
    for source in ("both", "fake", "real"):
        other = edit_method("cam_stargan", cam_source=source, **NOW)
        give_weights(method, other)
        masks[source], _ = other.attended(edit, source)
    np.testing.assert_allclose(
        masks["both"],
        np.maximum(masks["fake"], masks["real"]),
        atol=1e-5,
    )
    assert np.abs(masks["fake"] - masks["real"]).max() > 0.1


def test_the_layer_changes_the_mask(edit):
    method, other = (
        edit_method("cam_stargan", cam_layer=layer, **NOW) for layer in (2, 3)
    )
    give_weights(method, other)
    masks = [m.attended(edit, "both")[0] for m in (method, other)]
    assert np.abs(masks[0] - masks[1]).max() > 1e-3


def test_the_four_arms():
    terms = {
        arm: {
            player: set(names)
            - {
                "critic",
                "penalty",
                "adversarial",
                "cycle",
                "classification_real",
                "classification_fake",
            }
            for player, names in edit_method("cam_stargan", **NOW, **options)
            .compute_losses(edit_batch())
            .items()
        }
        for arm, options in {
            "host": OFF,
            "plain": {"cam_source": "none"},
            "one side": {"cam_discriminator_weight": 0.0},
            "full": {},
        }.items()
    }
    extra_terms = {"cam_generator", "cam_coverage", "cam_empty"}
    judged = {"cam_discriminator", "cam_coverage", "cam_empty"}
    assert terms == {
        "host": {"discriminator": set(), "generator": set()},
        "plain": {"discriminator": set(), "generator": extra_terms},
        "one side": {"discriminator": set(), "generator": extra_terms},
        "full": {"discriminator": judged, "generator": extra_terms},
    }


def test_plain_l1_is_a_mask_of_zeros(edit):
    method = edit_method("cam_stargan", cam_source="none", **NOW)
    terms = method.player_terms("generator", edit, False)
    np.testing.assert_allclose(
        terms["cam_generator"].value,
        np.abs(edit.image - edit.output).mean(),
        rtol=1e-5,
    )
    assert not np.any(terms["cam_coverage"].value)


def test_schedule_of_the_weights():
    method = edit_method(
        "cam_stargan",
        compiled=False,
        cam_start_epoch=10_000,
        cam_full_epoch=20_000,
        cam_generator_weight=10.0,
        cam_discriminator_weight=2.0,
    )
    weights = []
    for step in (0, 9_999, 10_000, 15_000, 20_000, 30_000):
        method.step.assign(step)
        method.phase = method.phase_at(step)
        losses = method.compute_losses(edit_batch(), training=False)
        weights.append(
            [
                losses[player][f"cam_{player}"].weight
                for player in ("generator", "discriminator")
            ]
        )
    assert weights == [
        [None, None],
        [None, None],
        [0, 0],
        [5, 1],
        [10, 2],
        [10, 2],
    ]
    assert method.phase_at(9_999) == ()
    assert method.phase_at(10_000) == ("cam_discriminator", "cam_generator")
    terms = losses["generator"]
    monitors = {"cam_coverage", "cam_empty"}
    learnt = {k: v for k, v in terms.items() if k not in monitors}
    assert all(terms[name].weight is None for name in monitors)
    assert float(method.total_loss(terms)) == float(method.total_loss(learnt))


def test_the_map_is_16_wide_where_that_can_be():
    config = CamStarGANConfig(
        attributes=("a", "b"),
        filters=2,
        blocks=0,
        discriminator_filters=1,
        discriminator_layers=5,
    )
    method = CamStarGAN(config, image_size=(64, 64))
    judge = method.discriminator
    images = tf.zeros((1, 64, 64, 3))
    assert judge.features(images, last=method.cam_layer).shape[1] == 16


@pytest.mark.parametrize(
    "name",
    [HOSTS[0], *(pytest.param(h, marks=pytest.mark.slow) for h in HOSTS[1:])],
)
def test_a_traced_step_of_each_host_trains_both_players(name):
    method = edit_method(f"cam_{name}", critic_steps=1, **NOW)
    before = weights_of(method)
    logs = tf.function(method.train_step, autograph=False)(edit_batch(count=6))
    assert all(np.isfinite(float(value)) for value in logs.values())
    assert float(logs["discriminator/cam_coverage"]) > 0.0
    assert moved(method, before) == {"generator", "discriminator"}


@pytest.mark.parametrize("name", HOSTS)
def test_translate_gives_the_hosts_image_and_the_mask(name):
    host, add_on = edit_method(name), edit_method(f"cam_{name}")
    give_weights(host, add_on)
    domain = edit_batch(count=3)["a"]
    image, source = domain["image"], domain["attributes"]
    target = np.array(source)
    target[:2, 1] = 1.0 - target[:2, 1]  # the third one changes nothing
    inputs = {
        "image": image,
        "attributes": target,
        "source_attributes": source,
    }
    translation = add_on.translate(inputs)
    np.testing.assert_array_equal(
        translation["image"], host.translate(inputs)["image"]
    )
    edit = Edit(image, source, tf.constant(target), translation["image"])
    np.testing.assert_allclose(
        translation["mask"], add_on.attended(edit, "both")[0], atol=1e-4
    )
    np.testing.assert_array_equal(translation["mask"][2], np.zeros((16, 16, 1)))
    assert np.max(translation["mask"][:2]) > 0.5
    shown = add_on.images_to_show({"a": domain})
    assert [name for name in shown if name.startswith("mask_")] == [
        f"mask_{name}" for name in ATTRIBUTES
    ]


def test_images_of_any_size_get_a_mask():
    """As exports trace it: the plain L1 arm has a mask to show, too."""
    method = edit_method("cam_stargan", cam_source="none")

    @tf.function(
        autograph=False,
        input_signature=[
            tf.TensorSpec([None, None, None, 3]),
            tf.TensorSpec([None, 3]),
        ],
    )
    def translate(image, attributes):
        return method.translate({"image": image, "attributes": attributes})

    image = edit_batch(side=24)["a"]["image"][:, :20]
    target = 1.0 - method.seen_in(image)
    translation = translate(image, target)
    assert translation["mask"].shape == (2, 20, 24, 1)
    assert 0.0 <= np.min(translation["mask"]) < 0.1
    assert 0.5 < np.max(translation["mask"]) <= 1.0
    keep = translate(image, tf.fill((2, 3), -1.0))
    assert not np.any(keep["mask"])


def test_presets_are_the_hosts_with_the_sheets_ramp():
    for name in HOSTS:
        for preset in ("paper", "quick"):
            host = preset_config(name, preset, "faces")
            config = preset_config(f"cam_{name}", preset, "faces")
            assert (config.data, config.optimizer, config.run) == (
                host.data,
                host.optimizer,
                host.run,
            )
            ours = dataclasses.asdict(config.method)
            assert dataclasses.asdict(host.method).items() <= ours.items()
    config = preset_config("cam_stargan", "paper", "faces")
    epochs = config.method.cam_start_epoch, config.method.cam_full_epoch
    assert [config.data.epoch_steps * e for e in epochs] == [10_000, 20_000]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cam_generator_weight": -1.0}, "`cam_generator_weight`"),
        ({"cam_layer": 0}, "`cam_layer` must be above 0"),
        ({"cam_layer": 4}, "`cam_layer` must be at most 3"),
        ({"cam_full_epoch": 0.5}, "`cam_full_epoch`.*cam_start_epoch"),
        ({"filters": 0}, "`filters`"),  # the host's own checks
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        edit_method("cam_stargan", **options)
