"""The asyncio twin of `serving.client`; same arguments, results and errors.

async with AsyncClient("127.0.0.1:8500", "apples") as client:
    await client.wait_ready(60)
    result = await client.translate("apple.jpg")
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import grpc

from serving.client import channels
from serving.client.channels import Tls
from serving.client.errors import ServingError
from serving.client.metadata import Metadata, VersionStatus
from serving.client.sans_io import Call, Prediction, Steps, stub
from serving.commands.tiles import Progress


class AsyncClient:
    """A connection for coroutines; made inside the running event loop.

    The arguments are those of `serving.client.Client`. The client reads files
    in the thread of the event loop. Read large files yourself and pass their
    bytes.
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
            self._channel = grpc.aio.insecure_channel(target, options, encoding)
        else:
            self._channel = grpc.aio.secure_channel(
                target, tls.credentials(), options, encoding
            )
        self._calls: dict[str, Any] = {}

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(self, *error) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends the connection; calls under way fail."""
        await self._channel.close()

    async def _call(self, call: Call):
        path = call.method.path
        if path not in self._calls:
            self._calls[path] = stub(self._channel, call.method)
        try:
            return await self._calls[path](call.request, timeout=call.timeout)
        except grpc.RpcError as error:
            raise channels.failure(error, self._target) from error

    async def _run(self, steps):
        try:
            step = next(steps)
            while True:
                try:
                    if isinstance(step, Call):
                        answer = await self._call(step)
                    else:
                        answer = await asyncio.sleep(step.seconds)
                except ServingError as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(answer)
        except StopIteration as end:
            return end.value

    async def translate(
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
        """Like `Client.translate`."""
        return await self._run(
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

    async def predict(
        self,
        inputs: Mapping[str, Any],
        signature: str = "serving_default",
        *,
        outputs: Sequence[str] = (),
        **choice: Any,
    ) -> Prediction:
        """Like `Client.predict`; `choice`: model, version, label, timeout."""
        return await self._run(
            self._steps.predict(
                inputs, signature, outputs=tuple(outputs), **choice
            )
        )

    async def wait_ready(
        self,
        timeout: float,
        version: int | None = None,
        *,
        model: str | None = None,
    ) -> int:
        """Like `Client.wait_ready`."""
        return await self._run(
            self._steps.wait_ready(timeout, model=model, version=version)
        )

    async def status(self, **choice: Any) -> list[VersionStatus]:
        """Like `Client.status`; `choice`: model, version, timeout."""
        return await self._run(self._steps.status(**choice))

    async def metadata(self, **choice: Any) -> Metadata:
        """Like `Client.metadata`; `choice`: model, version, label, timeout."""
        return await self._run(self._steps.metadata(**choice))

    async def reload_config(
        self, config: str, *, timeout: float | None = None
    ) -> None:
        """Like `Client.reload_config`."""
        await self._run(self._steps.reload_config(config, timeout))
