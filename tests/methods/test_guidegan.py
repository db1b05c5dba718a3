"""GuideGAN on unpaired images: losses, memory, who learns from whom."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from tiny_methods import (
    batch,
    cyclegan,
    gradients,
    guidegan,
    largest,
    moved,
    term_values,
    watch,
    weights_of,
)

from tfmask.methods import preset_config

COMBINATIONS = pytest.mark.parametrize(
    ("attention", "transfer"),
    [
        ("post_hoc", "multiply"),
        ("post_hoc", "rgba"),
        ("ram", "multiply"),
        ("ram", "rgba"),
    ],
)


def still(seed=0, **others):
    """A batch that is neither cropped nor mirrored."""
    images = batch(seed, side=16, **others)
    for domain in ("a", "b"):
        images[domain]["window"] *= 0
    return images


def make(**options):
    return guidegan(side=16, compiled=False, **options)


def resized(maps):
    return tf.image.resize(maps, (16, 16), "bilinear").numpy()


@COMBINATIONS
def test_losses_of_a_second_visit_are_the_papers(attention, transfer):
    method = make(attention=attention, transfer=transfer)
    images = still()
    method.compute_losses(images)
    expected = {}
    for source, target in ("ab", "ba"):
        there = method.networks[f"generator_{source}_to_{target}"]
        back = method.networks[f"generator_{target}_to_{source}"]
        judge = method.networks[f"discriminator_{target}"]
        image = images[source]["image"]
        first = there(image, np.ones((2, 16, 16, 1), "float32"))
        fake = there(image, resized(judge(first).attention))
        judged = judge(fake)
        scores, seen = judged.scores[0], judged.attention
        cycled = back(fake, resized(seen)).numpy()
        real = judge(images[target]["image"]).scores[0].numpy()
        expected[f"adversarial_{target}"] = ((scores.numpy() - 1) ** 2).mean()
        expected[f"cycle_{source}"] = np.abs(cycled - image).mean()
        expected[f"discriminator_{target}"] = 0.5 * (
            ((real - 1) ** 2).mean() + (scores.numpy() ** 2).mean()
        )
    losses = term_values(method.compute_losses(images))
    assert losses == pytest.approx(expected, rel=1e-3)


def test_both_weights_are_ten():
    method = make()
    terms = method.compute_losses(still(), ["generator"])["generator"]
    assert len(terms) == 4
    expected = 10 * sum(float(term.value) for term in terms.values())
    assert float(method.total_loss(terms)) == pytest.approx(expected, rel=1e-6)


def test_the_first_visit_sees_no_attention():
    """The generators are then CycleGAN's: instance norm removes constants."""
    method, plain = make(), cyclegan(side=16, compiled=False)
    for direction in ("a_to_b", "b_to_a"):
        name = f"generator_{direction}"
        plain.networks[name].set_weights(method.networks[name].get_weights())
    for domain in "ab":
        judge = method.networks[f"discriminator_{domain}"]
        plain.networks[f"discriminator_{domain}"].set_weights(
            judge.get_weights()
        )
    expected = term_values(plain.compute_losses(still(), training=False))
    losses = term_values(method.compute_losses(still()))
    for domain in "ab":
        name = f"adversarial_{domain}"
        assert losses[name] == pytest.approx(expected[name], abs=1e-3)


def test_a_visit_is_guided_by_the_visit_before_and_no_other_image_is():
    """Eq. (1): the second input uses exactly the map of the first."""
    method = make(memory_images=(3, 2))
    generator = watch(method, "generator_a_to_b")
    guides = []
    function = generator.function
    generator.function = lambda image, guide: (
        guides.append(guide),
        function(image, guide),
    )[1]
    images = still()
    method.compute_losses(images)  # records 0 and 1
    fake = function(images["a"]["image"], guides[0])
    np.testing.assert_array_equal(guides[0], np.ones((2, 16, 16, 1)))
    np.testing.assert_array_equal(method.memory_a.views[:, 0], [1, 1, 0])
    written = method.discriminator_b.attend(fake)
    np.testing.assert_allclose(
        method.memory_a.maps[:2], written[..., 0], atol=1e-5
    )
    exact = resized(method.memory_a.maps.numpy()[:2, ..., None])
    guides.clear()
    swapped = still(seed=1)  # the same indices, in the other order
    images["a"]["index"] = swapped["a"]["index"]
    method.compute_losses(images)
    np.testing.assert_array_equal(guides[0], exact[::-1])
    guides.clear()
    before = method.memory_a.maps.numpy()
    images["a"]["index"] = tf.constant([2, 2], tf.int64)
    method.compute_losses(images)
    np.testing.assert_array_equal(guides[0], np.ones((2, 16, 16, 1)))
    np.testing.assert_array_equal(method.memory_a.maps[:2], before[:2])


def test_measuring_reads_the_memory_and_leaves_it_alone():
    method = make()
    method.compute_losses(still(), training=False)
    assert not method.memory_a.views.numpy().any()
    method.compute_losses(still())
    before = [variable.numpy() for variable in method.memory_a.variables]
    first = term_values(method.compute_losses(still(), training=False))
    assert first == term_values(method.compute_losses(still(), training=False))
    for variable, value in zip(method.memory_a.variables, before, strict=True):
        np.testing.assert_array_equal(variable, value)


@pytest.mark.parametrize("kind", ["fresh", "same", "memory", "ones"])
def test_the_map_of_the_way_back(kind):
    method = make(cycle_attention=kind)
    images = still()
    names = {"memory_a", "memory_b"}
    if kind == "memory":
        names |= {"cycle_memory_a", "cycle_memory_b"}
    assert set(method.memories) == names
    method.compute_losses(images)
    guide = method.recall("memory_a", images["a"])
    fake = method.generator_a_to_b(images["a"]["image"], guide)
    ones = np.ones((2, 16, 16, 1), "float32")
    if kind == "memory":
        first = method.generator_a_to_b(images["a"]["image"], ones)
        cycled = method.generator_b_to_a(first, ones)
        expected = method.discriminator_a.attend(cycled)
        np.testing.assert_allclose(
            method.cycle_memory_a.maps, expected[..., 0], atol=1e-4
        )
        expected = method.recall("cycle_memory_a", images["a"])
    else:
        seen = method.discriminator_b.attend(fake)
        expected = {"fresh": seen, "same": guide, "ones": ones}[kind]
    cycled = method.generator_b_to_a(fake, expected)
    expected = np.abs(cycled - images["a"]["image"]).mean()
    cycle = term_values(method.compute_losses(images, training=False))[
        "cycle_a"
    ]
    assert cycle == pytest.approx(expected, rel=1e-4)


def test_without_a_cycle_nothing_comes_back():
    method = make(cycle_weight=0.0)
    generator = watch(method, "generator_a_to_b")
    terms = method.compute_losses(still(), ["generator"])["generator"]
    assert set(terms) == {"adversarial_a", "adversarial_b"}
    assert len(generator.inputs) == 1


def test_a_step_runs_no_pass_twice():
    """Two translations a generator; the map comes with the scores."""
    method = guidegan(side=16)
    networks = watch(method, *method.networks)
    method.compute_losses(still())
    judged = [
        sum(len(image) for image in network.inputs) for network in networks
    ]
    # There and back; the fakes, and the real images with detached fakes.
    assert judged == [4, 4, 6, 6]


@COMBINATIONS
def test_a_map_is_a_constant(attention, transfer):
    """No loss of the generators reaches a discriminator through a map.

    The adversarial terms see the discriminators' weights as what they are,
    but only the generators' are updated.
    """
    method = make(attention=attention, transfer=transfer)
    judges = ("discriminator_a", "discriminator_b")
    for domain in "ab":
        through = gradients(method, "generator", f"cycle_{domain}", judges)
        assert all(gradient is None for gradient in through)
    own = gradients(method, "generator", "cycle_a")
    assert largest(own) > 0
    with tf.GradientTape() as tape:
        for memory in method.memories.values():
            tape.watch(memory.maps)
        terms = method.compute_losses(still(), ["generator"])["generator"]
        total = method.total_loss(terms)
    maps = [memory.maps for memory in method.memories.values()]
    assert tape.gradient(total, maps) == [None, None]


def test_discriminators_teach_no_generator():
    method = make()
    assert (
        largest(
            gradients(
                method,
                "discriminator",
                names=["generator_a_to_b", "generator_b_to_a"],
            )
        )
        == 0.0
    )


@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_a_player_moves_its_own_networks_only(player):
    method = guidegan(
        side=16, attention="ram", transfer="rgba", learnable_alpha=True
    )
    method.rounds = ((player,),)
    before = weights_of(method)
    method.train_step(still())
    assert moved(method, before) == {
        name for name in before if name.startswith(player)
    }


def test_the_learned_alpha_learns():
    method = guidegan(side=16, transfer="rgba", learnable_alpha=True)
    method.train_step(still())  # ones: a constant alpha has no effect
    before = float(method.generator_a_to_b.transfer.alpha_scale.numpy())
    method.train_step(still())
    assert float(method.generator_a_to_b.transfer.alpha_scale.numpy()) != before


def test_the_pool_is_for_the_discriminators_alone():
    method = guidegan(side=16, pool_size=1)
    method.compute_losses(still(seed=4, count=1))
    old = method.pool_b.images.numpy()
    assert np.abs(old).max() > 0
    judge = watch(method, "discriminator_b")
    for step in range(20):  # each shows the old one at even odds
        method.step.assign(step)
        judge.inputs.clear()
        method.compute_losses(still(seed=6, count=1))
        fakes, both = judge.inputs[0], judge.inputs[1]
        assert np.abs(fakes - old).max() > 1e-3
        if np.allclose(both[1:], old, atol=1e-5):
            return
    pytest.fail("The old translation was never shown.")


def test_inner_attention_is_that_of_one_step_of_inference():
    method = make(attention_mode="inner", memory_images=())
    assert not method.memories
    images = still()
    for domain in "ab":
        del images[domain]["index"], images[domain]["window"]
    method.config = dataclasses.replace(method.config, attention_steps=1)
    for source, target in ("ab", "ba"):
        direction = f"{source}_to_{target}"
        translation = method.translate(images[source], direction)
        judge = method.networks[f"discriminator_{target}"]
        expected = (
            (judge(translation["image"]).scores[0].numpy() - 1) ** 2
        ).mean()
        losses = term_values(method.compute_losses(images))
        adversarial = losses[f"adversarial_{target}"]
        assert adversarial == pytest.approx(expected, rel=1e-4)


def test_the_papers_networks():
    method = preset_config("guidegan", "paper", "").method
    assert (method.blocks, method.pool_size) == (9, 0)
