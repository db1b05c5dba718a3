"""The client for programs that wait for an answer."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import grpc

from serving.client import channels
from serving.client.channels import Tls
from serving.client.errors import (
    ServingError,
)
from serving.client.metadata import (
    Metadata,
    VersionStatus,
)
from serving.client.sans_io import Call, Prediction, Steps, stub
from serving.commands.tiles import Progress


class Client:
    """A connection to TensorFlow Serving or the local server.

    Several threads can share one client. Make it once and close it at the end,
    or use it in a `with` block. If your program forks, make it after the fork.

    Args:
        target: str, "host:port", or "unix:PATH" of a socket.
        model: str or None, the model of all calls that name no model.
        timeout: seconds that one call may take at most. Every call has a limit.
        tls: `Tls` for an encrypted channel.
        compression: None, "gzip" or "deflate", for requests.
        attempts: int in 1..5. If the server cannot be reached or is overloaded,
            gRPC sends a call so often at most. It repeats only calls that are
            safe to repeat.
        max_message_bytes: int, size of the largest answer; -1 for no limit.
        batch_bytes: int; the client splits lists into requests of about this
            size.
        batch_images: int, most images in a request.
    """

    def __init__(
        self,
        target: str,
        model: str | None = None,
        *,
        timeout: float = 30.0,
        tls: Tls | None = None,
        compression: str | None = None,
        attempts: int = 4,
        max_message_bytes: int = -1,
        batch_bytes: int = 4 * 2**20,
        batch_images: int = 32,
    ):
        self._target = target
        self._steps = Steps(model, timeout, batch_bytes, batch_images)
        options = channels.options(attempts, max_message_bytes, tls)
        encoding = channels.compression(compression)
        if tls is None:
            self._channel = grpc.insecure_channel(target, options, encoding)
        else:
            self._channel = grpc.secure_channel(
                target, tls.credentials(), options, encoding
            )
        self._calls: dict[str, grpc.UnaryUnaryMultiCallable] = {}

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *error) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection; calls under way fail."""
        self._channel.close()

    def _call(self, call: Call):
        path = call.method.path
        if path not in self._calls:
            self._calls[path] = stub(self._channel, call.method)
        try:
            return self._calls[path](call.request, timeout=call.timeout)
        except grpc.RpcError as error:
            raise channels.failure(error, self._target) from error

    def _run(self, steps):
        try:
            step = next(steps)
            while True:
                try:
                    answer = (
                        self._call(step)
                        if isinstance(step, Call)
                        else time.sleep(step.seconds)
                    )
                except ServingError as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(answer)
        except StopIteration as end:
            return end.value

    def translate(
        self,
        image: Any,
        direction: str = "a_to_b",
        *,
        model: str | None = None,
        version: int | None = None,
        label: str | None = None,
        timeout: float | None = None,
        tile: int | None = None,
        overlap: int | None = None,
        progress: Progress | None = None,
        **inputs: Any,
    ) -> Any:
        """Translates one or more images.

        The client may send a list in several requests. Each request has its own
        `timeout`. All images of a request have the same size. If one image is
        refused, the client still sends the others. The error holds their
        results.

        Args:
            image: one image as uint8 array (H, W, 3), or a PNG, JPEG, BMP or
                WebP as path, bytes or a file that is open for bytes; a batch
                as uint8 array (N, H, W, 3); or a list of single images.
            direction: str, "a_to_b" or "b_to_a". Some methods have only
                "a_to_b".
            model: str, the model to ask. None: the model of the client.
            version: int, the version to use. None: the newest one.
            label: str, the version with that label.
            timeout: seconds, in place of the limit of the client.
            tile: int, side of a tile. The client cuts larger images into tiles
                and joins the answers, see docs/large_pictures.md. For that it
                decodes files, and needs Pillow. None: it sends the image in one
                piece.
            overlap: int; neighbouring tiles share at least so many pixels.
                None: a quarter of `tile`.
            progress: function of the number of tiles that are done and of the
                number of all tiles. For each image that is cut, it is called
                before the first tile and after each one.
            **inputs: the other inputs of the model, by their names (`metadata`
                lists them). A batch or list needs one value for each image. The
                client does not send None. Another image has the form of
                `image`; an array must have the size of its image, a file may
                have any size. A mask such as `mask` is uint8 (H, W). It
                replaces the mask that the model finds. Masks of single objects,
                such as `instances`, are uint8 (K, H, W, 1), or a list of K
                files if `image` is a file. `attributes` are (K,) numbers. They
                say what the result should have: 1 on, 0 off, -1 as the model
                sees it in the image. `style_seed` is a whole number. It chooses
                the random look if the model has several answers. The default is
                0.

        Returns:
            `Translation` for an array, with a leading dimension for a batch;
            `EncodedTranslation` for a file; a list of these for a list.

        Raises:
            InvalidArgument: an input does not fit; the text names the input.
                For a batch or list, `results` holds the results of the other
                images, and `failures` holds an error for each refused image.
            ServingError: any other failure, with gRPC's code and details.
                `results` holds the results that came before it.
        """
        return self._run(
            self._steps.translate(
                image,
                direction,
                inputs,
                model=model,
                version=version,
                label=label,
                timeout=timeout,
                tile=tile,
                overlap=overlap,
                progress=progress,
            )
        )

    def predict(
        self,
        inputs: Mapping[str, Any],
        signature: str = "serving_default",
        *,
        outputs: Sequence[str] = (),
        model: str | None = None,
        version: int | None = None,
        label: str | None = None,
        timeout: float | None = None,
    ) -> Prediction:
        """Runs any signature of any model.

        Args:
            inputs: name to array. The client checks them against the metadata
                of the model.
            signature: str.
            outputs: names of the wanted outputs; empty for all.
            model: str, the model to ask. None: the model of the client.
            version: int, the version to use. None: the newest one.
            label: str, the version with that label.
            timeout: seconds, in place of the limit of the client.

        Returns:
            `Prediction`: `outputs` (name to array) and `version`.

        Raises:
            InvalidArgument: an input does not fit; the text names the input.
            ServingError: any other failure, with gRPC's code and details.
        """
        return self._run(
            self._steps.predict(
                inputs,
                signature,
                outputs=tuple(outputs),
                model=model,
                version=version,
                label=label,
                timeout=timeout,
            )
        )

    def wait_ready(
        self,
        timeout: float,
        version: int | None = None,
        *,
        model: str | None = None,
    ) -> int:
        """Waits until a model answers.

        Args:
            timeout: seconds that the client waits at most.
            version: int, the version to wait for. None: any version.
            model: str, the model to ask. None: the model of the client.

        Returns:
            int, the highest version that answers.

        Raises:
            NotReady: the time is over, or every version failed to load.
        """
        return self._run(
            self._steps.wait_ready(timeout, model=model, version=version)
        )

    def status(
        self,
        *,
        model: str | None = None,
        version: int | None = None,
        timeout: float | None = None,
    ) -> list[VersionStatus]:
        """Every version the server has seen since it started.

        Args:
            model: str, the model to ask. None: the model of the client.
            version: int, the only version to report.
            timeout: seconds, in place of the limit of the client.

        Returns:
            list of `VersionStatus`, highest version first.

        Raises:
            NotFound: there is no such model or version.
        """
        return self._run(
            self._steps.status(model=model, version=version, timeout=timeout)
        )

    def metadata(
        self,
        *,
        model: str | None = None,
        version: int | None = None,
        label: str | None = None,
        timeout: float | None = None,
    ) -> Metadata:
        """The signatures of a model, asked for anew.

        Args:
            model: str, the model to ask. None: the model of the client.
            version: int, the version to use. None: the newest one.
            label: str, the version with that label.
            timeout: seconds, in place of the limit of the client.

        Returns:
            `Metadata`.

        Raises:
            NotFound: there is no such model or version.
        """
        return self._run(
            self._steps.metadata(
                model=model, version=version, label=label, timeout=timeout
            )
        )

    def reload_config(
        self, config: str, *, timeout: float | None = None
    ) -> None:
        """Replaces the server's list of models, and all labels with it.

        The new list holds for every caller of the server. The call returns when
        each new model answers. The client never sends it twice.

        Args:
            config: str, the list of all models in the format of
                `models.config`. Base paths are paths on the server.
            timeout: seconds, in place of the limit of the client.

        Raises:
            InvalidArgument: `config` is not such a list, or the server refuses
                it.
            FailedPrecondition: a label names a version that does not answer.
            ServingError: any other failure. The code is UNKNOWN if a new model
                cannot be loaded.
        """
        self._run(self._steps.reload_config(config, timeout))
