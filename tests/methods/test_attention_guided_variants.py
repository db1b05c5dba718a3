"""Attention-guided translation: the ablations of Table 2, update orders."""

import numpy as np
import pytest
import tensorflow as tf
from tiny_methods import (
    attention_guided,
    batch,
    constant_map,
    second_stage,
    watch,
)

from tfmask.methods import preset_config


def phases(**options):
    """Phases of the first epoch and of epoch 30."""
    method = attention_guided(compiled=False, **options)
    return method.phase_at(0), method.phase_at(30)


def test_ours_is_the_papers_preset():
    config = preset_config("attention_guided", "paper", "anywhere").method
    assert config.cycle_weight == 10 and config.threshold == 0.1
    assert config.freeze_attention_epoch == 30
    assert config.masked_discriminator_epoch == 30
    assert config.discriminator_norm_off_when_masked
    assert (config.cycle_attention, config.masked_fake) == ("own", "generated")
    assert config.use_attention_a and config.use_attention_b


def test_ours_without_cycle_goes_there_only():
    method = attention_guided(cycle_weight=0.0)
    stubs = watch(
        method,
        "generator_a_to_b",
        "generator_b_to_a",
        "attention_a",
        "attention_b",
    )
    losses = method.compute_losses(batch(), ["generator"])["generator"]
    assert set(losses) == {"adversarial_a", "adversarial_b"}
    assert [len(stub.inputs) for stub in stubs] == [1, 1, 1, 1]


def test_without_adversarial_terms_no_discriminator_is_asked():
    method = attention_guided(adversarial_weight=0.0)
    judges = watch(method, "discriminator_a", "discriminator_b")
    losses = method.compute_losses(batch(), ["generator"])["generator"]
    assert set(losses) == {"cycle_a", "cycle_b"}
    assert [len(judge.inputs) for judge in judges] == [0, 0]


@pytest.mark.parametrize("missing", ["a", "b"])
def test_ours_with_one_attention_network(missing):
    """The other direction is CycleGAN's; the network left still acts."""
    other = "b" if missing == "a" else "a"
    method = second_stage(**{f"use_attention_{missing}": False})
    assert f"attention_{missing}" not in method.networks
    image = batch()["a"]["image"]
    for source, target in ("ab", "ba"):
        output = method.translate({"image": image}, f"{source}_to_{target}")
        alone = np.array_equal(output["image"], output["generated"])
        assert alone == (source == missing)
    np.testing.assert_array_equal(method.attend(image, missing), 1.0)

    finder = watch(method, f"attention_{other}")
    judge = watch(method, f"discriminator_{missing}")
    method.compute_losses(batch(), training=False)
    assert len(finder.inputs) == 2  # its own images and translations into it
    real = judge.inputs[-1][:2]  # masked by ones: everything
    np.testing.assert_array_equal(real, batch()[missing]["image"])
    method.train_step(batch())


def test_ours_without_masked_discriminators_freezes_only():
    assert phases(freeze_attention_epoch=30) == ((False, False), (True, False))
    method = attention_guided(freeze_attention_epoch=0)
    judge = watch(method, "discriminator_b")
    normalized = []
    network = judge.function
    judge.function = lambda image, normalize, training: (
        normalized.append(normalize) or network(image)
    )
    method.compute_losses(batch(), ["discriminator"])
    np.testing.assert_array_equal(judge.inputs[0][:2], batch()["b"]["image"])
    assert normalized == [True]


def test_ours_without_masks_and_freezing_never_changes():
    assert phases() == ((False, False), (False, False))


def test_the_attention_decoder_is_an_option():
    for decoder, kernels in (("paper", (3, 3, 7)), ("1x1", (1, 1, 1))):
        method = attention_guided(attention_decoder=decoder, compiled=False)
        assert method.attention_a.decoder_kernels == kernels


def test_a_given_mask_replaces_the_attention():
    method = attention_guided(compiled=False)
    image = batch()["a"]["image"]
    mask = np.zeros((2, 8, 8, 1), "float32")
    mask[:, 2:5] = 1.0
    finder = watch(method, "attention_a")
    output = method.translate({"image": image, "mask": tf.constant(mask)})
    assert not finder.inputs
    generated = method.generator_a_to_b(image)
    np.testing.assert_array_equal(
        output["image"], np.where(mask > 0, generated, image)
    )
    np.testing.assert_array_equal(output["mask"], mask)


def test_directions_use_the_networks_of_their_source():
    method = attention_guided(compiled=False)
    method.attention_a, method.attention_b = constant_map(1), constant_map(0)
    image = batch()["a"]["image"]
    np.testing.assert_array_equal(
        method.translate({"image": image}, "a_to_b")["image"],
        method.generator_a_to_b(image),
    )
    back = method.translate({"image": image}, "b_to_a")
    np.testing.assert_array_equal(back["image"], image)
    np.testing.assert_array_equal(
        back["generated"], method.generator_b_to_a(image)
    )


@pytest.mark.medium
def test_terms_of_the_masks_come_in_with_a_ramp():
    method = attention_guided(
        epoch_steps=4,
        indecision_weight=0.5,
        variation_weight=2.0,
        mask_terms_epoch=1.0,
    )
    images = batch()
    for step, share in ((4, 0.0), (5, 0.5), (6, 1.0), (9, 1.0)):
        method.step.assign(step)
        terms = method.compute_losses(images, ["generator"])["generator"]
        for domain in "ab":
            mask = method.attend(images[domain]["image"], domain).numpy()
            value, weight = terms[f"indecision_{domain}"]
            assert float(weight) == 0.5 * share
            expected = np.mean(mask * (1 - mask))
            assert float(value) == pytest.approx(expected, rel=1e-5)
            value, weight = terms[f"variation_{domain}"]
            assert float(weight) == 2.0 * share
            down = np.abs(np.diff(mask, axis=1)).sum((1, 2, 3))
            right = np.abs(np.diff(mask, axis=2)).sum((1, 2, 3))
            expected = np.mean(down + right) / mask[0].size
            assert float(value) == pytest.approx(expected, rel=1e-5)
    assert (
        "indecision_a"
        not in attention_guided().compute_losses(images, ["generator"])[
            "generator"
        ]
    )


@pytest.mark.medium
def test_discriminators_see_views_in_training_alone():
    plain = attention_guided()
    method = attention_guided(discriminator_views=("translation", "cutout"))
    for name, network in plain.networks.items():
        network.set_weights(method.networks[name].get_weights())
    images = batch()

    def losses(method, training):
        losses = method.compute_losses(images, training=training)
        return {
            name: float(term.value)
            for terms in losses.values()
            for name, term in terms.items()
        }

    assert losses(method, False) == losses(plain, False)
    changed, same = losses(method, True), losses(plain, True)
    for name, value in same.items():
        seen = name.startswith(("adversarial", "discriminator"))
        assert (changed[name] != value) == seen
