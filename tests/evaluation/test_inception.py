"""Inception networks: formats of weights, resizes, what is refused."""

import hashlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from inception_toys import frozen_graph, saved_model

from tfmask.evaluation import inception
from tfmask.ops.errors import UserError


def flat_images(*colours):
    """(B, 299, 299, 3) float32, each of one colour."""
    return np.broadcast_to(
        np.array(colours, "float32")[:, None, None], (len(colours), 299, 299, 3)
    )


def test_a_saved_model_gives_features_and_logits(tmp_path):
    network = inception.open_inception(saved_model(tmp_path / "model"))
    outputs = network.run(flat_images((255.0, 0.0, 9.0), (127.5, 51.0, 0.0)))
    expected = [[1.0, -1.0], [0.0, -0.6]]
    np.testing.assert_allclose(outputs["features"], expected, atol=1e-3)
    np.testing.assert_allclose(
        outputs["logits"], 3 * np.array(expected), atol=3e-3
    )
    assert len(network.about["sha256"]) == 64
    assert "no antialiasing" in network.about["resize"]


def test_a_frozen_graph_takes_any_batch_and_leaves_the_bias_out(tmp_path):
    path = frozen_graph(tmp_path / "classify_image_graph_def.pb")
    network = inception.open_inception(path)
    outputs = network.run(flat_images((192.0, 0, 0), (128, 64, 0), (0, 0, 0)))
    expected = np.array([[0.5, -1.0], [0.0, -0.5], [-1.0, -1.0]])
    np.testing.assert_allclose(outputs["features"], expected, atol=1e-6)
    np.testing.assert_allclose(outputs["logits"], 3 * expected, atol=1e-6)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert network.about["sha256"] == digest


def test_resizes_are_what_they_are_called():
    ramp = np.broadcast_to(
        np.array([0, 100], "uint8")[None, :, None], (2, 2, 3)
    )
    legacy = inception._legacy(ramp).numpy()
    # No half-pixel centres: pixel x reads the place 2 x / 299 of two pixels.
    places = np.minimum(np.arange(299) * 2 / 299, 1.0)
    np.testing.assert_allclose(legacy[7, :, 1], 100 * places, atol=1e-3)
    smooth = inception._antialiased(ramp).numpy()
    places = np.clip((np.arange(299) + 0.5) * 2 / 299 - 0.5, 0.0, 1.0)
    np.testing.assert_allclose(smooth[7, :, 1], 100 * places, atol=1e-3)
    # Shrinking: one line in ten is lost, or averaged.
    lines = np.zeros((299, 2990, 3), "uint8")
    lines[:, ::10] = 250
    assert inception._legacy(lines).numpy().min() == 250
    inner = inception._antialiased(lines).numpy()[:, 5:-5]
    np.testing.assert_allclose(inner, 25.0, atol=3.0)


def small_network(monkeypatch):
    """Stands in for InceptionV3, which takes seconds to build."""

    def network(side=299):
        return keras.Sequential(
            [
                keras.layers.Input((side, side, 3)),
                keras.layers.Conv2D(4, 3, strides=8, name="one"),
                keras.layers.GlobalAveragePooling2D(name="two"),
            ]
        )

    monkeypatch.setattr(inception, "_keras_network", network)
    return network()


def test_random_weights_are_always_the_same(monkeypatch):
    small_network(monkeypatch)
    network = inception.random_inception()
    assert "UNTRAINED" in network.about["warning"]
    random = np.random.default_rng(0)
    images = random.uniform(0, 255, (2, 299, 299, 3)).astype("float32")
    # He's deviation, of 3 x 3 x 3 inputs; another session must mean the same.
    kernel = np.random.default_rng(0).normal(0, (2 / 27) ** 0.5, (3, 3, 3, 4))
    expected = tf.nn.conv2d(
        images / 127.5 - 1.0, tf.cast(kernel, tf.float32), 8, "VALID"
    )
    np.testing.assert_allclose(
        network.run(images)["features"],
        tf.reduce_mean(expected, [1, 2]),
        atol=1e-4,
    )


@pytest.mark.slow
def test_the_network_is_inception_without_top():
    network = inception._keras_network()
    assert network.count_params() == 21_802_784
    assert network.output_shape == (None, 2048)


def test_keras_weights_are_loaded(monkeypatch, tmp_path):
    network = small_network(monkeypatch)
    path = tmp_path / "some.weights.h5"
    network.save_weights(path)
    opened = inception.open_inception(path)
    images = flat_images((255.0, 0.0, 51.0))
    np.testing.assert_allclose(
        opened.run(images)["features"], network(images / 127.5 - 1), rtol=1e-5
    )
    assert opened.about["weights"] == str(path)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda d: d / "gone.h5", "which is not there"),
        (
            lambda d: (d / "x.pt", (d / "x.pt").write_text("x"))[0],
            "must be Ker",
        ),
        (lambda d: (d / "f", (d / "f").mkdir())[0], "is not a SavedModel"),
        (
            lambda d: (d / "x.h5", (d / "x.h5").write_text("x"))[0],
            "does not hold weights of Keras' InceptionV3",
        ),
        (
            lambda d: (d / "x.pb", (d / "x.pb").write_text("x"))[0],
            "is not a frozen graph",
        ),
        (lambda d: frozen_graph(d / "x.pb", "pool_4"), "has no node pool_3"),
    ],
)
def test_wrong_weights_are_refused(make, message, monkeypatch, tmp_path):
    small_network(monkeypatch)
    with pytest.raises(UserError, match=message) as raised:
        inception.open_inception(make(tmp_path))
    assert "`--weights" in str(raised.value)


def test_weights_of_another_network_are_refused(monkeypatch, tmp_path):
    small_network(monkeypatch)
    other = keras.Sequential(
        [keras.layers.Input((4,)), keras.layers.Dense(3, name="three")]
    )
    path = tmp_path / "other.weights.h5"
    other.save_weights(path)
    with pytest.raises(UserError, match="other.weights.h5` does not hold"):
        inception.open_inception(path)
    tf.saved_model.save(tf.Module(), str(tmp_path / "empty"))
    with pytest.raises(UserError, match="empty` must be a function of images"):
        inception.open_inception(tmp_path / "empty")
    folder = saved_model(tmp_path / "model", ("features", "logits"))
    network = inception.open_inception(folder)
    with pytest.raises(UserError, match="Got: features, logits"):
        network.run(flat_images((0.0, 0.0, 0.0)))


def test_a_folders_hash_sees_names_and_contents(tmp_path):
    hashes = set()
    for name, text in (("a", "x"), ("b", "x"), ("a", "y")):
        folder = tmp_path / f"{name}{text}"
        (folder / "in").mkdir(parents=True)
        (folder / "in" / name).write_text(text)
        hashes.add(inception.sha256_of(folder))
    assert len(hashes) == 3


def test_tensors_are_float32():
    image = np.zeros((8, 9, 3), "uint8")
    for resize in (inception._legacy, inception._antialiased):
        resized = resize(image)
        assert resized.shape == (299, 299, 3) and resized.dtype == tf.float32
