"""Inception networks that give the features of images for KID, FID and IS.

Do not compare numbers of different networks, or of one network with different
resizing. Every network describes itself in `about`. The package downloads no
weights.
"""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError

from tfmask.evaluation.feature_sets import FeatureNetwork
from tfmask.ops.errors import UserError
from tfmask.ops.files import sha256_of

SIDE = 299
RANDOM_SEED = 0
KERAS_FILES = (".h5", ".hdf5", ".keras")
WEIGHTS = (
    "Keras' InceptionV3 weights without top (.h5), the folder of TF-GAN's "
    "SavedModel, or the graph classify_image_graph_def.pb"
)
_KERAS = "Keras InceptionV3, average pooled"


def open_inception(weights):
    """The network that a file or folder of weights is for.

    Args:
        weights: path of a file or folder that `WEIGHTS` lists.

    Returns:
        `FeatureNetwork` of (SIDE, SIDE) images.

    Raises:
        UserError: the path is missing, or it belongs to another network.
    """
    weights = Path(weights)
    if not weights.exists():
        raise UserError(
            f"`--weights` must be {WEIGHTS}. Got: `{weights}`, which is not "
            "there."
        )
    if weights.is_dir():
        return _saved_model(weights)
    if weights.suffix == ".pb":
        return _frozen_graph(weights)
    if weights.suffix in KERAS_FILES:
        return _keras_weights(weights)
    raise UserError(f"`--weights` must be {WEIGHTS}. Got: `{weights}`")


def random_inception():
    """InceptionV3 with random weights: untrained, but always the same.

    Use it if there are no weights. It tells images apart like all convolutions,
    but not like people.

    Returns:
        `FeatureNetwork` of (SIDE, SIDE) images.
    """
    about = {
        "network": _KERAS,
        "weights": f"random, seed {RANDOM_SEED}",
        "sha256": None,
        "warning": (
            "UNTRAINED features: the network has random weights. Compare "
            "these numbers with each other only, not with published ones."
        ),
    }
    return _of_keras(_randomised(), about)


def _randomised():
    network = _keras_network()
    random = np.random.default_rng(RANDOM_SEED)
    for layer in network.layers:
        if isinstance(layer, keras.layers.Conv2D):
            shape = layer.kernel.shape
            # These are He's weights. Keras' own initial weights make the
            # features almost 0.
            deviation = np.sqrt(2.0 / np.prod(shape[:3]))
            layer.kernel.assign(random.normal(0.0, deviation, shape))
    return network


def keras_inception(side=SIDE, weights=None):
    """Keras' InceptionV3 without top, average pooled.

    Args:
        side: int, pixels of the images, 75 or more.
        weights: path of Keras' own weights. None: random weights of Keras.

    Returns:
        Keras model of (B, side, side, 3) images in [-1, 1] to (B, 2048).

    Raises:
        UserError: the file holds no such weights.
    """
    network = _keras_network(side)
    if weights is None:
        return network
    try:
        network.load_weights(str(weights))
    except (ValueError, OSError, KeyError) as error:
        raise UserError(
            f"`--weights` `{weights}` does not hold weights of Keras' "
            f"InceptionV3 without top ({network.count_params():,} "
            f"parameters): {_first_line(error)}"
        ) from error
    return network


def _keras_network(side=SIDE):
    return keras.applications.InceptionV3(
        include_top=False,
        weights=None,
        input_shape=(side, side, 3),
        pooling="avg",
    )


def _keras_weights(path):
    network = keras_inception(weights=path)
    about = {
        "network": _KERAS,
        "weights": str(path),
        "sha256": sha256_of(path),
        "warning": (
            "Keras trained its InceptionV3 anew: published KID and FID are "
            "of another network. Compare numbers of these weights only."
        ),
    }
    return _of_keras(network, about)


def _of_keras(network, about):
    @_on_images
    def run(images):
        features = network(images / 127.5 - 1.0, training=False)
        return {"features": features}

    return FeatureNetwork(
        {**about, "resize": "bilinear, antialiased"}, _antialiased, run
    )


def _saved_model(folder):
    try:
        model = tf.saved_model.load(str(folder))
    except (OSError, ValueError, tf.errors.OpError) as error:
        raise UserError(
            f"`--weights` `{folder}` is not a SavedModel: {_first_line(error)}"
        ) from error
    if not callable(model):
        raise UserError(
            f"`--weights` `{folder}` must be a function of images, as TF-GAN's "
            "Inception is. Got: a SavedModel that cannot be called"
        )

    @_on_images
    def run(images):
        outputs = model(images / 127.5 - 1.0)
        if not isinstance(outputs, dict) or not {"pool_3", "logits"} <= set(
            outputs
        ):
            got = (
                ", ".join(sorted(outputs))
                if isinstance(outputs, dict)
                else outputs
            )
            raise UserError(
                f"`--weights` `{folder}` must give `pool_3` and `logits`, as "
                f"TF-GAN's Inception does. Got: {got}"
            )
        return {
            "features": _flat(outputs["pool_3"]),
            "logits": _flat(outputs["logits"]),
        }

    return _of_original(folder, "Inception of TF-GAN (SavedModel)", run)


def _frozen_graph(path):
    graph = tf.compat.v1.GraphDef()
    try:
        graph.ParseFromString(path.read_bytes())
    except DecodeError as error:
        raise UserError(
            f"`--weights` `{path}` is not a frozen graph: {_first_line(error)}"
        ) from error
    known = {node.name for node in graph.node}
    missing = [
        name
        for name in ("ExpandDims", "pool_3", "softmax/logits/MatMul")
        if name not in known
    ]
    if missing:
        raise UserError(
            f"`--weights` `{path}` must be the Inception graph of 2015 "
            "(classify_image_graph_def.pb). It has no node "
            f"{', '.join(missing)}"
        )

    # It runs in a session, because TensorFlow 2 has a kernel for this old batch
    # normalisation only in old graphs.
    with tf.Graph().as_default() as holder:
        images = tf.compat.v1.placeholder(tf.float32, [None, SIDE, SIDE, 3])
        # The resizing and scaling of the graph come after this node.
        pool, product = tf.graph_util.import_graph_def(
            graph,
            input_map={"ExpandDims:0": images},
            return_elements=["pool_3:0", "softmax/logits/MatMul:0"],
            name="",
        )
        features = _flat(pool)
        # The original score leaves out the bias of the last layer.
        logits = tf.matmul(features, product.op.inputs[1])
    session = tf.compat.v1.Session(graph=holder)
    fetches = {"features": features, "logits": logits}
    return _of_original(
        path,
        "Inception of 2015 (classify_image_graph_def.pb)",
        lambda batch: session.run(fetches, {images: batch}),
    )


def _of_original(path, name, run):
    about = {
        "network": name,
        "weights": str(path),
        "sha256": sha256_of(path),
        "resize": "bilinear of TensorFlow 1 (no antialiasing, corners)",
    }
    return FeatureNetwork(about, _legacy, run)


def _on_images(function):
    return tf.function(
        function,
        autograph=False,
        input_signature=[tf.TensorSpec([None, SIDE, SIDE, 3], tf.float32)],
    )


def _antialiased(image):
    return tf.image.resize(image, (SIDE, SIDE), "bilinear", antialias=True)


def _legacy(image):
    resized = tf.raw_ops.ResizeBilinear(
        images=tf.cast(image, tf.float32)[None],
        size=(SIDE, SIDE),
        align_corners=False,
        half_pixel_centers=False,
    )
    return resized[0]


def _flat(values):
    """(B, ..., D) with ones between to (B, D)."""
    return tf.reshape(values, (-1, values.shape[-1]))


def _first_line(error):
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
