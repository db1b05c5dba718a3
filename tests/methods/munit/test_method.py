"""MUNIT: losses by formula, draws, rounds, seeds and exemplars."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from tiny_methods import batch

from tfmask.losses import domain_invariant
from tfmask.methods import preset_config
from tfmask.methods.munit.config import MUNITConfig
from tfmask.methods.munit.method import MUNIT
from tfmask.ops.change import change_map
from tfmask.ops.style_codes import style_codes

SIDE = 16
WEIGHTS = {
    "adversarial_weight": 1.5,
    "reconstruction_weight": 9.0,
    "style_weight": 1.2,
    "content_weight": 0.8,
    "cycle_weight": 7.0,
}


def munit(seed=0, **options):
    keras.utils.set_random_seed(seed)
    config = MUNITConfig(
        **{
            "filters": 2,
            "blocks": 1,
            "style_size": 3,
            "style_hidden": 4,
            "discriminator_filters": 2,
            "discriminator_layers": 1,
            "discriminator_scales": 2,
            **options,
        }
    )
    return MUNIT(config, image_size=(SIDE, SIDE))


def images(seed=0):
    return batch(seed, side=SIDE)


def terms_of(method, *players, training=False):
    losses = method.compute_losses(images(), players or None, training)
    return {
        name: term for terms in losses.values() for name, term in terms.items()
    }


def l1(one, other):
    return float(np.abs(np.subtract(one, other)).mean())


def scores(method, domain, image):
    judged = method.networks[f"discriminator_{domain}"](image)
    return [score.numpy() for score in judged.scores]


def formula(method):
    """Every term from the paper's formulas, in NumPy."""
    real = {domain: images()[domain]["image"] for domain in "ab"}
    drawn = {
        player: method.drawn_styles(player, real) for player in method.players
    }
    expected = {}
    for source, target in ("ab", "ba"):
        here = method.networks[f"generator_{source}"]
        there = method.networks[f"generator_{target}"]
        content, style = here.encode(real[source])
        fake = there.decode(content, drawn["generator"][target])
        content_again, style_again = there.encode(fake)
        expected[f"reconstruction_{source}"] = l1(
            here.decode(content, style), real[source]
        )
        expected[f"content_{source}"] = l1(content_again, content)
        expected[f"style_{target}"] = l1(
            style_again, drawn["generator"][target]
        )
        expected[f"cycle_{source}"] = l1(
            here.decode(content_again, style), real[source]
        )
        expected[f"adversarial_{target}"] = sum(
            ((score - 1) ** 2).mean() for score in scores(method, target, fake)
        )
        fake = there.decode(content, drawn["discriminator"][target])
        expected[f"discriminator_{target}"] = sum(
            (false**2).mean() + ((true - 1) ** 2).mean()
            for false, true in zip(
                scores(method, target, fake),
                scores(method, target, real[target]),
                strict=True,
            )
        )
    return expected


def test_losses_are_the_formulas():
    method = munit(**WEIGHTS)
    terms = terms_of(method)
    expected = formula(method)
    assert set(terms) == set(expected)
    for name, (value, weight) in terms.items():
        # Our least squares are halved, and weigh twice.
        factor = 2.0 if name.startswith("discriminator") else 1.0
        value = factor * float(value)
        assert value == pytest.approx(expected[name], rel=1e-4), name
        kind = name[:-2].replace("discriminator", "adversarial")
        assert weight == factor * WEIGHTS[f"{kind}_weight"], name


def test_terms_without_a_weight_are_not_there():
    names = {name[:-2] for name in terms_of(munit())}
    assert names == {
        "adversarial",
        "reconstruction",
        "style",
        "content",
        "discriminator",
    }


def test_the_discriminators_learn_first_and_each_round_draws_anew():
    method = munit()
    assert method.rounds == (("discriminator",), ("generator",))
    real = {domain: images()[domain]["image"] for domain in "ab"}
    codes = []
    for _ in range(2):
        for players in method.rounds:
            codes += method.drawn_styles(players[0], real).values()
        method.step.assign_add(1)
    codes = np.concatenate(codes)
    assert codes.shape == (16, 3) and len(np.unique(codes)) == codes.size
    again = munit().drawn_styles("discriminator", real)
    np.testing.assert_array_equal(again["a"], codes[:2])


def test_no_gradient_of_the_discriminators_reaches_generators():
    method = munit()
    with tf.GradientTape() as tape:
        terms = terms_of(method, "discriminator", training=True)
        total = sum(term.value for term in terms.values())
    variables = method.owned_variables("generator")
    assert all(g is None for g in tape.gradient(total, variables))


def test_both_contents_learn_from_the_content_term():
    """Its target is not cut off from the gradient."""
    method = munit()
    with tf.GradientTape() as tape:
        content = terms_of(method, "generator")["content_a"].value
    first = method.generator_a.content_encoder.convolutions[0].kernel
    second = method.generator_b.content_encoder.convolutions[0].kernel
    for gradient in tape.gradient(content, [first, second]):
        assert np.abs(gradient).max() > 0


@pytest.mark.parametrize("direction", ["a_to_b", "b_to_a"])
def test_a_seed_is_a_style_and_none_is_seed_0(direction):
    method = munit()
    source, target = direction[0], direction[-1]
    image = images()[source]["image"]
    seeds = tf.constant([4, 4])
    translation = method.translate(
        {"image": image, "style_seed": seeds}, direction
    )
    content, _ = method.networks[f"generator_{source}"].encode(image)
    network = method.networks[f"generator_{target}"]
    expected = network.decode(content, style_codes(seeds, 3))
    np.testing.assert_array_equal(translation["image"], expected)
    np.testing.assert_array_equal(
        translation["mask"], change_map(image, expected)
    )
    without = method.translate({"image": image}, direction)
    zeros = method.translate(
        {"image": image, "style_seed": tf.constant([0, 0], tf.int64)},
        direction,
    )
    np.testing.assert_array_equal(without["image"], zeros["image"])
    assert np.abs(without["image"] - translation["image"]).max() > 1e-3


def test_an_exemplar_gives_its_style():
    method = munit()
    image, exemplar = (images()[domain]["image"] for domain in "ab")
    larger = tf.repeat(exemplar, 2, axis=1)
    for example in (exemplar, larger):
        translation = method.translate({"image": image, "exemplar": example})
        content, _ = method.generator_a.encode(image)
        _, style = method.generator_b.encode(example)
        expected = method.generator_b.decode(content, style)
        np.testing.assert_array_equal(translation["image"], expected)
    # The seed does not matter then.
    seeded = method.translate(
        {"image": image, "exemplar": larger, "style_seed": tf.constant([7, 8])}
    )
    np.testing.assert_array_equal(seeded["image"], translation["image"])


def test_grids_show_three_styles_and_an_exemplar():
    method = munit()
    shown = method.images_to_show(images())
    for source, target in ("ab", "ba"):
        columns = [shown[f"fake_{target}_{n}"] for n in (0, 1, 2, "exemplar")]
        for number, one in enumerate(columns):
            assert one.shape == (2, SIDE, SIDE, 3)
            for other in columns[:number]:
                assert np.abs(one - other).max() > 1e-4
        np.testing.assert_array_equal(
            shown[f"exemplar_{target}"], shown[f"real_{target}"]
        )
        assert shown[f"mask_{source}"].shape == (2, SIDE, SIDE, 1)


def test_the_perceptual_term_compares_an_image_with_its_translation():
    method = munit(perceptual_weight=0.5, perceptual_features="not_opened")

    def features(image):
        return tf.nn.avg_pool2d(tf.sin(3.0 * image), 2, 2, "VALID")

    method.__dict__["features"] = features
    terms = terms_of(method, "generator")
    real = {domain: images()[domain]["image"] for domain in "ab"}
    drawn = method.drawn_styles("generator", real)
    for source, target in ("ab", "ba"):
        content, _ = method.networks[f"generator_{source}"].encode(real[source])
        fake = method.networks[f"generator_{target}"].decode(
            content, drawn[target]
        )
        value, weight = terms[f"perceptual_{target}"]
        expected = domain_invariant(features(fake), features(real[source]))
        expected = float(tf.reduce_mean(expected))
        assert float(value) == pytest.approx(expected, rel=1e-5)
        assert weight == 0.5


def test_the_presets_are_the_official_configs():
    config = preset_config("munit", "paper", "photos")
    assert config.optimizer.l2 == 1e-4
    assert config.optimizer.learning_rate == 1e-4
    epoch = config.data.epoch_steps
    assert config.optimizer.halving_epochs * epoch == 100_000
    assert config.optimizer.constant_epochs == 0
    assert config.run.epochs * epoch == 1_000_000
    assert config.run.batch_size == 1
    assert config.method == MUNITConfig()
    assert preset_config("munit", "quick", "photos").method.cycle_weight == 10


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"style_size": 0}, "`style_size` must be above 0"),
        ({"content_weight": -1.0}, "`content_weight` must be 0 or more"),
        ({"adversarial_weight": 0.0}, "`adversarial_weight` must be above 0"),
        ({"perceptual_weight": 1.0}, "`perceptual_features` must be given"),
        ({"perceptual_features": "x"}, "`perceptual_features` must be given"),
    ],
)
def test_options_out_of_range_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        MUNITConfig(**options)
