"""UNIT: the official codes' values, sharing, noise, options."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmask.methods.unit.config import UNITConfig
from tfmask.methods.unit.method import UNIT
from tfmask.methods.unit.networks import (
    BranchDecoder,
    BranchEncoder,
    ResidualBlocks,
)

TINY = {
    "filters": 2,
    "blocks": 2,
    "discriminator_filters": 2,
    "discriminator_layers": 2,
}
VARIANTS = ("shared", "separate")
# Of the official codes on `seeded`'s weights and images, PyTorch 2.13 in
# float64, without noise: the translation of a at four pixels and all losses,
# for `shared` by mingyuliutw/UNIT 96def6b (COCOResGen, COCODis), for
# `separate` by NVlabs/MUNIT a82e222 (VAEGen, MsImageDis).
PIXELS = ([1, 3, 8, 15], [2, 12, 7, 15])
TRANSLATED = {
    "shared": [
        [0.066287320719, 0.577049089312, -0.090517491915],
        [0.223917134120, 0.636219811893, -0.092210340400],
        [0.367214644177, 0.438438884890, -0.328669964899],
        [0.161535316260, 0.537873318967, -0.165144422220],
    ],
    "separate": [
        [0.635113991022, 0.533755019413, 0.997151162215],
        [0.757868295957, 0.626136973882, 0.998256300446],
        [0.677993655648, 0.652709844871, 0.997470263640],
        [0.797542894444, 0.795661879905, 0.998957111711],
    ],
}
LOSSES = {
    "shared": {
        "adversarial_a": 0.6567185046875921,
        "adversarial_b": 0.8128801091984035,
        "reconstruction_a": 0.5569919011898685,
        "reconstruction_b": 0.599033191731578,
        "cycle_a": 0.5615963360225141,
        "cycle_b": 0.6039306248276143,
        "code_a": 2.73379834580292,
        "code_b": 2.345748825666505,
        "cycle_code_a": 2.5767407768442645,
        "cycle_code_b": 2.2543394728803707,
        "discriminator_a": 1.335531378973728,
        "discriminator_b": 1.426809205637682,
    },
    "separate": {
        "adversarial_a": 2.793044181869694,
        "adversarial_b": 2.14875698359387,
        "reconstruction_a": 0.8702619355787465,
        "reconstruction_b": 0.8418637440188781,
        "cycle_a": 0.8678594515299825,
        "cycle_b": 0.8462744162638481,
        "code_a": 2.4459690518369097,
        "code_b": 2.492157894764121,
        "cycle_code_a": 2.860450192117917,
        "cycle_code_b": 2.425433762939362,
        "discriminator_a": 4.083996942905024,
        "discriminator_b": 3.642968957356495,
    },
}
GENERATOR_WEIGHTS = {
    "shared": {
        "adversarial": 10.0,
        "reconstruction": 100.0,
        "cycle": 100.0,
        "code": 0.1,
        "cycle_code": 0.1,
    },
    "separate": {
        "adversarial": 1.0,
        "reconstruction": 10.0,
        "cycle": 10.0,
        "code": 0.01,
        "cycle_code": 0.01,
    },
}


def seeded(variant="shared", **options):
    """A method with known weights, and a batch, in the policy's type."""
    config = UNITConfig(**{**TINY, "variant": variant, **options})
    method = UNIT(config, image_size=(16, 16))
    rng = np.random.default_rng(11)
    for network in method.networks.values():
        network.set_weights(
            [rng.normal(0, 0.3, w.shape) for w in network.get_weights()]
        )
    kind = keras.mixed_precision.global_policy().compute_dtype
    return method, {
        domain: {
            "image": tf.constant(
                rng.uniform(-1, 1, (2, 16, 16, 3)).astype(kind)
            )
        }
        for domain in ("a", "b")
    }


def count(*networks):
    return sum(
        int(np.prod(weight.shape))
        for network in networks
        for weight in network.trainable_weights
    )


@pytest.mark.usefixtures("zero_weights")
def test_parameter_count_of_the_sheet():
    encoder, shared = BranchEncoder(64, 3), ResidualBlocks(256, 1)
    decoder = BranchDecoder(64, 3)
    encoder.build((None, 128, 128, 3))
    for network in (shared, decoder):
        network.build((None, 32, 32, 256))
    assert 2 * count(encoder, shared, decoder) == 18_017_286


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_official_code_gives_the_same(variant, float64):
    """The slope of leaky ReLU is a float32 in TensorFlow."""
    method, batch = seeded(variant)
    translated = method.translate(batch["a"])["image"]
    np.testing.assert_allclose(
        translated.numpy()[0][PIXELS], TRANSLATED[variant], atol=1e-8
    )
    losses = method.compute_losses(batch, training=False)
    expected = LOSSES[variant]
    weights = {
        f"{name}_{domain}": weight
        for name, weight in GENERATOR_WEIGHTS[variant].items()
        for domain in "ab"
    }
    assert set(losses["generator"]) == set(weights)
    for name, (value, weight) in losses["generator"].items():
        assert float(value) == pytest.approx(expected[name], rel=1e-7)
        assert weight == weights[name]
    for name, (value, weight) in losses["discriminator"].items():
        # Half of the authors' sum, with twice its weight.
        assert 2.0 * float(value) == pytest.approx(expected[name], rel=1e-7)
        assert weight == 2.0 * weights["adversarial_a"]
    assert set(losses["discriminator"]) == {
        "discriminator_a",
        "discriminator_b",
    }


def test_shared_weights_change_both_directions():
    method, batch = seeded()
    image = batch["a"]["image"]

    def translated():
        return [
            method.translate({"image": image}, direction)["image"].numpy()
            for direction in method.directions
        ]

    before = translated()
    for name in ("shared_encoder", "shared_decoder"):
        kernel = method.networks[name].trainable_weights[0]
        kernel.assign(-kernel)
        after = translated()
        for old, new in zip(before, after, strict=True):
            assert np.abs(old - new).max() > 1e-3
        before = after
    method.encoder_a.trainable_weights[0].assign_add(
        tf.ones((7, 7, 3, 2), tf.float32)
    )
    there, back = translated()
    assert np.abs(there - before[0]).max() > 1e-3
    np.testing.assert_array_equal(back, before[1])


def test_separate_domains_share_no_weight():
    method, _ = seeded("separate")
    assert not any(name.startswith("shared") for name in method.networks)
    ids = [
        {id(v) for n in "ed" for v in variables(method, n, domain)}
        for domain in "ab"
    ]
    assert ids[0] and not ids[0] & ids[1]


def variables(method, kind, domain):
    name = {"e": "encoder", "d": "decoder"}[kind]
    return method.networks[f"{name}_{domain}"].trainable_variables


@pytest.mark.parametrize("variant", VARIANTS)
def test_with_equal_networks_a_translation_is_a_reconstruction(variant):
    """Both are made of one draw of the code, in training too."""
    method, batch = seeded(variant)
    for name in ("encoder", "decoder"):
        method.networks[f"{name}_b"].set_weights(
            method.networks[f"{name}_a"].get_weights()
        )
    codes = {d: method.encode(batch[d]["image"], d) for d in "ab"}
    same, fake = method.crossed(codes, True, 62)
    for domain, other in ("ab", "ba"):
        np.testing.assert_array_equal(same[domain], fake[other])
    calm, _ = method.crossed(codes, False, 62)
    assert np.abs(calm["a"] - same["a"]).max() > 1e-3


def test_noise_is_normal_and_new_for_each_use_and_step():
    method, _ = seeded()
    zeros = tf.zeros((4, 16, 16, 8))

    def noise(domain="a", stream=62, training=True):
        return method.drawn(zeros, domain, training, stream).numpy()

    first = noise()
    assert abs(first.mean()) < 0.05 and abs(first.std() - 1) < 0.05
    np.testing.assert_array_equal(noise(), first)
    assert not noise(training=False).any()
    for other in (noise("b"), noise(stream=60), noise(stream=64)):
        assert abs(np.mean(other * first)) < 0.05
    method.count_step()
    assert abs(np.mean(noise() * first)) < 0.05


def test_translations_have_no_noise():
    method, batch = seeded()
    np.testing.assert_array_equal(
        method.translate(batch["a"])["image"],
        method.translate(batch["a"])["image"],
    )


def test_code_terms_are_mean_squares():
    method, batch = seeded()
    encode = method.encode
    terms = []
    for factor in (0.0, 1.0, 2.0):
        method.encode = lambda images, domain, factor=factor: (
            factor * encode(images, domain)
        )
        losses = method.compute_losses(batch, ["generator"], training=False)
        terms.append(float(losses["generator"]["code_a"].value))
    assert terms[0] == 0.0 and terms[1] > 0
    assert terms[2] == pytest.approx(4 * terms[1], rel=1e-5)


@pytest.mark.parametrize(
    ("weight", "names"),
    [
        ("cycle_weight", {"cycle_a", "cycle_b"}),
        ("reconstruction_weight", {"reconstruction_a", "reconstruction_b"}),
        (
            "code_weight",
            {"code_a", "code_b", "cycle_code_a", "cycle_code_b"},
        ),
    ],
)
def test_a_weight_of_0_leaves_terms_out(weight, names):
    method, batch = seeded(**{weight: 0.0})
    losses = method.compute_losses(batch, training=False)
    assert set(LOSSES["shared"]) - names == {
        name for terms in losses.values() for name in terms
    }


def test_options_that_are_none_follow_the_variant():
    config = UNITConfig(variant="separate", cycle_weight=3.0).chosen
    assert config.cycle_weight == 3.0 and config.reconstruction_weight == 10.0
    assert config.adversarial_loss == "lsgan"
    assert (config.discriminator_layers, config.discriminator_scales) == (4, 3)
    config = UNITConfig().chosen
    assert config.adversarial_loss == "vanilla"
    assert (config.discriminator_layers, config.discriminator_scales) == (6, 1)
    assert (
        UNITConfig(variant="separate", code_weight=0.0).chosen.code_weight == 0
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"blocks": 1, "shared_blocks": 2}, "`blocks`.*shared_blocks"),
        ({"cycle_weight": -1.0}, "`cycle_weight`"),
        (
            {"adversarial_weight": 0.0, "reconstruction_weight": 0.0},
            "`reconstruction_weight`.*nothing would train",
        ),
    ],
)
def test_wrong_options_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        UNITConfig(**options)


def test_network_configs_round_trip():
    for network in (
        BranchEncoder(2, 1),
        BranchDecoder(2, 1),
        ResidualBlocks(4, 2),
    ):
        again = type(network).from_config(network.get_config())
        assert again.get_config() == network.get_config()
