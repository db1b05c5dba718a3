"""The client: arrays or files in, images and masks out, no TensorFlow.

    with Client("127.0.0.1:8500", "apples") as client:
        client.wait_ready(60)
        result = client.translate("apple.jpg", direction="a_to_b")
        result.image, result.mask  # uint8 (H, W, 3) and (H, W)

The client needs only grpcio, protobuf and numpy.
"""

from serving.client.aio import AsyncClient
from serving.client.blocking import Client
from serving.client.channels import Tls
from serving.client.errors import (
    DeadlineExceeded,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    NotReady,
    ResourceExhausted,
    ServingError,
    Unavailable,
    Unimplemented,
)
from serving.client.metadata import (
    Metadata,
    Signature,
    TensorSpec,
    VersionStatus,
)
from serving.client.results import EncodedTranslation, Translation
from serving.client.sans_io import Prediction

__all__ = [
    "AsyncClient",
    "Client",
    "DeadlineExceeded",
    "EncodedTranslation",
    "FailedPrecondition",
    "InvalidArgument",
    "Metadata",
    "NotFound",
    "NotReady",
    "Prediction",
    "ResourceExhausted",
    "ServingError",
    "Signature",
    "TensorSpec",
    "Tls",
    "Translation",
    "Unavailable",
    "Unimplemented",
    "VersionStatus",
]
