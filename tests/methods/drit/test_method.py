"""DRIT: its losses by the formulas, who learns when, its options."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from tiny_methods import batch, moved, watch, weights_of

from tfmask.methods import preset_config
from tfmask.methods.drit.config import DRITConfig
from tfmask.methods.drit.method import DRIT
from tfmask.ops.change import change_map
from tfmask.ops.style_codes import style_codes
from tfmask.training.checkpoints import state_variables
from tfmask.training.optimizers import optimizer_factory

SIDE = 16
TINY = {
    "filters": 2,
    "blocks": 1,
    "style_size": 3,
    "style_hidden": 4,
    "discriminator_filters": 2,
    "discriminator_layers": 1,
    "discriminator_scales": 2,
}
CONTENTS = {
    "content_encoder_a",
    "content_encoder_b",
    "decoder_a",
    "decoder_b",
    "shared_encoder",
    "shared_decoder",
}
ATTRIBUTES = {"attribute_encoder_a", "attribute_encoder_b"}
JUDGES = {
    "discriminator_a",
    "discriminator_b",
    "random_discriminator_a",
    "random_discriminator_b",
}


def drit(**options):
    """A tiny `DRIT` with kernels that are large enough to matter."""
    config = DRITConfig(**{**TINY, **options})
    method = DRIT(config, image_size=(SIDE, SIDE))
    rng = np.random.default_rng(3)
    for network in method.networks.values():
        for weight in network.trainable_variables:
            if len(weight.shape) > 1:
                weight.assign(rng.normal(0, 0.3, weight.shape))
    method.compile(lambda settings: keras.optimizers.SGD(0.1))
    return method


def images(count=2):
    return batch(count=count, side=SIDE)


def terms_of(method, player, count=2, training=False):
    losses = method.compute_losses(images(count), [player], training=training)
    return {name: float(term.value) for name, term in losses[player].items()}


def softplus(x):
    return np.logaddexp(0.0, x)


def drawn(method, stream, like):
    """Replaces the random numbers of a step. Another test checks those."""
    return method._drawn(stream, tf.zeros((like, 1)), [3]).numpy()


def test_the_generator_pays_by_the_formulas():
    """A batch of two: the first image gives content and attributes."""
    method = drit()
    x = {d: images()[d]["image"][:1] for d in "ab"}
    content = {d: method.content_of(d, x[d]) for d in "ab"}
    codes, far = {}, {}
    for stream, d in ((54, "a"), (55, "b")):
        mean, log_variance = (
            v.numpy() for v in method.networks[f"attribute_encoder_{d}"](x[d])
        )
        noise = drawn(method, stream, 1)
        codes[d] = mean + np.exp(log_variance / 2) * noise
        far[d] = -0.5 * np.sum(
            1 + log_variance - mean**2 - np.exp(log_variance)
        )
    fake = {
        t: method.decoded(t, content[s], tf.constant(codes[t]))
        for s, t in ("ab", "ba")
    }
    expected = {}
    for (d, other), stream in zip(("ab", "ba"), (56, 57), strict=True):
        same = method.decoded(d, content[d], tf.constant(codes[d]))
        mean, log_variance = (
            v.numpy()
            for v in method.networks[f"attribute_encoder_{d}"](fake[d])
        )
        looks = mean + np.exp(log_variance / 2) * drawn(method, stream, 1)
        # Its content from its translation, its attributes from the other's.
        again = method.decoded(
            d, method.content_of(other, fake[other]), tf.constant(looks)
        )
        scores = method.networks[f"discriminator_{d}"](fake[d]).scores
        expected[f"adversarial_{d}"] = sum(
            softplus(-s.numpy()).mean() for s in scores
        )
        (score,) = method.content_discriminator(content[d]).scores
        half = softplus(score.numpy()) + softplus(-score.numpy())
        expected[f"content_adversarial_{d}"] = half.mean() / 2
        expected[f"cross_cycle_{d}"] = np.abs(again - x[d]).mean()
        expected[f"reconstruction_{d}"] = np.abs(same - x[d]).mean()
        expected[f"attribute_prior_{d}"] = far[d]
        expected[f"content_prior_{d}"] = (content[d].numpy() ** 2).mean()
    assert terms_of(method, "generator") == pytest.approx(expected, rel=1e-4)


def test_random_translations_pay_by_the_formulas():
    method = drit()
    x = {d: images()[d]["image"][:1] for d in "ab"}
    codes = [drawn(method, stream, 1) for stream in (58, 59)]
    apart = np.abs(codes[0] - codes[1]).mean()
    expected, judged = {}, {}
    for s, t in ("ab", "ba"):
        content = method.content_of(s, x[s])
        fakes = [method.decoded(t, content, tf.constant(z)) for z in codes]
        judge = method.networks[f"random_discriminator_{t}"]
        maps = [score for fake in fakes for score in judge(fake).scores]
        expected[f"adversarial_{t}"] = sum(
            softplus(-m.numpy()).mean() for m in maps
        )
        code, _ = method.networks[f"attribute_encoder_{t}"](fakes[0])
        expected[f"latent_{t}"] = np.abs(code - codes[0]).mean()
        ratio = np.abs(fakes[0] - fakes[1]).mean() / apart
        expected[f"mode_seeking_{t}"] = 1 / (ratio + 1e-5)
        # Beside the batch's other image, once for each fake.
        real = judge(images()[t]["image"][1:]).scores
        judged[f"random_{t}"] = 0.5 * (
            2 * sum(softplus(-m.numpy()).mean() for m in real)
            + sum(softplus(m.numpy()).mean() for m in maps)
        )
    assert terms_of(method, "random") == pytest.approx(expected, rel=1e-4)
    terms = terms_of(method, "discriminator")
    assert {n: terms[n] for n in judged} == pytest.approx(judged, rel=1e-4)


def test_the_content_discriminator_tells_b_from_a():
    method = drit()
    scores = [
        method.content_discriminator(
            method.content_of(d, images()[d]["image"][:1])
        ).scores[0]
        for d in "ab"
    ]
    expected = softplus(scores[0].numpy()) + softplus(-scores[1].numpy())
    losses = method.compute_losses(
        images(), ["content_discriminator"], training=False
    )
    value, weight = losses["content_discriminator"]["domain"]
    assert float(value) * weight == pytest.approx(expected.mean(), rel=1e-4)


@pytest.mark.medium
def test_noise_is_on_contents_in_training_only():
    method = drit()
    image = images()["a"]["image"]
    plain = method.content_of("a", image)
    noisy = method.content_of("a", image, 50) - plain
    assert 0.7 < float(tf.math.reduce_std(noisy)) < 1.3
    quiet = drit(noise=0.0)
    for training, same in ((False, True), (True, False)):
        one = terms_of(method, "generator", training=training)
        two = terms_of(quiet, "generator", training=training)
        assert (one["content_prior_a"] == two["content_prior_a"]) is same


@pytest.mark.medium
def test_a_batch_is_split_as_replicas_split_it():
    """Rows 0, 2, ... give attributes. Rows 1, 3, ... are the real images."""
    method = drit()
    judge, other = watch(method, "discriminator_a", "random_discriminator_a")
    method.compute_losses(images(4), ["discriminator"])
    real = images(4)["a"]["image"]
    np.testing.assert_array_equal(judge.inputs[0][:2], real[0::2])
    np.testing.assert_array_equal(other.inputs[0][:2], real[1::2])
    single = drit()
    judge, other = watch(single, "discriminator_a", "random_discriminator_a")
    single.compute_losses(images(1), ["discriminator"])
    np.testing.assert_array_equal(judge.inputs[0][:1], other.inputs[0][:1])


@pytest.mark.medium
def test_all_but_the_content_discriminator_learn_in_every_third_step():
    method = drit()
    for step in range(4):
        before = weights_of(method)
        method.train_step(images())
        changed = moved(method, before)
        everything = CONTENTS | ATTRIBUTES | JUDGES | {"content_discriminator"}
        few = {"content_discriminator"}
        assert changed == (everything if step == 2 else few), step


@pytest.mark.medium
def test_the_random_branch_does_not_move_attribute_encoders():
    method = drit()
    before = weights_of(method)
    method.learn(
        ("random",), lambda players: method.compute_losses(images(), players)
    )
    assert moved(method, before) == CONTENTS


@pytest.mark.medium
def test_contents_and_decoders_have_one_optimizer_that_learns_twice():
    """As in the authors' code; a checkpoint holds it once."""
    method = drit(content_steps=1)
    method.compile(lambda settings: keras.optimizers.Adam(1e-4))
    assert set(method.optimizers) == {
        "discriminator",
        "content_discriminator",
        "generator",
    }
    method.train_step(images())
    counts = {n: int(o.iterations) for n, o in method.optimizers.items()}
    assert counts == {
        "discriminator": 1,
        "content_discriminator": 1,
        "generator": 2,
    }
    names = [n for n in state_variables(method) if n.startswith("optimizer/")]
    assert len(names) == len(set(names))
    assert not any(name.startswith("optimizer/random") for name in names)


def test_the_content_discriminator_has_its_own_rate():
    config = preset_config("drit", "paper", "photos")
    make = optimizer_factory(config, 10, tf.Variable(0))
    rates = {
        settings: float(make(settings).learning_rate)
        for settings in ("main", "discriminator", "content")
    }
    assert rates == pytest.approx(
        {"main": 1e-4, "discriminator": 1e-4, "content": 4e-5}
    )
    same = dataclasses.replace(config.optimizer, content_learning_rate=None)
    make = optimizer_factory(
        dataclasses.replace(config, optimizer=same), 10, tf.Variable(0)
    )
    assert float(make("content").learning_rate) == pytest.approx(1e-4)


@pytest.mark.medium
@pytest.mark.parametrize(
    ("option", "player", "term"),
    [
        ("mode_seeking_weight", "random", "mode_seeking_a"),
        ("latent_weight", "random", "latent_b"),
        ("cross_cycle_weight", "generator", "cross_cycle_a"),
        ("content_adversarial_weight", "generator", "content_adversarial_a"),
    ],
)
def test_a_weight_of_0_leaves_the_term_out(option, player, term):
    assert term in terms_of(drit(), player)
    assert term not in terms_of(drit(**{option: 0.0}), player)


def test_without_mode_seeking_there_is_one_random_translation():
    method = drit(mode_seeking_weight=0.0)
    (judge,) = [watch(method, "random_discriminator_a")]
    method.compute_losses(images(), ["random"])
    assert len(judge.inputs) == 1


def test_one_discriminator_a_domain_judges_both_kinds():
    method = drit(random_discriminators=False)
    assert not any(name.startswith("random") for name in method.networks)
    judge = watch(method, "discriminator_b")
    method.compute_losses(images(), ["random"])
    assert len(judge.inputs) == 2


@pytest.mark.parametrize("concat", [True, False])
def test_a_translation_has_random_attributes_or_an_exemplars(concat):
    method = drit(concat=concat)
    image, exemplar = (images()[d]["image"] for d in "ab")
    seeds = tf.constant([0, 7])
    content = method.content_of("a", image)
    translation = method.translate({"image": image, "style_seed": seeds})
    expected = method.decoded("b", content, style_codes(seeds, 3))
    np.testing.assert_allclose(translation["image"], expected, atol=1e-6)
    np.testing.assert_array_equal(
        translation["mask"], change_map(image, translation["image"])
    )
    without = method.translate({"image": image})
    np.testing.assert_allclose(
        without["image"][:1], translation["image"][:1], 0, 1e-6
    )
    assert np.abs(without["image"] - translation["image"])[1].max() > 0
    codes = method.attribute_encoder_b(exemplar)
    like = method.translate({"image": image, "exemplar": exemplar})
    expected = method.decoded("b", content, codes[0] if concat else codes)
    np.testing.assert_allclose(like["image"], expected, atol=1e-6)


def test_fixed_codes_pay_their_mean_square():
    method = drit(concat=False)
    code = method.attribute_encoder_a(images()["a"]["image"][:1]).numpy()
    prior = terms_of(method, "generator")["attribute_prior_a"]
    assert prior == pytest.approx((code**2).mean(), rel=1e-4)


def test_the_paper_preset_is_the_official_scripts():
    config = preset_config("drit", "paper", "photos")
    assert (config.run.epochs, config.run.batch_size) == (1200, 2)
    assert config.optimizer.l2 == 1e-4
    assert config.optimizer.constant_epochs == 600
    assert config.optimizer.decay_epochs == 601
    assert config.method == DRITConfig()
    assert config.method.mode_seeking_weight == 1


def test_wrong_options_are_named():
    with pytest.raises(ValueError, match="`content_steps` must be above 0"):
        DRITConfig(content_steps=0)
    with pytest.raises(ValueError, match="`noise` must be 0 or more"):
        DRITConfig(noise=-1.0)
    with pytest.raises(ValueError, match="`adversarial_weight` must be above"):
        DRITConfig(adversarial_weight=0.0)
