"""InstaGAN's networks: sizes of the sheet, order and padding of masks."""

import numpy as np
import pytest

from tfmask.networks import InstanceDiscriminator, InstanceGenerator

RNG = np.random.default_rng(0)
IMAGE = RNG.uniform(-1, 1, (2, 16, 12, 3)).astype("float32")
MASKS = RNG.uniform(-1, 1, (2, 3, 16, 12, 1)).astype("float32")
WIDE = {"class_name": "RandomNormal", "config": {"stddev": 0.3}}


def generator():
    return InstanceGenerator(filters=2, blocks=1, kernel_initializer=WIDE)


def discriminator(**arguments):
    return InstanceDiscriminator(
        filters=2, strided_layers=1, kernel_initializer=WIDE, **arguments
    )


def padded(masks, count):
    empty = np.full((len(masks), count, *masks.shape[2:]), -1.0, "float32")
    return np.concatenate([masks, empty], axis=1)


@pytest.mark.usefixtures("zero_weights")
def test_parameter_counts_of_the_sheet():
    network = InstanceGenerator()
    network.build((None, 200, 200, 3))
    assert network.count_params() == 26_815_108
    parts = ("image_encoder", "mask_encoder", "image_decoder", "mask_decoder")
    counts = [getattr(network, part).count_params() for part in parts]
    assert counts == [10_999_936, 10_993_664, 1_493_763, 3_327_745]


@pytest.mark.parametrize("strided_layers", [1, 2])
def test_strided_layers_halve_the_size(strided_layers):
    network = InstanceGenerator(
        filters=2, blocks=1, strided_layers=strided_layers
    )
    image, masks = network(IMAGE[:, :, :8], MASKS[:, :, :, :8])
    assert image.shape == (2, 16, 8, 3) and masks.shape == (2, 3, 16, 8, 1)
    factor = 2**strided_layers
    features = network.image_encoder(IMAGE[:, :, :8])
    assert features.shape == (2, 16 // factor, 8 // factor, 2 * factor)


@pytest.mark.usefixtures("zero_weights")
def test_discriminator_parameter_counts_of_the_sheet():
    network = InstanceDiscriminator()
    network.build((None, 200, 200, 3))

    def count(layer):
        return sum(int(np.prod(w.shape)) for w in layer.trainable_weights)

    assert count(network) == 9_721_729
    assert count(network.image_features) == 658_880
    assert count(network.mask_features) == 656_832


@pytest.mark.parametrize(
    ("size", "scores"),
    [((200, 200), (23, 23)), ((300, 200), (35, 23)), ((240, 160), (28, 18)),
     ((256, 256), (30, 30))],
)  # fmt: skip
def test_discriminator_maps_have_the_sheets_sizes(size, scores):
    network = InstanceDiscriminator(filters=1)
    image = np.zeros((1, *size, 3), "float32")
    masks = np.zeros((1, 1, *size, 1), "float32")
    assert network(image, masks).scores[0].shape == (1, *scores, 1)


def test_the_order_of_masks_only_orders_the_masks():
    network, order = generator(), [2, 0, 1]
    image, masks = network(IMAGE, MASKS)
    same, mixed = network(IMAGE, MASKS[:, order])
    np.testing.assert_allclose(same, image, atol=1e-5)
    np.testing.assert_allclose(mixed, masks.numpy()[:, order], atol=1e-5)
    judge = discriminator()
    np.testing.assert_allclose(
        judge(IMAGE, MASKS).scores,
        judge(IMAGE, MASKS[:, order]).scores,
        atol=1e-5,
    )


def test_empty_slots_change_nothing_and_stay_empty():
    network = generator()
    image, masks = network(IMAGE, MASKS)
    same, more = network(IMAGE, padded(MASKS, 2))
    np.testing.assert_allclose(same, image, atol=1e-5)
    np.testing.assert_allclose(more[:, :3], masks, atol=1e-5)
    assert np.all(more[:, 3:] == -1.0)
    judge = discriminator()
    np.testing.assert_allclose(
        judge(IMAGE, MASKS).scores,
        judge(IMAGE, padded(MASKS, 2)).scores,
        atol=1e-5,
    )


def test_examples_with_different_counts_do_not_mix():
    network, judge = generator(), discriminator()
    masks = MASKS.copy()
    masks[0, 1:] = -1.0
    image, translated_masks = network(IMAGE, masks)
    for number, count in ((0, 1), (1, 3)):
        one = slice(number, number + 1)
        alone, outlines = network(IMAGE[one], masks[one, :count])
        np.testing.assert_allclose(image[one], alone, atol=1e-5)
        np.testing.assert_allclose(
            translated_masks[one, :count], outlines, atol=1e-5
        )
        np.testing.assert_allclose(
            judge(IMAGE, masks).scores[0][one],
            judge(IMAGE[one], masks[one, :count]).scores[0],
            atol=1e-5,
        )


def test_every_mask_counts():
    network = generator()
    few, _ = network(IMAGE, MASKS[:, :2])
    many, _ = network(IMAGE, MASKS)
    assert np.abs(few - many).max() > 1e-3


def test_nothing_but_empty_slots_is_finite():
    empty = np.full_like(MASKS, -1.0)
    image, masks = generator()(IMAGE, empty)
    assert np.isfinite(image).all() and np.isfinite(masks).all()
    assert np.all(masks[:, 1:] == -1.0)
    assert np.isfinite(discriminator()(IMAGE, empty).scores).all()


def test_a_slot_said_to_be_valid_is_one_whatever_its_values():
    network = generator()
    valid = np.array([[True, True, False]] * 2)
    _, masks = network(IMAGE, MASKS, valid)
    np.testing.assert_array_equal(masks[:, 2], MASKS[:, 2])
    assert np.abs(masks[:, 1] - MASKS[:, 1]).max() > 1e-3


def test_spectral_normalisation_reaches_one_in_training_calls_only():
    judge = discriminator()
    judge(IMAGE, MASKS)
    layer = judge.mixing
    start = layer.vector.numpy()
    judge(IMAGE, MASKS, training=False)
    np.testing.assert_array_equal(layer.vector, start)
    for _ in range(60):
        judge(IMAGE, MASKS, training=True)
    used = layer._kernel_for_use(False).numpy()
    largest = np.linalg.norm(used.reshape(-1, used.shape[-1]), 2)
    assert largest == pytest.approx(1.0, abs=1e-2)


@pytest.mark.parametrize("make", [generator, discriminator])
def test_config_and_weights_restore_the_function(make):
    network = make()
    expected = network(IMAGE, MASKS)
    twin = type(network).from_config(network.get_config())
    twin.build((None, 16, 12, 3))
    twin.set_weights(network.get_weights())
    outputs = twin(IMAGE, MASKS)
    if make is discriminator:
        expected, outputs = expected.scores, outputs.scores
    for one, other in zip(expected, outputs, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
