"""CUT's networks, and its losses on them, next to the official code's."""

import numpy as np
import pytest
import tensorflow as tf
from tiny_methods import term_values

from tfmask.methods.cut.config import CUTConfig
from tfmask.methods.cut.method import CUT
from tfmask.methods.cut.networks import PatchProjection

pytestmark = pytest.mark.usefixtures("float64")
# Of the official code (taesungp/contrastive-unpaired-translation b3ac297) on
# `seeded`'s weights and images, PyTorch 2.13 in float64: the translation at
# four pixels, four scores, and losses of all patches, CUT's and those of
# FastCUT in a step that mirrors.
PIXELS = ([0, 3, 17, 31], [0, 12, 5, 31])
TRANSLATION = [
    [-0.919887536638, 0.037334014389, 0.999276714618],
    [-0.944717797253, -0.82393947211, 0.999933490214],
    [-0.451072363363, 0.040239940009, 0.587899759026],
    [-0.968247629352, -0.24475388729, 0.999999453195],
]
SCORES = [[3.3545237687, 2.4218848622], [-0.9825673867, 0.5779438599]]
LOSSES = {
    "discriminator": 7.076264217914635,
    "adversarial": 2.18637199463947,
    "nce": 7.573861271107336,
    "nce_identity": 7.1839251708125875,
}
MIRRORED_LOSSES = {
    "discriminator": 10.345927914838182,
    "adversarial": 8.723808412136394,
    "nce": 7.694155602150497,
}
FAST = {"nce_weight": 10.0, "nce_identity": False, "flip_equivariance": True}


def seeded(**options):
    """A method with known weights, and a batch, in float64."""
    config = CUTConfig(
        filters=2,
        blocks=4,
        nce_layers=(0, 4, 8, 12, 15),
        patches=10_000,  # all
        projection_units=8,
        discriminator_filters=2,
        **options,
    )
    method = CUT(config, image_size=(32, 32))
    encoder, decoder = method.generator.encoder, method.generator.decoder
    layers = [*encoder.convolutions]
    for block in encoder.residual_blocks:
        layers += [block.first, block.second]
    layers += [*decoder.upsamplings, decoder.last]
    projection = method.projection
    for pair in zip(projection.first, projection.second, strict=True):
        layers += pair
    rng = np.random.default_rng(7)
    for layer in [*layers, *method.discriminator.convolutions]:
        layer.set_weights(
            [rng.normal(0, 0.3, w.shape) for w in layer.get_weights()]
        )
    return method, {
        domain: {"image": tf.constant(rng.uniform(-1, 1, (2, 32, 32, 3)))}
        for domain in "ab"
    }


def losses_of(method, batch):
    losses = method.compute_losses(batch)
    return term_values(losses)


@pytest.mark.both_stacks
def test_the_official_code_gives_the_same():
    method, batch = seeded()
    image = batch["a"]["image"]
    translation = method.translate({"image": image})["image"].numpy()
    np.testing.assert_allclose(translation[0][PIXELS], TRANSLATION, atol=1e-11)
    (scores,) = method.discriminator(image).scores
    # TensorFlow holds the slope 0.2 of leaky ReLUs in float32.
    np.testing.assert_allclose(scores[0, :2, :2, 0], SCORES, atol=1e-6)
    assert losses_of(method, batch) == pytest.approx(LOSSES, rel=1e-7)


@pytest.mark.both_stacks
def test_and_in_a_step_that_mirrors(monkeypatch):
    method, batch = seeded(**FAST)
    monkeypatch.setattr(method, "_flipped", lambda training: tf.constant(True))
    expected = pytest.approx(MIRRORED_LOSSES, rel=1e-7)
    assert losses_of(method, batch) == expected


@pytest.mark.usefixtures("zero_weights")
def test_parameter_counts_of_the_official_code():
    method = CUT(CUTConfig(), image_size=(256, 256))
    counts = {
        name: network.count_params()
        for name, network in method.networks.items()
    }
    assert counts == {
        "generator": 11_378_179,
        "projection": 560_384,
        "discriminator": 2_764_737,
    }


@pytest.mark.both_stacks
def test_projections_have_length_one_also_of_nothing():
    network = PatchProjection((3, 5), units=4, name="projection")
    network.build(None)
    first = tf.Variable(np.zeros((1, 2, 3)))
    second = tf.Variable(np.random.default_rng(0).normal(size=(2, 6, 5)))
    with tf.GradientTape() as tape:
        projected = network([first, second])
        total = tf.add_n([tf.reduce_sum(vectors) for vectors in projected])
    assert [vectors.shape for vectors in projected] == [(1, 2, 4), (2, 6, 4)]
    np.testing.assert_array_equal(projected[0], 0)
    lengths = np.linalg.norm(projected[1], axis=-1)
    np.testing.assert_allclose(lengths, 1, rtol=1e-5)
    for gradient in tape.gradient(total, [first, second]):
        assert np.isfinite(gradient).all()


def test_config_and_saved_weights_restore_the_projection(tmp_path):
    network = PatchProjection((3, 5), units=4)
    vectors = [np.random.default_rng(0).normal(size=(1, 2, n)) for n in (3, 5)]
    expected = network(vectors)  # Keras 2 saves only what was called
    network.save_weights(tmp_path / "network.weights.h5")
    again = PatchProjection.from_config(network.get_config())
    assert again.get_config() == network.get_config()
    again.build(None)
    assert np.abs(again(vectors)[0] - expected[0]).max() > 0
    again.load_weights(tmp_path / "network.weights.h5")
    for ours, values in zip(again(vectors), expected, strict=True):
        np.testing.assert_array_equal(ours, values)
