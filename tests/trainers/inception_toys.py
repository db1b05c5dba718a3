"""Networks with two features in the formats of Inception's weights.

The features are the image's mean of the first and of the second channel, in
[-1, 1]; the two logits are 3 times these.
"""

import tensorflow as tf

WEIGHT = [[3.0, 0.0], [0.0, 3.0]]


class _Toy(tf.Module):
    def __init__(self, names):
        super().__init__()
        self.names = names

    @tf.function(
        input_signature=[tf.TensorSpec([None, 299, 299, 3], tf.float32)]
    )
    def __call__(self, images):
        features = tf.reduce_mean(images, [1, 2], keepdims=True)[..., :2]
        logits = features[:, 0, 0] @ tf.constant(WEIGHT)
        return dict(zip(self.names, (features, logits), strict=True))


def saved_model(folder, names=("pool_3", "logits")):
    """Writes a SavedModel with the inputs and outputs of TF-GAN's Inception."""
    tf.saved_model.save(_Toy(names), str(folder))
    return folder


def frozen_graph(path, pool="pool_3"):
    """Writes a graph with the node names of the Inception of 2015.

    As in that graph, the batch size is fixed to 1 after the features, and there
    is a batch normalisation that TensorFlow 2 does not have any more.
    """
    with tf.Graph().as_default() as graph:
        raw = tf.compat.v1.placeholder(tf.float32, [299, 299, 3], "Cast")
        images = tf.expand_dims(raw, 0, name="ExpandDims")
        images = (images - 128.0) * (1.0 / 128.0)
        # Mean 0, variance, beta 0, gamma 1; epsilon makes the variance 1.
        for name, value in (("m", 0.0), ("v", 0.999), ("b", 0.0), ("g", 1.0)):
            tf.constant([value] * 3, name=name)
        images = tf.identity(images, "normalised")
        features = tf.reduce_mean(images, [1, 2], keepdims=True)
        features = tf.identity(features[..., :2], pool)
        row = tf.reshape(features, [1, 2])
        product = tf.matmul(
            row, tf.constant(WEIGHT), name="softmax/logits/MatMul"
        )
        tf.add(product, [5.0, -5.0], name="softmax/logits")
    written = graph.as_graph_def()
    written.versions.producer = 8
    (node,) = (node for node in written.node if node.name == "normalised")
    node.op = "BatchNormWithGlobalNormalization"
    node.input.extend("mvbg")
    node.attr["variance_epsilon"].f = 0.001
    node.attr["scale_after_normalization"].b = True
    path.write_bytes(written.SerializeToString())
    return path
