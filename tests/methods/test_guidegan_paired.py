"""GuideGAN on pairs: its losses, and what it has of pix2pix."""

import numpy as np
import pytest
import tensorflow as tf
from tiny_methods import (
    SIDE,
    batch,
    gradients,
    guidegan_paired,
    largest,
    pix2pix,
    term_values,
    watch,
)

from tfmask.methods import preset_config
from tfmask.ops.errors import UserError


def still(seed=0, **others):
    """A batch that is neither cropped nor mirrored."""
    images = batch(seed, **others)
    for domain in ("a", "b"):
        images[domain]["window"] *= 0
    return images


@pytest.mark.parametrize(
    ("attention", "transfer", "direction", "conditional"),
    [
        ("post_hoc", "multiply", "a_to_b", False),
        ("post_hoc", "rgba", "b_to_a", True),
        ("ram", "multiply", "b_to_a", False),
        ("ram", "rgba", "a_to_b", True),
    ],
)
def test_losses_of_a_second_visit_are_the_papers(
    attention, transfer, direction, conditional
):
    method = guidegan_paired(
        compiled=False,
        attention=attention,
        transfer=transfer,
        direction=direction,
        conditional=conditional,
    )
    source, target = direction[0], direction[-1]
    images = still()
    image, real = (images[d]["image"].numpy() for d in (source, target))

    def judge(output):
        seen = [image, output] if conditional else [output]
        judged = method.discriminator(np.concatenate(seen, axis=-1))
        attention = tf.image.resize(judged.attention, (SIDE, SIDE), "bilinear")
        return judged.scores[0].numpy(), attention.numpy()

    ones = np.ones((2, SIDE, SIDE, 1), "float32")
    first = method.generator(image, ones).numpy()
    fake = method.generator(image, judge(first)[1]).numpy()
    assert np.abs(fake - first).max() > 1e-2
    assert list(method.memories) == [f"memory_{source}"]
    method.compute_losses(images)
    scores = judge(fake)[0]
    expected = {
        "adversarial": ((scores - 1) ** 2).mean(),
        "l1": np.abs(fake - real).mean(),
        "discriminator": 0.5
        * (((judge(real)[0] - 1) ** 2).mean() + (scores**2).mean()),
    }
    losses = method.compute_losses(images)
    assert term_values(losses) == pytest.approx(expected, rel=1e-3)
    total = 10 * expected["adversarial"] + 10 * expected["l1"]
    assert float(method.total_loss(losses["generator"])) == pytest.approx(
        total, rel=1e-3
    )


@pytest.mark.parametrize("conditional", [False, True])
def test_the_first_visit_is_pix2pix_on_doubled_images(conditional):
    """A map of ones doubles the input. No norm of a U-Net removes this."""
    method = guidegan_paired(compiled=False, conditional=conditional)
    plain = pix2pix(
        compiled=False,
        conditional=False,
        normalization="instance",
        adversarial_loss="lsgan",
    )
    for name in ("generator", "discriminator")[: 2 - conditional]:
        plain.networks[name].set_weights(method.networks[name].get_weights())
    images = still()
    doubled = {**images, "a": {"image": 2.0 * images["a"]["image"]}}
    expected = term_values(plain.compute_losses(doubled))
    losses = term_values(method.compute_losses(images))
    assert losses["l1"] == pytest.approx(expected["l1"], rel=1e-5)
    if not conditional:
        assert losses == pytest.approx(expected, rel=1e-5)
    single = term_values(plain.compute_losses(images))
    assert abs(single["l1"] - expected["l1"]) > 1e-3


def test_a_visit_is_guided_by_the_visit_before_of_the_same_pair():
    method = guidegan_paired(memory_images=(3, 3), direction="b_to_a")
    images = still()
    images["a"]["index"] = images["b"]["index"]
    assert method.memory_b.maps.shape == (3, 3, 3)
    method.train_step(images)
    np.testing.assert_array_equal(method.memory_b.views[:, 0], [1, 1, 0])
    written = method.memory_b.maps.numpy()
    generator = watch(method, "generator")
    guides, function = [], generator.function
    generator.function = lambda image, guide, **options: (
        guides.append(guide),
        function(image, guide, **options),
    )[1]
    # The same pairs in the other order, and one that was never seen.
    images["b"]["index"] = tf.constant([1, 2], tf.int64)
    method.compute_losses(images, training=False)
    expected = tf.image.resize(written[1:2, ..., None], (SIDE, SIDE))
    np.testing.assert_allclose(guides[0][:1], expected, atol=1e-6)
    np.testing.assert_array_equal(guides[0][1:], np.ones((1, SIDE, SIDE, 1)))
    np.testing.assert_array_equal(method.memory_b.maps, written)


def test_a_step_translates_once_and_judges_each_image_once_for_each_player():
    method = guidegan_paired()
    generator, judge = watch(method, "generator", "discriminator")
    before = weights_of_functions(generator, judge)
    method.train_step(still())
    assert [len(image) for image in generator.inputs] == [2]
    assert [len(image) for image in judge.inputs] == [2, 4]
    after = weights_of_functions(generator, judge)
    for old, new in zip(before, after, strict=True):
        assert any((a != b).any() for a, b in zip(old, new, strict=True))
    assert int(method.step.numpy()) == 1


def weights_of_functions(*stubs):
    return [
        [np.array(weight) for weight in stub.function.get_weights()]
        for stub in stubs
    ]


@pytest.mark.parametrize("attention", ["post_hoc", "ram"])
def test_a_map_is_a_constant(attention):
    method = guidegan_paired(compiled=False, attention=attention)
    method.compute_losses(batch())
    through = gradients(method, "generator", "l1", ["discriminator"])
    assert all(gradient is None for gradient in through)
    assert largest(gradients(method, "generator", "l1")) > 0
    assert largest(gradients(method, "discriminator", None, ["generator"])) == 0
    with tf.GradientTape() as tape:
        tape.watch(method.memory_a.maps)
        terms = method.compute_losses(batch(), ["generator"])["generator"]
        total = method.total_loss(terms)
    assert tape.gradient(total, method.memory_a.maps) is None


@pytest.mark.parametrize("mode", ["memory", "inner"])
def test_dropout_is_that_of_the_step_and_off_in_translate(mode):
    method = guidegan_paired(
        levels=6, side=64, compiled=False, attention_mode=mode
    )
    images = still(side=64)

    def loss(training):
        losses = method.compute_losses(images, ["generator"], training)
        return float(losses["generator"]["l1"].value)

    plain = loss(False)
    dropped = loss(True)  # the memory's first visit
    assert dropped != plain
    if mode == "memory":
        return
    assert not method.memories
    assert loss(True) == dropped
    method.step.assign(1)
    assert loss(True) != dropped
    translated = method.recursion(images["a"]["image"], "a_to_b", 1)[1][0]
    expected = np.abs(translated - images["b"]["image"]).mean()
    assert plain == pytest.approx(expected, rel=1e-5)


def test_sides_must_fit_the_levels():
    """96 is 3 * 32: five halvings."""
    method = guidegan_paired(levels=5, side=96, compiled=False)
    assert method.multiple == 32
    with pytest.raises(UserError, match="multiple of 64"):
        guidegan_paired(levels=6, side=96, compiled=False)


def test_presets():
    paper = preset_config("guidegan_paired", "paper", "street")
    assert paper.data.image_size == 2**paper.method.levels == 128
    assert not paper.method.conditional
    quick = preset_config("guidegan_paired", "quick", "street")
    plain = preset_config("pix2pix", "quick", "street")
    assert (quick.data, quick.run) == (plain.data, plain.run)
    assert quick.optimizer == plain.optimizer
    for name in ("filters", "levels", "discriminator_filters"):
        assert getattr(quick.method, name) == getattr(plain.method, name)
    assert quick.method.l1_weight == quick.method.adversarial_weight == 10
