"""Attention-guided translation: section 10 of its fact sheet, in order."""

import numpy as np
import pytest
import tensorflow as tf
from tiny_methods import (
    Stub,
    attention_guided,
    batch,
    constant_map,
    cyclegan,
    gradients,
    largest,
    moved,
    second_stage,
    term_values,
    watch,
    weights_of,
)


def losses_of(method, images=None):
    """Every term as float, in one dict, without the pools."""
    losses = method.compute_losses(images or batch(), training=False)
    return term_values(losses)


def numpy(network, image, **arguments):
    return np.asarray(network(tf.constant(image), **arguments))


def by_the_paper(method, *, masked):
    """All terms from Eqs. (1) to (7), in NumPy."""
    images = {domain: batch()[domain]["image"].numpy() for domain in "ab"}
    maps, fakes, blends = {}, {}, {}
    for source, target in ("ab", "ba"):
        maps[source] = numpy(
            method.networks[f"attention_{source}"], images[source]
        )
        fakes[target] = numpy(
            method.networks[f"generator_{source}_to_{target}"], images[source]
        )
        blends[target] = (
            maps[source] * fakes[target] + (1 - maps[source]) * images[source]
        )
    terms = {}
    for source, target in ("ab", "ba"):
        again = numpy(method.networks[f"attention_{target}"], blends[target])
        back = numpy(
            method.networks[f"generator_{target}_to_{source}"], blends[target]
        )
        cycled = again * back + (1 - again) * blends[target]
        terms[f"cycle_{source}"] = np.abs(cycled - images[source]).mean()
        real, fake = images[target], blends[target]
        if masked:
            real = np.where(maps[target] > method.config.threshold, real, 0.0)
            fake = np.where(
                maps[source] > method.config.threshold, fakes[target], 0.0
            )
        judge = method.networks[f"discriminator_{target}"]
        real = judge(real, normalize=not masked).scores[0].numpy()
        fake = judge(fake, normalize=not masked).scores[0].numpy()
        terms[f"adversarial_{target}"] = ((fake - 1) ** 2).mean()
        terms[f"discriminator_{target}"] = 0.5 * (
            ((real - 1) ** 2).mean() + (fake**2).mean()
        )
    return terms


@pytest.mark.parametrize("masked", [False, True])
def test_losses_are_the_papers(masked):
    method = second_stage() if masked else attention_guided()
    if masked:  # otherwise the test would check little
        attended = method.attend(batch()["a"]["image"], "a") > 0.5
        assert 0.1 < np.mean(attended) < 0.9
    expected = by_the_paper(method, masked=masked)
    assert losses_of(method) == pytest.approx(expected, rel=1e-4)


def test_1_attention_of_one_is_cyclegan():
    method = attention_guided()
    method.attention_a = method.attention_b = constant_map(1.0)
    output = method.translate(batch()["a"])
    np.testing.assert_array_equal(
        output["image"], method.generator_a_to_b(batch()["a"]["image"])
    )
    other = cyclegan(identity_weight=0.0)
    for name in other.networks:
        setattr(other, name, getattr(method, name))
    assert losses_of(method) == pytest.approx(losses_of(other), rel=1e-6)


def test_1_attention_of_zero_is_the_identity():
    method = attention_guided()
    method.attention_a = method.attention_b = constant_map(0.0)
    output = method.translate(batch()["a"])
    np.testing.assert_array_equal(output["image"], batch()["a"]["image"])
    losses = losses_of(method)
    assert losses["cycle_a"] == losses["cycle_b"] == 0.0
    assert largest(gradients(method, "generator")) == 0.0


def test_2_every_pixel_lies_between_generated_and_input():
    image = batch()["b"]["image"].numpy()
    output = attention_guided().translate({"image": image}, "b_to_a")
    generated, composite = output["generated"].numpy(), output["image"].numpy()
    assert (composite >= np.minimum(generated, image) - 1e-6).all()
    assert (composite <= np.maximum(generated, image) + 1e-6).all()
    assert np.abs(composite - image).max() > 0.01


@pytest.mark.medium
def test_3_the_second_stage_leaves_the_attention_alone():
    method = attention_guided(
        freeze_attention_epoch=1, masked_discriminator_epoch=1
    )
    attention = {"attention_a", "attention_b"}
    before = weights_of(method)
    method.train_step(batch())
    assert moved(method, before) == set(before)

    method.phase = method.phase_at(1)
    before = weights_of(method)
    method.train_step(batch(seed=1))
    assert moved(method, before) == set(before) - attention
    moving = {id(v) for v in method.owned_variables("generator", method.frozen)}
    for name in attention:
        network = method.networks[name]
        assert not moving & {id(v) for v in network.trainable_variables}


def test_4_gradients_pass_through_the_frozen_map():
    method = second_stage()
    through = gradients(method, "generator", "cycle_a", ["generator_a_to_b"])
    network = method.attention_b
    method.attention_b = Stub(lambda image: tf.stop_gradient(network(image)))
    around = gradients(method, "generator", "cycle_a", ["generator_a_to_b"])
    differences = [a - b for a, b in zip(through, around, strict=True)]
    assert largest(differences) > 0.01 * largest(through) > 0.0


def test_5_first_stage_discriminators_see_whole_images():
    method = attention_guided()
    judge = watch(method, "discriminator_b")
    method.compute_losses(batch(), ["discriminator"])
    real, fake = tf.split(judge.inputs[0], 2)
    np.testing.assert_array_equal(real, batch()["b"]["image"])
    np.testing.assert_array_equal(fake, method.translate(batch()["a"])["image"])


@pytest.mark.parametrize("masked_fake", ["generated", "composite"])
def test_5_second_stage_discriminators_see_the_foreground(masked_fake):
    method = second_stage(masked_fake=masked_fake)
    judge = watch(method, "discriminator_b")
    method.compute_losses(batch(), ["discriminator"])
    real, fake = (part.numpy() for part in tf.split(judge.inputs[0], 2))
    there = method.translate(batch()["a"])
    source = method.attend(batch()["b"]["image"], "b").numpy()
    shown = there["generated" if masked_fake == "generated" else "image"]
    for seen, image, attention in (
        (real, batch()["b"]["image"], source),
        (fake, shown, there["mask"].numpy()),
    ):
        attended = np.broadcast_to(attention > 0.5, seen.shape)
        np.testing.assert_array_equal(seen[~attended], 0.0)
        np.testing.assert_allclose(
            seen[attended], image.numpy()[attended], atol=1e-6
        )


@pytest.mark.parametrize(("inclusive", "middle"), [(False, 0.0), (True, 1.0)])
def test_5_the_threshold_itself(inclusive, middle):
    method = second_stage(threshold=0.25, threshold_inclusive=inclusive)
    image = tf.ones((1, 1, 3, 3))
    attention = tf.reshape([0.2, 0.25, 0.3], (1, 1, 3, 1))
    np.testing.assert_array_equal(
        method.foreground(image, attention)[0, 0, :, 0], [0.0, middle, 1.0]
    )


@pytest.mark.medium
def test_5_the_background_of_real_images_does_not_matter():
    half = np.zeros((2, 8, 8, 1), "float32")
    half[:, :4] = 1.0
    method = second_stage()
    method.attention_a = Stub(lambda image: tf.constant(half))
    changed = batch()
    changed["a"] = {"image": changed["a"]["image"] * (2 * half - 1)}
    name = "discriminator_a"
    assert losses_of(method)[name] == losses_of(method, changed)[name]
    changed["a"] = {"image": -changed["a"]["image"]}
    assert losses_of(method)[name] != losses_of(method, changed)[name]


def test_5_no_gradient_passes_the_binary_mask():
    method = second_stage(freeze_attention_epoch=None, cycle_weight=0.0)
    attention = ["attention_a", "attention_b"]
    assert largest(gradients(method, "generator", names=attention)) == 0.0
    assert largest(gradients(method, "generator")) > 0.0


@pytest.mark.medium
def test_6_the_norms_of_masked_discriminators_are_off():
    method = second_stage()
    before = losses_of(method)
    for norm in method.discriminator_a.norms + method.discriminator_b.norms:
        norm.set_weights([2.0 + weight for weight in norm.get_weights()])
    assert losses_of(method) == before
    method.phase = (False, False)
    assert losses_of(method) != before
    # A step must not move the bypassed scales, nor fail for them.
    method.phase = (True, True)
    norms = method.discriminator_a.norms
    scales = [norm.get_weights() for norm in norms]
    method.train_step(batch())
    np.testing.assert_array_equal(
        [w for norm in norms for w in norm.get_weights()[0]],
        [w for pair in scales for w in pair[0]],
    )


def test_6_the_norms_can_stay_on():
    method = second_stage(discriminator_norm_off_when_masked=False)
    before = losses_of(method)
    for norm in method.discriminator_b.norms:
        norm.set_weights([2.0 + weight for weight in norm.get_weights()])
    assert losses_of(method) != before


def test_7_stages_switch_at_epoch_30_also_after_a_resume():
    method = attention_guided(
        epoch_steps=10,
        freeze_attention_epoch=30,
        masked_discriminator_epoch=30,
    )
    first, second = (False, False), (True, True)
    assert [method.phase_at(step) for step in (0, 299, 300, 999)] == [
        first,
        first,
        second,
        second,
    ]
    assert method.phase == first
    method.step.assign(300)
    assert method.phase_at(int(method.step.numpy())) == second


def test_7_epochs_may_be_fractions_and_differ():
    method = attention_guided(
        epoch_steps=8,
        freeze_attention_epoch=0.5,
        masked_discriminator_epoch=1,
    )
    phases = [method.phase_at(step) for step in (3, 4, 7, 8)]
    assert phases == [
        (False, False),
        (True, False),
        (True, False),
        (True, True),
    ]


def test_9_images_and_masks_of_the_pool_belong_together():
    """An old translation is masked with its own map, in its stage."""
    method = second_stage(pool_size=1)
    method.compute_losses(batch(seed=5, count=1), ["discriminator"])
    old = tf.split(method.pool_b.images, (3, 3, 1), axis=-1)
    there = method.translate(batch(seed=5, count=1)["a"])
    for part, name in zip(old, ("image", "generated", "mask"), strict=True):
        np.testing.assert_allclose(part, there[name], atol=1e-6)

    judge = watch(method, "discriminator_b")
    expected = np.where(old[2] > 0.5, old[1], 0.0)
    for step in range(20):  # until the pool gives the old one back
        method.step.assign(step)
        method.compute_losses(batch(seed=6, count=1), ["discriminator"])
        if np.allclose(judge.inputs[-1][1:], expected, atol=1e-6):
            break
    else:
        pytest.fail("the old entry was never shown")


def test_11_reused_attention_is_the_sources():
    method = attention_guided(cycle_attention="reuse")
    finders = watch(method, "attention_a", "attention_b")
    expected = losses_of(method)["cycle_a"]
    assert [len(finder.inputs) for finder in finders] == [1, 1]
    image = batch()["a"]["image"]
    attention = method.attention_a.function(image)
    there = method.translate({"image": image})["image"]
    back = method.generator_b_to_a(there)
    cycled = attention * back + (1 - attention) * there
    assert expected == pytest.approx(np.abs(cycled - image).mean(), rel=1e-5)


def test_11_own_attention_looks_again():
    method = attention_guided()
    finders = watch(method, "attention_a", "attention_b")
    losses_of(method)
    assert [len(finder.inputs) for finder in finders] == [2, 2]
    there = method.translate(batch()["a"])["image"]
    np.testing.assert_allclose(finders[1].inputs[1], there, atol=1e-6)


@pytest.mark.medium
def test_12_joint_gradients_equal_one_directions_alone():
    """The code updates its directions in turn, each by its own total."""
    method = attention_guided()
    names = ["generator_a_to_b", "attention_a"]
    alone = zip(
        *(
            gradients(method, "generator", term, names)
            for term in ("adversarial_b", "cycle_a", "cycle_b")
        ),
        strict=True,
    )
    joint = gradients(method, "generator", names=names)
    for total, (adversarial, *cycles) in zip(joint, alone, strict=True):
        expected = adversarial + 10 * (cycles[0] + cycles[1])
        np.testing.assert_allclose(total, expected, atol=1e-5)
    others = gradients(method, "generator", "adversarial_a", names)
    assert all(gradient is None for gradient in others)
