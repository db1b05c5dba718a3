"""The classifying discriminator: counts, sizes, the split of its trunk."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmask.networks import AttributeDiscriminator
from tfmask.ops.errors import UserError

RNG = np.random.default_rng(0)
IMAGE = RNG.uniform(-1, 1, (2, 32, 32, 3)).astype("float32")
LOMIT = {"padding_mode": "reflect", "head_bias": True}


def tiny(**arguments):
    return AttributeDiscriminator(
        **{"attributes": 3, "filters": 4, "strided_layers": 4, **arguments}
    )


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        ({"attributes": 5}, 44_762_048),  # StarGAN: 44.76 M
        # LOMIT: 44.8 M, biases of both heads.
        ({"attributes": 4, **LOMIT}, 44_753_861),
    ],
)
@pytest.mark.usefixtures("zero_weights")
def test_parameter_counts_of_the_sheets(arguments, count):
    network = AttributeDiscriminator(**arguments)
    network.build((None, 128, 128, 3))
    assert network.count_params() == count


@pytest.mark.parametrize(("side", "layers"), [(128, 6), (64, 5)])
def test_two_by_two_patches_and_one_logit_an_attribute(side, layers):
    network = AttributeDiscriminator(
        attributes=5, filters=1, strided_layers=layers
    )
    (scores,), logits, *_ = network(np.zeros((3, side, side, 3), "float32"))
    assert scores.shape == (3, 2, 2, 1)
    assert logits.shape == (3, 5)
    assert scores.dtype == logits.dtype == tf.float32


@pytest.mark.parametrize("arguments", [{}, LOMIT])
def test_the_trunk_splits_at_any_layer(arguments):
    network = tiny(**arguments)
    expected = network(IMAGE)
    for layer in range(5):
        features = network.features(IMAGE, last=layer)
        assert features.shape[1] == 32 // 2**layer
        judged = network.heads(network.features(features, first=layer))
        np.testing.assert_array_equal(judged.scores[0], expected.scores[0])
        np.testing.assert_array_equal(judged.logits, expected.logits)


def test_heads_have_biases_where_asked_for():
    for arguments, bias in (({}, False), (LOMIT, True)):
        network = tiny(**arguments)
        network.build((None, 32, 32, 3))
        for head in (network.score_head, network.class_head):
            assert (len(head.weights) == 2) == bias


def test_the_class_head_sees_everything_a_score_a_patch():
    network = tiny(strided_layers=3)
    image = tf.Variable(IMAGE[:, :32, :32])
    network.build((None, 32, 32, 3))
    with tf.GradientTape(persistent=True) as tape:
        (scores,), logits, *_ = network(image)
        corner, logit = scores[0, 0, 0, 0], logits[0, 0]
    assert not tape.gradient(corner, image)[0, -4:, -4:].numpy().any()
    assert (np.abs(tape.gradient(logit, image)[0]).sum(-1) > 0).all()


def test_negative_values_keep_a_hundredth():
    network = tiny(strided_layers=1)
    network.build((None, 32, 32, 3))
    layer = network.convolutions[0]
    layer.set_weights([np.zeros((4, 4, 3, 4)), np.full(4, -2.0)])
    np.testing.assert_allclose(network.features(IMAGE), -0.02, rtol=1e-6)


def test_config_and_saved_weights_restore_the_function(tmp_path):
    network = tiny(**LOMIT)
    expected = network(IMAGE)
    network.save_weights(tmp_path / "network.weights.h5")
    again = AttributeDiscriminator.from_config(network.get_config())
    again.build((None, 32, 32, 3))
    again.load_weights(tmp_path / "network.weights.h5")
    for one, other in zip(again(IMAGE), expected, strict=True):
        np.testing.assert_array_equal(one, other)

    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    np.testing.assert_array_equal(loaded(IMAGE)[1], expected[1])


@pytest.mark.parametrize(
    ("shape", "arguments"),
    [((32, 16), {}), ((24, 24), {}), ((8, 8), {}), ((16, 16), LOMIT)],
)
def test_images_that_do_not_fit_are_refused(shape, arguments):
    with pytest.raises(UserError, match="multiple of 16.*discriminator"):
        tiny(**arguments).build((None, *shape, 3))
