"""LOMIT: the testable properties of its fact sheet, training side."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from tiny_lomit import SIDE, inputs_of, lomit, pairs
from tiny_methods import Stub, moved, term_values, weights_of

from tfmask.losses import mask_area, mask_similarity
from tfmask.methods.lomit.config import LOMITConfig
from tfmask.methods.lomit.method import LOMIT
from tfmask.ops.errors import UserError
from tfmask.ops.soft_masks import upsampled

GENERATOR = {"content_encoder", "style_encoder", "segmentation", "decoder"}


def mean_l1(one, other):
    return float(np.abs(np.asarray(one) - np.asarray(other)).mean())


def entropy(logits, labels):
    """Sigmoid cross entropy summed over attributes, mean over the batch."""
    z, y = np.asarray(logits, np.float64), np.asarray(labels)
    s = 1 / (1 + np.exp(-z))
    return -(y * np.log(s) + (1 - y) * np.log(1 - s)).sum(1).mean()


def by_the_paper(method, batch):
    """Every term, one network call for one symbol of the paper."""
    x1, x2 = batch["a"]["image"], batch["b"]["image"]
    y1, y2 = batch["a"]["attributes"], batch["b"]["attributes"]
    judge, encode = method.discriminator, method.content_encoder

    def mask(content, other):
        return method.segmentation(content, other)

    def styles(m, x):
        seen = tf.image.resize(m, (SIDE, SIDE), "bilinear")
        return method.style_encoder(seen * x, (1 - seen) * x)

    def decode(c, m, foreground, background):
        return method.decoder(c, m, foreground, background)

    c1, c2 = encode(x1), encode(x2)
    m1, m2 = mask(c1, c2), mask(c2, c1)
    (s1f, s1b), (s2f, s2b) = styles(m1, x1), styles(m2, x2)
    x12, x21 = decode(c1, m1, s2f, s1b), decode(c2, m2, s1f, s2b)
    c12, c21 = encode(x12), encode(x21)
    m12, m21 = mask(c12, c21), mask(c21, c12)
    (s12f, s12b), (s21f, s21b) = styles(m12, x12), styles(m21, x21)
    x121 = decode(c12, m12, s21f, s12b)
    x212 = decode(c21, m21, s12f, s21b)
    m11, m22 = mask(c1, c1), mask(c2, c2)
    x11, x22 = decode(c1, m11, s1f, s1b), decode(c2, m22, s2f, s2b)
    sides = [(m, c1) for m in (m1, m12, m11)]
    sides += [(m, c2) for m in (m2, m21, m22)]
    scores = {
        name: judge(x)
        for name, x in (("1", x1), ("2", x2), ("12", x12), ("21", x21))
    }
    mean = {name: float(np.mean(s.scores[0])) for name, s in scores.items()}
    return {
        "critic": mean["12"] - mean["1"] + mean["21"] - mean["2"],
        "classification_real": entropy(scores["1"].logits, y1)
        + entropy(scores["2"].logits, y2),
        "adversarial": -mean["12"] - mean["21"],
        "classification_fake": entropy(scores["12"].logits, y2)
        + entropy(scores["21"].logits, y1),
        "style_foreground": mean_l1(s12f, s2f) + mean_l1(s21f, s1f),
        "style_background": mean_l1(s12b, s1b) + mean_l1(s21b, s2b),
        "content": mean_l1(c12, c1) + mean_l1(c21, c2),
        "cycle": mean_l1(x121, x1) + mean_l1(x212, x2),
        "reconstruction": mean_l1(x11, x1) + mean_l1(x22, x2),
        "style_distance": -mean_l1(s1f, s2f),
        "mask_similarity": sum(
            float(tf.reduce_mean(mask_similarity(m, c))) for m, c in sides
        ),
        "mask_area": sum(float(tf.reduce_mean(mask_area(m))) for m, _ in sides),
        # Of the code: over the batch, too, a sum.
        "mask_variation": sum(
            float(np.abs(np.diff(m, axis=axis)).sum())
            for m, _ in sides
            for axis in (1, 2)
        ),
    }


def losses_of(method, batch, **options):
    losses = method.compute_losses(batch, training=False, **options)
    return term_values(losses)


def test_losses_are_the_papers():
    method = lomit(compiled=False, mask_variation_weight=1.0)
    got = losses_of(method, pairs())
    del got["penalty"]
    expected = by_the_paper(method, pairs())
    assert got == pytest.approx(expected, rel=1e-3, abs=1e-5)


def test_weights_are_the_papers():
    method = LOMIT(
        LOMITConfig(attributes=("x", "y"), filters=2, discriminator_layers=3),
        image_size=(32, 32),
    )
    weights = {
        name: weight
        for terms in method.compute_losses(pairs(), training=False).values()
        for name, (_, weight) in terms.items()
    }
    assert weights == {
        "critic": 1.0,
        "penalty": 10.0,
        "classification_real": 1.0,
        "adversarial": 1.0,
        "classification_fake": 1.0,
        "style_foreground": 1.0,
        "style_background": 1.0,
        "content": 1.0,
        "cycle": 10.0,
        "reconstruction": 10.0,
        "mask_similarity": 0.1,
        "style_distance": 0.01,
        "mask_area": 1e-4,
    }


@pytest.mark.parametrize(
    "term",
    ["cycle", "content", "style_distance", "mask_similarity", "mask_area"],
)
def test_terms_of_weight_zero_are_not_computed(term):
    method = lomit(compiled=False, **{f"{term}_weight": 0.0})
    terms = method.compute_losses(pairs(), ["generator"])["generator"]
    assert term not in terms and len(terms) == 9


@pytest.mark.medium
def test_sums_are_an_option():
    first = lomit(compiled=False)
    plain = losses_of(first, pairs())
    method = lomit(compiled=False, mask_area_reduction="sum")
    for name, network in first.networks.items():
        method.networks[name].set_weights(network.get_weights())
    other = losses_of(method, pairs())
    pixels = (SIDE // 4) ** 2
    assert other["mask_area"] == pytest.approx(
        pixels * plain["mask_area"], rel=1e-3
    )


@pytest.mark.medium
def test_style_distance_stops_at_its_maximum():
    free = lomit(compiled=False)
    limited = lomit(compiled=False, style_distance_max=1e-3)
    assert losses_of(free, pairs())["style_distance"] < -1e-3
    got = losses_of(limited, pairs())["style_distance"]
    assert got == pytest.approx(-1e-3)
    with tf.GradientTape() as tape:
        terms = limited.compute_losses(pairs(), ["generator"], False)
        value = terms["generator"]["style_distance"].value
    variables = limited.style_encoder.trainable_variables
    gradients = tape.gradient(value, variables)
    assert all(g is None or not np.any(g) for g in gradients)


def test_a_generator_step_makes_two_contents_for_six_decodes():
    """A discriminator's step computes only what its fakes need."""
    method = lomit(compiled=False)
    stubs = {name: Stub(getattr(method, name)) for name in GENERATOR}
    for name, stub in stubs.items():
        setattr(method, name, stub)

    def examples(player):
        for stub in stubs.values():
            stub.inputs.clear()
        method.compute_losses(pairs(), [player])
        return {
            name: sum(len(x) for x in stub.inputs) / 2
            for name, stub in stubs.items()
        }

    # Contents x1, x2, x12, x21; styles and decodes likewise, six masks.
    assert examples("generator") == {
        "content_encoder": 4,
        "style_encoder": 4,
        "segmentation": 6,
        "decoder": 6,
    }
    assert set(examples("discriminator").values()) == {2}


def test_similarity_gives_the_content_encoder_no_gradient():
    """Only the mask has a gradient. The content's gradient is stopped."""
    method = lomit(compiled=False)
    with tf.GradientTape() as tape:
        content = method.content_encoder(pairs()["a"]["image"])
        loss = mask_similarity(tf.random.uniform((2, 8, 8, 1)), content)
    variables = method.content_encoder.trainable_variables
    assert all(g is None for g in tape.gradient(loss, variables))


@pytest.mark.medium
def test_every_fifth_step_is_the_generators_too():
    method = lomit()
    seen = {}
    for number in (0, 3, 4, 5, 9):
        method.step.assign(number)
        before = weights_of(method)
        method.train_step(pairs())
        seen[number] = moved(method, before)
        assert int(method.step.numpy()) == number + 1
    for player, count in (("discriminator", 5), ("generator", 2)):
        updates = method.optimizers[player].iterations
        assert int(updates.numpy()) == count
    alone, both = {"discriminator"}, GENERATOR | {"discriminator"}
    assert seen == {0: alone, 3: alone, 4: both, 5: alone, 9: both}


def test_a_generator_update_leaves_the_discriminator_alone():
    method = lomit()
    before = weights_of(method)
    method.learn(
        ["generator"], lambda players: method.compute_losses(pairs(), players)
    )
    assert moved(method, before) == GENERATOR


def test_every_variable_of_the_generator_learns():
    method = lomit(compiled=False)
    variables = method.owned_variables("generator")
    with tf.GradientTape() as tape:
        terms = method.compute_losses(pairs(), ["generator"])["generator"]
        total = method.total_loss(terms)
    gradients = tape.gradient(total, variables)
    still = [
        variable.name
        for variable, g in zip(variables, gradients, strict=True)
        if g is None or not np.isfinite(g).all()
    ]
    assert not still


def test_masks_are_upsampled_between_half_pixel_centres():
    mask = tf.reshape(tf.constant([0.0, 1.0]), (1, 1, 2, 1))
    got = upsampled(mask, tf.zeros((1, 4, 8, 3)))[0, 0, :, 0]
    # Centres at 1.5 and 5.5 of eight pixels; borders are repeated.
    expected = [0, 0, 0.125, 0.375, 0.625, 0.875, 1, 1]
    np.testing.assert_allclose(got, expected, atol=1e-6)


def test_whole_image_masks_are_one_everywhere():
    method = lomit(compiled=False, whole_image=True)
    got = losses_of(method, pairs())
    assert got["mask_area"] == pytest.approx(6.0)
    translation = method.translate(inputs_of(pairs()))
    assert np.all(translation["mask"] == 1.0)


@pytest.mark.medium
def test_reconstructions_get_better():
    """Of smooth images, from the one term that asks for it."""
    others = set(LOMITConfig.__dataclass_fields__) - {"reconstruction_weight"}
    method = lomit(
        optimizer=lambda player: keras.optimizers.Adam(3e-3, beta_1=0.5),
        filters=4,
        **{name: 0.0 for name in others if name.endswith("_weight")},
    )
    smooth = {
        domain: {
            **values,
            "image": tf.image.resize(
                values["image"][:, :2, :2], (SIDE, SIDE), "bicubic"
            ),
        }
        for domain, values in pairs().items()
    }

    def losses(players):
        return method.compute_losses(smooth, players)

    reached = [
        method.learn(["generator"], losses)["generator"]["reconstruction"].value
        for _ in range(4)
    ]
    assert reached[-1] < 0.8 * reached[0]  # measured: 1.24, 1.01, 0.85, 0.73


def test_data_without_attributes_is_refused():
    with pytest.raises(UserError, match="synthetic:attributes"):
        LOMIT(LOMITConfig(), image_size=(32, 32))
