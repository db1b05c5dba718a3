"""Attention-GAN: the official code's numbers, and what its terms ask for."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from precisions import policy
from tiny_methods import TINY, batch, term_values

from tfmask.layers import xavier_initializer
from tfmask.losses import dice, mask_cross_entropy
from tfmask.methods import preset_config
from tfmask.methods.chen_attention_gan.config import ChenAttentionGANConfig
from tfmask.methods.chen_attention_gan.method import ChenAttentionGAN
from tfmask.methods.chen_attention_gan.networks import AbsoluteAttention
from tfmask.ops.schedules import EpochwiseHalving

SEEDED = {
    **{"filters": 4, "blocks": 1, "identity_weight": 5.0, "pool_size": 0},
    **{"attention_filters": 4, "attention_blocks": 1},
    **{"discriminator_filters": 4, "discriminator_layers": 2},
}
# Of the official code (xinyuanc91/Attention-GAN 353152d, `backward_G` and
# `backward_D_basic` of models/cycle_attn_gan_model.py) on `seeded`'s weights
# and images, PyTorch 2.13 in float64: unweighted terms; the translation and
# the attention at four pixels; norms of all gradients of a network.
TERMS = {
    "adversarial_b": 3.895698909145,
    "adversarial_a": 4.069235147236,
    "cycle_a": 0.821141405032,
    "cycle_b": 0.813820776650,
    "identity_b": 0.866388860450,
    "identity_a": 0.865849643612,
    "sparsity_a": 0.812155736126,
    "sparsity_b": 0.827250399492,
    "consistency_b": 0.245682718444,
    "consistency_a": 0.253553233983,
    "discriminator_b": 2.629438890707,
    "discriminator_a": 9.482283388159,
}
PIXELS = (0, [0, 3, 8, 15], [0, 12, 5, 15])
FAKE_B = [
    [-0.996839009494, -0.543063420905, 0.99431042119],
    [-0.714339845244, -0.095905540332, 0.252458188355],
    [-0.923948046818, 0.85097033344, -0.892747874177],
    [0.672950801443, 0.27264167304, -0.264642646998],
]
ATTENTION_A = [0.999995650533, 0.998259716534, 0.913679593165, 0.584454009888]
GRADIENTS = {
    "generator_a_to_b": 105.062351848,
    "generator_b_to_a": 122.729394710,
    "attention_a": 162.812692643,
    "attention_b": 168.173365286,
    "discriminator_b": 18.548486042,
    "discriminator_a": 33.937726072,
}


def layers_of(network):
    if hasattr(network, "encoder"):
        blocks = network.encoder.residual_blocks
        return [
            *network.encoder.convolutions,
            *(layer for b in blocks for layer in (b.first, b.second)),
            *network.decoder.upsamplings,
            network.decoder.last,
        ]
    return network.convolutions


def seeded():
    """A method with known weights, and images of both domains."""
    config = ChenAttentionGANConfig(**SEEDED)
    method = ChenAttentionGAN(config, image_size=(16, 16))
    rng = np.random.default_rng(11)
    for name in GRADIENTS:
        for layer in layers_of(method.networks[name]):
            layer.set_weights(
                [rng.normal(0, 0.3, w.shape) for w in layer.get_weights()]
            )
    images = [rng.uniform(-1, 1, (2, 16, 16, 3)) for _ in "ab"]
    return method, {
        domain: {"image": tf.constant(image, tf.float64)}
        for domain, image in zip("ab", images, strict=True)
    }


def attention_gan(*, side=8, **options):
    tiny = {**TINY, "attention_filters": 2, "attention_blocks": 1, **options}
    config = ChenAttentionGANConfig(**tiny)
    return ChenAttentionGAN(config, image_size=(side, side))


def losses_of(method, examples=None):
    losses = method.compute_losses(examples or batch(), training=False)
    return term_values(losses)


def without_attention(method):
    for domain in "ab":
        last = method.networks[f"attention_{domain}"].decoder.last
        last.set_weights([0 * weight for weight in last.get_weights()])
    return method


@pytest.mark.usefixtures("zero_weights")
def test_parameter_count_of_the_sheet():
    network = AbsoluteAttention(blocks=6)
    network.build((None, 256, 256, 3))
    assert network.count_params() == 7_831_425
    config = ChenAttentionGANConfig()
    assert (config.attention_filters, config.attention_blocks) == (64, 6)


@pytest.mark.medium
def test_the_official_code_gives_the_same():
    with policy("float64"):
        method, examples = seeded()
        translation = method.translate(examples["a"])
        np.testing.assert_allclose(
            translation["image"].numpy()[PIXELS], FAKE_B, atol=1e-9
        )
        np.testing.assert_allclose(
            translation["mask"].numpy()[PIXELS][:, 0], ATTENTION_A, atol=1e-9
        )
        assert losses_of(method, examples) == pytest.approx(TERMS, rel=1e-6)
        with tf.GradientTape(persistent=True) as tape:
            losses = method.compute_losses(examples, training=False)
            totals = {p: method.total_loss(losses[p]) for p in losses}
        for player, total in totals.items():
            for name in method.players[player].networks:
                variables = method.networks[name].trainable_variables
                gradients = tape.gradient(total, variables)
                norm = float(tf.linalg.global_norm(gradients))
                assert norm == pytest.approx(GRADIENTS[name], rel=1e-6), name


def test_no_attention_changes_nothing_and_costs_nothing():
    method = without_attention(attention_gan())
    image = batch()["a"]["image"]
    translation = method.translate({"image": image})
    np.testing.assert_array_equal(translation["image"], image)
    losses = losses_of(method)
    for kind in ("cycle", "sparsity", "consistency"):
        for domain in "ab":
            assert losses[f"{kind}_{domain}"] == 0.0
    assert not any(name.startswith("identity") for name in losses)


def test_the_translation_lies_between_input_and_generated():
    method = attention_gan()
    image = batch()["b"]["image"]
    translation = method.translate({"image": image}, "b_to_a")
    mask = method.attend(image, "b")
    np.testing.assert_array_equal(translation["mask"], mask)
    generated = method.generator_b_to_a(image)
    expected = mask * generated + (1 - mask) * image
    np.testing.assert_allclose(translation["image"], expected, atol=1e-6)
    low = np.minimum(image, generated) - 1e-6
    high = np.maximum(image, generated) + 1e-6
    between = translation["image"].numpy()
    assert (low <= between).all() and (between <= high).all()
    assert mask.numpy().std() > 0.01


def test_a_callers_mask_replaces_it():
    method = attention_gan()
    image = batch()["a"]["image"]
    mask = np.zeros((2, 8, 8, 1), "float32")
    mask[:, :4] = 1.0
    translation = method.translate({"image": image, "mask": tf.constant(mask)})
    np.testing.assert_array_equal(translation["mask"], mask)
    np.testing.assert_array_equal(translation["image"][:, 4:], image[:, 4:])
    generated = method.generator_a_to_b(image)
    np.testing.assert_array_equal(translation["image"][:, :4], generated[:, :4])


def test_consistency_does_not_pull_what_it_compares_with():
    """Of a translation that does not depend on attention_a."""
    method = attention_gan()
    constant = tf.zeros((2, 8, 8, 3))
    method._composite = lambda *_: constant
    with tf.GradientTape(persistent=True) as tape:
        losses = method.compute_losses(batch(), training=False)
        value = losses["generator"]["consistency_a"].value
    own, other = (
        tape.gradient(value, method.networks[name].trainable_variables)
        for name in ("attention_a", "attention_b")
    )
    assert all(gradient is None for gradient in own)
    assert all(gradient is not None for gradient in other)


def test_lessons_measure_as_asked():
    rng = np.random.default_rng(3)
    mask, region = rng.uniform(0, 1, (2, 2, 8, 8, 1)).astype("float32")
    paper = attention_gan(lesson_loss="l1").lesson_loss(mask, region)
    expected = np.abs(mask - region).mean((1, 2, 3))
    np.testing.assert_allclose(paper, expected, rtol=1e-5)
    shared = attention_gan().lesson_loss(mask, region)
    expected = mask_cross_entropy(mask, region) + dice(mask, region)
    np.testing.assert_array_equal(shared, expected)


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_taught_masks_stay_unless_lessons_go_on(weight):
    method = attention_gan(
        lesson_epochs=1, given_masks=(2, 2), lesson_weight=weight
    )
    assert method.players["lessons"].networks == ("attention_a", "attention_b")
    assert method.phase == ("given",) and method.frozen == ()
    method.phase = method.phase_at(1)
    frozen = () if weight else ("attention_a", "attention_b")
    assert method.phase == ("after",) and method.frozen == frozen
    assert "true masks" in method.spec.mask


def test_kernels_start_as_xavier_says():
    kernels = [
        keras.initializers.get(xavier_initializer())(shape).numpy()
        for shape in ((3, 3, 32, 96), (3, 3, 96, 32))
    ]
    for kernel in kernels:
        stddev = np.sqrt(2 / (9 * 32 + 9 * 96))
        np.testing.assert_allclose(kernel.std(), stddev, rtol=0.02)
        # Not cut at two deviations.
        assert np.abs(kernel).max() > 3 * stddev
    normal = attention_gan(initializer="normal").common["kernel_initializer"]
    assert normal["config"]["stddev"] == TINY["initializer_stddev"]
    xavier = attention_gan().common["kernel_initializer"]
    assert xavier == xavier_initializer()


def test_the_presets_are_the_official_script():
    config = preset_config("chen_attention_gan", "paper", "photos")
    assert (config.run.epochs, config.run.batch_size) == (210, 4)
    options = config.optimizer
    schedule = EpochwiseHalving(
        options.learning_rate,
        epoch_steps=10,
        constant_epochs=options.constant_epochs,
        halving_epochs=options.halving_epochs,
        factor=options.halving_factor,
    )
    for epoch, rate in ((0, 2e-4), (99.9, 2e-4), (100, 2e-5), (209, 2e-6)):
        got = float(schedule(int(epoch * 10)))
        np.testing.assert_allclose(got, rate, rtol=1e-5)
    method = config.method
    assert (method.blocks, method.pool_size) == (9, 50)
    assert (method.cycle_weight, method.identity_weight) == (10, 0)
    assert (method.sparsity_weight, method.consistency_weight) == (1, 1)


def test_wrong_options_are_named():
    with pytest.raises(ValueError, match="`sparsity_weight` must be 0 or"):
        ChenAttentionGANConfig(sparsity_weight=-1.0)
    with pytest.raises(ValueError, match="`attention_filters` must be above"):
        ChenAttentionGANConfig(attention_filters=0)
