"""Writes the toy models that the contract test asks for.

    python -m serving.conformance.fixture DIR [DIR AS THE SERVER SEES IT]

`DIR/toy` gets versions 1 and 2. `DIR/plain` gets version 1. `DIR/spare/toy`
gets version 3, which the test publishes itself. `DIR/models.config` lists `toy`
with the version policy `all`. `docs/serving.md` says how to start a real server
with this file.
"""

import pathlib
import sys

import tensorflow as tf

WEIGHTS = [[1.0, -1.0], [2.0, 0.5], [0.0, 1.0], [-1.0, 3.0]]


class Toy(tf.Module):
    """y = x . weights + 100 * version, and signatures for special cases."""

    def __init__(self, version):
        super().__init__()
        self.weights = tf.Variable(tf.constant(WEIGHTS), name="weights")
        self.version = tf.constant(float(version))

    @tf.function(input_signature=[tf.TensorSpec([None, 4], name="x")])
    def default(self, x):
        y = tf.matmul(x, self.weights) + 100.0 * self.version
        return {"y": y, "z": 2.0 * x}

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, 2], name="a"),
            tf.TensorSpec([None, 2], name="b"),
        ]
    )
    def pair(self, a, b):
        return {"sum": a + b, "diff": a - b}

    @tf.function(input_signature=[tf.TensorSpec([None], name="x")])
    def types(self, x):
        return {
            "u8": tf.cast(x, tf.uint8),
            "i32": tf.cast(x, tf.int32),
            "i64": tf.cast(x, tf.int64),
            "bool": x > 0,
            "half": tf.cast(x, tf.float16),
            "double": tf.cast(x, tf.float64),
            "string": tf.strings.as_string(tf.cast(x, tf.int32)),
            "sc": tf.reduce_sum(x),
        }

    @tf.function(input_signature=[tf.TensorSpec([None, 8, 8, 3], name="image")])
    def image(self, image):
        image = tf.ensure_shape(image, [None, 8, 8, 3])
        kernel = tf.ones([3, 3, 3, 2]) / 27.0
        return {"out": tf.nn.conv2d(image, kernel, 1, "SAME")}

    @tf.function(input_signature=[tf.TensorSpec([None, 8, 8, 3], name="image")])
    def unguarded(self, image):
        kernel = tf.ones([3, 3, 3, 2]) / 27.0
        return {"out": tf.nn.conv2d(image, kernel, 1, "SAME")}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="b")])
    def bytes(self, b):
        images = tf.map_fn(
            lambda item: tf.io.decode_image(
                item, channels=3, expand_animations=False
            ),
            b,
            fn_output_signature=tf.TensorSpec([None, None, 3], tf.uint8),
        )
        return {"image": images}

    @tf.function(
        input_signature=[tf.TensorSpec([None], tf.string, name="inputs")]
    )
    def classify(self, inputs):
        value = self.feature(inputs)
        scores = tf.stack([value, 1.0 - value], axis=1)
        classes = tf.tile([["yes", "no"]], [tf.shape(value)[0], 1])
        return {"classes": classes, "scores": scores}

    @tf.function(
        input_signature=[tf.TensorSpec([None], tf.string, name="inputs")]
    )
    def regress(self, inputs):
        return {"outputs": 2.0 * self.feature(inputs)}

    @staticmethod
    def feature(serialized):
        spec = {"value": tf.io.FixedLenFeature([], tf.float32, 0.0)}
        return tf.io.parse_example(serialized, spec)["value"]

    @tf.function(input_signature=[tf.TensorSpec([None, 4], name="x")])
    def slow(self, x):
        # This takes about a second. Each turn of the loop is short, so that a
        # deadline can stop it.
        matrix = tf.ones([256, 256]) / 256.0
        product = tf.ones([256, 256])
        for _ in tf.range(3000):
            product = tf.matmul(product, matrix)
        return {"y": x + tf.reduce_mean(product) - 1.0}


def signatures(model):
    """The signatures of the contract, by name."""
    return {
        "serving_default": model.default,
        **{
            name: getattr(model, name)
            for name in (
                "pair",
                "types",
                "image",
                "unguarded",
                "bytes",
                "classify",
                "regress",
                "slow",
            )
        },
    }


def write_version(base, name, version):
    """Exports one version of a toy model and publishes it with one rename.

    Args:
        base: folder of all models.
        name: str, the model.
        version: int.

    Returns:
        `pathlib.Path` of the version's folder.
    """
    folder = pathlib.Path(base) / name
    folder.mkdir(parents=True, exist_ok=True)
    temporary, final = folder / f".tmp-{version}", folder / str(version)
    model = Toy(version)
    tf.saved_model.save(model, temporary, signatures(model))
    temporary.rename(final)
    return final


CONFIG = """model_config_list {{ config {{
  name: "toy" base_path: "{base}/toy" model_platform: "tensorflow"
  model_version_policy {{ all {{}} }}
}} }}
"""
BATCHING = """max_batch_size {{ value: {largest} }}
batch_timeout_micros {{ value: 1000 }}
max_enqueued_batches {{ value: 100 }}
num_batch_threads {{ value: 2 }}
allowed_batch_sizes: 1 allowed_batch_sizes: 2 allowed_batch_sizes: 4
"""


def main():
    """Writes the models of the contract test into the folder that is given."""
    base = pathlib.Path(sys.argv[1]).resolve()
    # The folder's path on the server's side. Without Docker it is the same.
    folder_there = sys.argv[2] if len(sys.argv) > 2 else base
    write_version(base, "toy", 1)
    write_version(base, "toy", 2)
    write_version(base, "plain", 1)
    write_version(base / "spare", "toy", 3)
    (base / "models.config").write_text(CONFIG.format(base=folder_there))
    (base / "batching.config").write_text(BATCHING.format(largest=4))


if __name__ == "__main__":
    main()
