"""TensorFlow Serving's configuration files, written beside the models."""

import hashlib
import os
import re
from pathlib import Path

from google.protobuf import text_format

from serving.protocol import protos
from serving.protocol.versions import discover
from tfmask.export.publishing import CONFIG_FOLDER

SERVER_BASE = "/models"  # the place in docker/ and in the official image
MODELS = "models.config"
_MARK = re.compile(r"# tfmask export wrote this file \((\w{16})\)[^\n]*\n")

_MODELS_NOTE = """\
# --model_config_file; with --model_config_file_poll_wait_seconds=30 a running
# server follows this file. Paths are the server's, not this machine's.
# To keep an old version for going back, add to a model:
#   model_version_policy { specific { versions: 3 versions: 4 } }
#   version_labels { key: "stable" value: 3 }
# Labels need --allow_version_labels_for_unavailable_models=true at the start.
"""
_BATCHING_NOTE = """\
# --enable_batching --batching_parameters_file={name}
# Requests that arrive together run as one batch. Only images of one size
# share a batch, and one bad image fails its whole batch: send images of equal
# sizes, as arrays. A request of more than max_batch_size images is refused.
"""
_CPU_NOTE = """\
# On a CPU one image already keeps all cores busy: measure without batching
# first. Four batches at a time: one is read or written while others compute.
"""
_GPU_NOTE = """\
# Raise max_batch_size while the GPU's memory allows. Warm every size up:
#   tfmask export --warm-up-batches 1 2 4 8 16
# and give the server --grpc_max_threads=64: each waiting call holds a thread.
"""
_BATCHING = """\
max_batch_size {{ value: {largest} }}
batch_timeout_micros {{ value: {timeout} }}
max_enqueued_batches {{ value: {queue} }}
num_batch_threads {{ value: 4 }}
"""
_MONITORING = """\
# --monitoring_config_file; Prometheus reads it on the REST port (8501).
prometheus_config { enable: true path: "/monitoring/prometheus/metrics" }
"""
_TLS = """\
# Copy to ssl.config, put in the contents of the PEM files (not their paths)
# and give it to the server with --ssl_config_file. Only gRPC is encrypted:
# do not publish the REST port then. Keep the file out of version control.
#   openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj "/CN=authority" \\
#     -keyout ca.key -out ca.pem
#   openssl req -newkey rsa:2048 -nodes -subj "/CN=server" \\
#     -keyout server.key -out server.csr
#   echo "subjectAltName=DNS:models.example.org" > names
#   openssl x509 -req -in server.csr -days 365 -CA ca.pem -CAkey ca.key \\
#     -CAcreateserial -extfile names -out server.pem
server_key: "-----BEGIN PRIVATE KEY-----\\n...\\n-----END PRIVATE KEY-----\\n"
server_cert: "-----BEGIN CERTIFICATE-----\\n...\\n-----END CERTIFICATE-----\\n"
# With client_verify only clients with a certificate of custom_ca may call:
#   Client(target, tls=Tls(ca="ca.pem", key="client.key",
#                          certificate="client.pem"))
custom_ca: "-----BEGIN CERTIFICATE-----\\n...\\n-----END CERTIFICATE-----\\n"
client_verify: true
"""


def write_serving_config(
    base: str | os.PathLike, server_base: str = SERVER_BASE
) -> list[Path]:
    """Writes `<base>/serving_config`: what a TensorFlow Serving is started on.

    It does not change files that somebody has edited.

    Args:
        base: folder of all models.
        server_base: absolute path of the same folder on the server.

    Returns:
        Paths of the edited files that should have changed.
    """
    folder = Path(base) / CONFIG_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    return [
        folder / name
        for name, text in _files(Path(base), server_base).items()
        if not _write(folder / name, text)
    ]


def _files(base, server_base):
    return {
        MODELS: _MODELS_NOTE + _models(base, server_base),
        "batching_cpu.config": _batching("batching_cpu.config", _CPU_NOTE, 8),
        "batching_gpu.config": _batching("batching_gpu.config", _GPU_NOTE, 16),
        "monitoring.config": _MONITORING,
        "ssl.config.sample": _TLS,
    }


def _models(base, server_base):
    config = protos.ModelServerConfig()
    for model in discover(base):
        config.model_config_list.config.add(
            name=model.name,
            base_path=f"{server_base.rstrip('/')}/{model.name}",
            model_platform="tensorflow",
        )
    return text_format.MessageToString(config, as_utf8=True)


def _batching(name, note, largest):
    gpu = largest > 8
    sizes = [1]
    while sizes[-1] < largest:
        sizes.append(2 * sizes[-1])
    numbers = _BATCHING.format(
        largest=largest,
        timeout=3000 if gpu else 1000,
        queue=4 if gpu else 8,
    )
    allowed = "".join(f"allowed_batch_sizes: {size}\n" for size in sizes)
    return _BATCHING_NOTE.format(name=name) + note + numbers + allowed


def _digest(text):
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _write(path, text):
    """Writes a file of ours; False if it was edited and stays as it is."""
    try:
        old = path.read_text()
    except FileNotFoundError:
        old = None
    if old is not None:
        mark = _MARK.match(old)
        body = old[mark.end() :] if mark else old
        if body == text:
            return True
        if not mark or mark[1] != _digest(body):
            return False
    mark = (
        f"# tfmask export wrote this file ({_digest(text)}) and leaves it "
        "alone once edited.\n"
    )
    # A server may read it at this moment.
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(mark + text)
    temporary.replace(path)
    return True
