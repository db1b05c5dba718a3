"""A toy translator on disk, and servers that only play one."""

import contextlib
import pathlib
from concurrent import futures


@contextlib.contextmanager
def answering(toy):
    """A server of two calls, in this process.

    Args:
        toy: has `predict` and `metadata`, functions of a request and gRPC's
            context that return an answer.

    Yields:
        str, its host:port.
    """
    import grpc

    from serving.protocol import protos

    server = grpc.server(futures.ThreadPoolExecutor(2))
    handlers = {
        method.name: grpc.unary_unary_rpc_method_handler(
            function,
            request_deserializer=method.request.FromString,
            response_serializer=method.response.SerializeToString,
        )
        for method, function in (
            (protos.PREDICT, toy.predict),
            (protos.GET_MODEL_METADATA, toy.metadata),
        )
    }
    handler = grpc.method_handlers_generic_handler
    server.add_generic_rpc_handlers(
        (handler(protos.PREDICT.service, handlers),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


def write_toy_translator(base, name, version, shift=40):
    """A model with the signatures of an exported method.

    It adds `shift` to every value of `a` where red is above 127, and
    subtracts it for `b_to_a`; the mask marks those pixels.
    """
    import tensorflow as tf

    class Toy(tf.Module):
        def change(self, image, mask, amount):
            moved = tf.cast(image, tf.int32) + amount
            moved = tf.cast(tf.clip_by_value(moved, 0, 255), tf.uint8)
            return {"image": tf.where(mask > 127, moved, image), "mask": mask}

        def of_arrays(self, amount):
            @tf.function(
                input_signature=[
                    tf.TensorSpec([None, None, None, 3], tf.uint8, "image")
                ]
            )
            def translate(image):
                image = tf.ensure_shape(image, [None, None, None, 3])
                mask = tf.cast(image[..., :1] > 127, tf.uint8) * 255
                return self.change(image, mask, amount)

            return translate

        def of_files(self, amount):
            translate = self.of_arrays(amount)

            @tf.function(
                input_signature=[tf.TensorSpec([None], tf.string, "image")]
            )
            def translate_encoded(image):
                image = tf.ensure_shape(image, [None])
                decoded = tf.map_fn(
                    lambda item: tf.io.decode_image(
                        item, channels=3, expand_animations=False
                    ),
                    image,
                    fn_output_signature=tf.TensorSpec(
                        [None, None, 3], tf.uint8
                    ),
                )
                return {
                    key: tf.map_fn(
                        tf.io.encode_png,
                        value,
                        fn_output_signature=tf.TensorSpec([], tf.string),
                    )
                    for key, value in translate(decoded).items()
                }

            return translate_encoded

        def with_mask(self, amount):
            @tf.function(
                input_signature=[
                    tf.TensorSpec([None, None, None, 3], tf.uint8, "image"),
                    tf.TensorSpec([None, None, None, 1], tf.uint8, "mask"),
                ]
            )
            def translate_masked(image, mask):
                image = tf.ensure_shape(image, [None, None, None, 3])
                mask = tf.ensure_shape(mask, [None, None, None, 1])
                return self.change(image, mask, amount)

            return translate_masked

    toy = Toy()
    toy.keep = [
        toy.of_arrays(shift),
        toy.of_arrays(-shift),
        toy.of_files(shift),
        toy.of_files(-shift),
        toy.with_mask(shift),
    ]
    signatures = dict(
        zip(
            (
                "a_to_b",
                "b_to_a",
                "a_to_b_encoded",
                "b_to_a_encoded",
                "a_to_b_with_mask",
            ),
            toy.keep,
            strict=True,
        )
    )
    signatures["serving_default"] = signatures["a_to_b"]
    folder = pathlib.Path(base) / name
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".tmp-{version}"
    tf.saved_model.save(toy, temporary, signatures)
    return temporary.rename(folder / str(version))
