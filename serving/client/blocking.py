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


class Client:
    """A connection to TensorFlow Serving or the local server.

    Safe to share between threads. Make it once, close it at the end (or use
    it in a `with` block); in a program that forks, make it after the fork.

    Args:
        target: str, "host:port", or "unix:PATH" of a socket.
        model: str or None, the model that calls use when they name none.
        timeout: seconds that one call may take. Every call has a limit.
        tls: `Tls` for an encrypted channel.
        compression: None, "gzip" or "deflate", for requests.
        attempts: int in 1..5, how often gRPC sends a call that is safe to
            repeat while the server cannot be reached or is overloaded.
        max_message_bytes: int, largest answer; -1 for no limit.
        batch_bytes: int; lists are sent in requests of about this size.
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
        **inputs: Any,
    ) -> Any:
        """Translates one or more images.

        A list may be sent in several requests, each with its own `timeout`;
        images of unequal sizes are never in the same one. An image that is
        refused does not stop the others: what they gave is in the error.

        Args:
            image: one image as uint8 array (H, W, 3), or a PNG, JPEG, BMP or
                WebP as path, bytes or a file that is open for bytes; a batch
                as uint8 array (N, H, W, 3); or a list of single images.
            direction: str, "a_to_b" or "b_to_a"; some methods have the first
                alone.
            model: str, another model than the client's.
            version: int, that version only; None for the newest.
            label: str, the version with that label.
            timeout: seconds, instead of the client's.
            tile: int, side of the tiles that larger images are sent in and
                joined of, see docs/large_pictures.md; a file is decoded here
                then, which needs Pillow. None: in one piece.
            overlap: int, pixels that tiles share at least; None: a quarter
                of `tile`.
            **inputs: what else the model takes, by its names (`metadata`
                lists them); one an image for batches and lists, None is
                left out. Another image: as `image`; an array has the size of
                its image, a file may have any. A mask of the caller's own
                where the model finds one, such as `mask`: uint8 (H, W).
                Masks of single objects, such as `instances`: uint8
                (K, H, W, 1), or a list of K files where `image` is one.
                `attributes`: (K,) numbers, what the result shall have: 1 on,
                0 off, -1 as the model sees it in the image. `style_seed`: a
                whole number, of the random look of models that have several
                answers; 0 if not given.

        Returns:
            `Translation` for arrays (with a leading dimension for a batch),
            `EncodedTranslation` for a file, a list for a list.

        Raises:
            InvalidArgument: an input does not fit; its text names it. For a
                batch or list, its `results` hold what the other images gave,
                `failures` an error for each that was refused.
            ServingError: any other failure, with gRPC's code and details;
                `results` as far as they came.
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
            inputs: name to array; checked against the model's metadata.
            signature: str.
            outputs: names of the wanted outputs; empty for all.
            model: str, another model than the client's.
            version: int, that version only; None for the newest.
            label: str, the version with that label.
            timeout: seconds, instead of the client's.

        Returns:
            `Prediction`: `outputs` (name to array) and `version`.

        Raises:
            InvalidArgument: an input does not fit; its text names it.
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
            timeout: seconds to wait at most.
            version: int, wait for that version; None for any.
            model: str, another model than the client's.

        Returns:
            int, the highest version that answers.

        Raises:
            NotReady: time is up, or every version failed to load.
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
            model: str, another model than the client's.
            version: int, that version only.
            timeout: seconds, instead of the client's.

        Returns:
            list of `VersionStatus`, highest version first.

        Raises:
            NotFound: no such model or version.
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
            model: str, another model than the client's.
            version: int, that version only; None for the newest.
            label: str, the version with that label.
            timeout: seconds, instead of the client's.

        Returns:
            `Metadata`.

        Raises:
            NotFound: no such model or version.
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

        Every caller of the server gets the new list. It returns when each
        new model answers, and is never sent twice.

        Args:
            config: str, all models from now on, in the format of
                `models.config`; base paths as the server sees them.
            timeout: seconds, instead of the client's.

        Raises:
            InvalidArgument: `config` is no such list, or the server refuses
                it.
            FailedPrecondition: a label on a version that does not answer.
            ServingError: any other failure; UNKNOWN if a new model cannot be
                loaded.
        """
        self._run(self._steps.reload_config(config, timeout))
