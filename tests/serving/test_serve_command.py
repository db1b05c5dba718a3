"""`tfmask serve` as a command: options, files, signals, TLS."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from serving import local_server
from serving.client import Client, InvalidArgument, Tls, Unavailable
from serving.conformance.processes import ROOT, running_server
from serving.protocol import protos
from serving.server.config import ConfigError


def picture():
    return np.random.default_rng(0).integers(0, 256, (12, 10, 3), np.uint8)


def command(*arguments):
    """Runs `tfmask serve` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "serving.local_server", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_it_cleanly(number, fixture_base):
    with running_server("--base", fixture_base) as (_, process):
        process.send_signal(number)
        assert process.wait(timeout=10) == 0


def test_a_broken_model_at_the_start(tmp_path):
    (tmp_path / "toy" / "1").mkdir(parents=True)
    done = command("--base", tmp_path, "--port", 0, "--load-retries", 0)
    assert done.returncode == 1
    line = done.stderr.splitlines()[-1]
    assert line.startswith("tfmask serve: toy, version 1 (")
    assert "Could not find SavedModel" in line
    assert "Traceback" not in done.stderr


def serve(**options):
    local_server.serve(
        local_server.Options(**options), threading.Event(), lambda port: None
    )


def test_what_cannot_be_served_says_why(tmp_path, fixture_base):
    config = tmp_path / "models.config"
    for options, text in (
        ({}, "either --base or --model-config-file"),
        ({"base": tmp_path / "none"}, "none is not a folder"),
        ({"base": tmp_path}, "no model under .*tfmask export"),
        ({"model_config_file": tmp_path / "none"}, "No such file"),
    ):
        with pytest.raises(ConfigError, match=text):
            serve(**options)
    for text, expected in (
        ("nonsense", "is no ModelServerConfig text proto: 1:1"),
        (
            'model_config_list { config { name: "a" base_path: "b" } }',
            "absolut",
        ),
        ("", "Only ModelConfigList"),
    ):
        config.write_text(text)
        with pytest.raises(ConfigError, match=expected):
            serve(model_config_file=config)
    config.write_text(
        f"""model_config_list {{ config {{ name: "toy"
        base_path: "{fixture_base}/toy" model_platform: "tensorflow"
        version_labels {{ key: "stable" value: 1 }} }} }}"""
    )
    with pytest.raises(ConfigError, match="--allow-labels-for-unavailable"):
        serve(model_config_file=config)


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("threads", 0, "1 or more"),
        ("port", 65536, "0 to 65535"),
        ("metrics_port", -1, "0 to 65535"),
        ("poll", -0.5, "0 or more"),
        ("tensorflow_intra_op_parallelism", -1, "0 or more"),
    ],
)
def test_numbers_that_no_server_can_have(option, value, expected):
    with pytest.raises(ValueError) as error:
        local_server.Options(**{option: value})
    assert str(error.value) == f"`{option}` must be {expected}. Got: {value}"


def test_a_taken_port(fixture_base):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = command("--base", fixture_base, "--port", port)
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
    assert "Traceback" not in done.stderr


def test_labels_from_a_file(fixture_base, tmp_path):
    config = tmp_path / "models.config"
    config.write_text(
        f"""model_config_list {{ config {{ name: "toy"
        base_path: "{fixture_base}/toy" model_platform: "tensorflow"
        version_labels {{ key: "stable" value: 1 }} }} }}"""
    )
    flags = ("--model-config-file", config, "--allow-labels-for-unavailable")
    with running_server(*flags) as (target, _), Client(target, "toy") as client:
        x = np.ones((1, 4), np.float32)
        assert client.predict({"x": x}, label="stable").version == 1
        with pytest.raises(InvalidArgument, match="version label: other"):
            client.predict({"x": x}, label="other")


def test_it_waits_for_a_first_model(toy_base, tmp_path):
    def publish():
        time.sleep(1)
        shutil.copytree(toy_base / "toy" / "1", tmp_path / "tmp")
        (tmp_path / "toy").mkdir()
        (tmp_path / "tmp").rename(tmp_path / "toy" / "1")

    threading.Thread(target=publish).start()
    with (
        running_server("--base", tmp_path, "--wait", 30) as (target, _),
        Client(target, "toy") as client,
    ):
        assert client.translate(picture()).version == 1


def openssl(folder, *arguments):
    subprocess.run(
        ["openssl", *arguments], cwd=folder, check=True, capture_output=True
    )


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """Folder with ca.pem and a key and certificate of server and client."""
    if not shutil.which("openssl"):
        pytest.skip("needs the openssl command")
    folder = tmp_path_factory.mktemp("tls")
    new = ("-newkey", "rsa:2048", "-nodes", "-days", "2")
    openssl(
        folder,
        "req",
        "-x509",
        *new,
        "-subj",
        "/CN=test authority",
        "-keyout",
        "ca.key",
        "-out",
        "ca.pem",
    )
    (folder / "names").write_text("subjectAltName=DNS:tfmask.test")
    for name in ("server", "client"):
        openssl(
            folder,
            "req",
            *new[:3],
            "-subj",
            f"/CN={name}",
            "-keyout",
            f"{name}.key",
            "-out",
            f"{name}.csr",
        )
        openssl(
            folder,
            "x509",
            "-req",
            "-in",
            f"{name}.csr",
            "-days",
            "2",
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
            "-CAcreateserial",
            "-extfile",
            "names",
            "-out",
            f"{name}.pem",
        )
    return folder


@pytest.mark.medium
def test_tls_with_client_certificates(certificates, toy_base, tmp_path):
    config = protos.SSLConfig(client_verify=True)
    config.server_key = (certificates / "server.key").read_text()
    config.server_cert = (certificates / "server.pem").read_text()
    config.custom_ca = (certificates / "ca.pem").read_text()
    file = tmp_path / "ssl.config"
    file.write_text(str(config))
    ca, name = certificates / "ca.pem", "tfmask.test"
    own = (certificates / "client.key", certificates / "client.pem")
    flags = ("--base", toy_base, "--ssl-config-file", file)
    with running_server(*flags) as (target, _):
        with Client(target, "toy", tls=Tls(ca, *own, name)) as client:
            assert client.translate(picture()).version == 2
        options = {"attempts": 1, "timeout": 5}
        for tls in (None, Tls(ca, server_name=name), Tls(server_name=name)):
            with (
                Client(target, "toy", tls=tls, **options) as client,
                pytest.raises(Unavailable),
            ):
                client.status()


def test_tls_files_that_do_not_fit(tmp_path, fixture_base):
    file = tmp_path / "ssl.config"
    for text, expected in (
        ("", "`server_key` and `server_cert` are needed"),
        ('server_key: "k" server_cert: "c" client_verify: true', "custom_ca"),
    ):
        file.write_text(text)
        with pytest.raises(ConfigError, match=expected):
            serve(base=fixture_base, ssl_config_file=file, port=0)
