"""Writes `tfmask_protos.bin` from the installed tensorflow-serving-api.

The client must not import TensorFlow, and generated `_pb2` modules tie it to
one protobuf release. So the message descriptions travel as data: a serialized
`FileDescriptorSet`, which every protobuf from 4.25 on can load.

    python -m serving.protocol.make_protos

The proto files described there are part of TensorFlow and TensorFlow Serving,
Copyright The TensorFlow Authors, Apache License 2.0
(https://www.apache.org/licenses/LICENSE-2.0). The health check is part of
gRPC, Copyright The gRPC Authors, Apache License 2.0.
"""

import importlib
import pathlib

from google.protobuf import descriptor_pb2

TARGET = pathlib.Path(__file__).with_name("tfmask_protos.bin")
ROOTS = (
    "tensorflow_serving.apis.prediction_service_pb2",
    "tensorflow_serving.apis.model_service_pb2",
    "tensorflow_serving.apis.prediction_log_pb2",
)

_FIELD = descriptor_pb2.FieldDescriptorProto


def _field(name, number, kind, repeated=False, type_name=None):
    return _FIELD(
        name=name,
        number=number,
        type=kind,
        label=_FIELD.LABEL_REPEATED if repeated else _FIELD.LABEL_OPTIONAL,
        type_name=type_name,
    )


def _batching_file():
    """BatchingParameters, which no wheel holds: the server reads it as text."""
    wrapped = {
        1: ("max_batch_size", "Int64Value"),
        2: ("batch_timeout_micros", "Int64Value"),
        3: ("max_enqueued_batches", "Int64Value"),
        4: ("num_batch_threads", "Int64Value"),
        5: ("thread_pool_name", "StringValue"),
        8: ("enable_large_batch_splitting", "BoolValue"),
        9: ("max_execution_batch_size", "Int64Value"),
    }
    message = descriptor_pb2.DescriptorProto(name="BatchingParameters")
    for number, (name, wrapper) in wrapped.items():
        message.field.append(
            _field(
                name,
                number,
                _FIELD.TYPE_MESSAGE,
                type_name=f".google.protobuf.{wrapper}",
            )
        )
    message.field.append(
        _field("allowed_batch_sizes", 6, _FIELD.TYPE_INT64, repeated=True)
    )
    message.field.append(
        _field("pad_variable_length_inputs", 7, _FIELD.TYPE_BOOL)
    )
    return descriptor_pb2.FileDescriptorProto(
        name="tfmask/batching.proto",
        package="tensorflow.serving",
        dependency=["google/protobuf/wrappers.proto"],
        message_type=[message],
        syntax="proto3",
    )


def _tls_file():
    """SSLConfig: PEM contents as text, as `--ssl_config_file` wants them."""
    strings = ("server_key", "server_cert", "custom_ca")
    fields = [
        _field(name, number, _FIELD.TYPE_STRING)
        for number, name in enumerate(strings, 1)
    ]
    fields.append(_field("client_verify", 4, _FIELD.TYPE_BOOL))
    message = descriptor_pb2.DescriptorProto(name="SSLConfig", field=fields)
    return descriptor_pb2.FileDescriptorProto(
        name="tfmask/ssl_config.proto",
        package="tensorflow.serving",
        message_type=[message],
        syntax="proto3",
    )


def _health_file():
    """grpc.health.v1, to need no package for two small messages."""
    states = ("UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN")
    request = descriptor_pb2.DescriptorProto(
        name="HealthCheckRequest",
        field=[_field("service", 1, _FIELD.TYPE_STRING)],
    )
    response = descriptor_pb2.DescriptorProto(
        name="HealthCheckResponse",
        field=[
            _field(
                "status",
                1,
                _FIELD.TYPE_ENUM,
                type_name=".grpc.health.v1.HealthCheckResponse.ServingStatus",
            )
        ],
        enum_type=[
            descriptor_pb2.EnumDescriptorProto(
                name="ServingStatus",
                value=[
                    descriptor_pb2.EnumValueDescriptorProto(name=n, number=i)
                    for i, n in enumerate(states)
                ],
            )
        ],
    )
    return descriptor_pb2.FileDescriptorProto(
        name="tfmask/health.proto",
        package="grpc.health.v1",
        message_type=[request, response],
        syntax="proto3",
    )


def descriptor_set():
    """Every needed file, each one after the files it imports.

    Returns:
        `FileDescriptorSet`.
    """
    files = {}

    def add(descriptor):
        if descriptor.name in files:
            return
        for imported in descriptor.dependencies:
            add(imported)
        files[descriptor.name] = descriptor_pb2.FileDescriptorProto.FromString(
            descriptor.serialized_pb
        )

    for root in ROOTS:
        add(importlib.import_module(root).DESCRIPTOR)
    extra = (_batching_file(), _tls_file(), _health_file())
    return descriptor_pb2.FileDescriptorSet(file=[*files.values(), *extra])


def main():
    """Writes the file and says how large it is."""
    data = descriptor_set().SerializeToString(deterministic=True)
    TARGET.write_bytes(data)
    print(f"{TARGET.name}: {len(data)} bytes")


if __name__ == "__main__":
    main()
