"""The files under docker/ against the package; no Docker engine is needed."""

import importlib.util
import os
import re
import runpy
import shutil
import subprocess
import tomllib
from importlib.metadata import version as installed
from pathlib import Path

import pytest
import yaml
from docker_files import (
    DOCKER,
    ROOT,
    VARIABLE,
    arguments,
    included,
    instructions,
    last,
    stages,
    substitute,
)
from packaging.requirements import Requirement

import tfmask
from serving import local_server, ready
from tfmask.export.serving_config import SERVER_BASE, write_serving_config
from trainers.cli import VERBS

DOCKERFILES = sorted(path.name for path in DOCKER.glob("*.Dockerfile"))
# Flags of tensorflow_model_server 2.20 that we use. The server only logs an
# unknown flag and continues, so nobody would notice a typing error.
SERVER_FLAGS = {
    "model_config_file",
    "model_config_file_poll_wait_seconds",
    "allow_version_labels_for_unavailable_models",
    "monitoring_config_file",
    "max_num_load_retries",
    "file_system_poll_wait_seconds",
    "enable_grpc_healthcheck_service",
    "enable_batching",
    "batching_parameters_file",
    "grpc_max_threads",
}
SERVER_PORTS = {"8500", "8501"}


def raw_compose(name="compose.yaml"):
    return yaml.safe_load((DOCKER / name).read_text())


COMPOSE = substitute(raw_compose())
SERVICES = COMPOSE["services"]
GPU = substitute(raw_compose("compose.gpu.yaml"))["services"]


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def client_setup():
    """What the client's setup.py passes to setuptools."""
    import setuptools

    passed = {}
    original = setuptools.setup
    setuptools.setup = lambda **options: passed.update(options)
    here = os.getcwd()
    try:
        os.chdir(ROOT / "client")
        runpy.run_path("setup.py")
    finally:
        os.chdir(here)
        setuptools.setup = original
    return passed


@pytest.mark.parametrize("name", DOCKERFILES)
def test_what_is_copied_exists_and_is_sent_to_the_builder(name):
    for step in instructions(name):
        if step.name != "COPY":
            continue
        *sources, target = step.words
        for source in sources:
            assert (ROOT / source).exists(), source
            assert included(source), f"{source} is in .dockerignore"
        assert not target.startswith("..")


def test_the_builder_is_sent_nothing_private():
    for path in (".git/config", "runs/x", "models/m/1", "shared", "tests"):
        assert not included(path)
    assert not included("serving/__pycache__/client.cpython-311.pyc")


@pytest.mark.parametrize("name", DOCKERFILES)
def test_bases_are_pinned_and_users_are_not_root(name):
    for steps in stages(name).values():
        base = next(s for s in steps if s.name == "FROM").words[0]
        for key, value in arguments(steps).items():
            base = base.replace(f"${{{key}}}", value)
        assert re.search(r":\d+\.\d+\.\d+", base), base
        user = last(steps, "USER")
        assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user.text)
        assert last(steps, "ENTRYPOINT") or "tensorflow/serving" in base


@pytest.mark.parametrize("name", DOCKERFILES)
def test_pip_installs_pinned_versions_without_a_cache(name):
    for step in instructions(name):
        for command in step.text.split("&&"):
            if step.name == "RUN" and "pip install" in command:
                assert "--constraint constraints.txt" in command
                assert "--no-cache-dir" in command


def test_the_pins_are_versions_that_the_package_allows():
    lines = (DOCKER / "constraints.txt").read_text().splitlines()
    pins = dict(line.split("==") for line in lines if line and line[0] != "#")
    wanted = [
        *PROJECT["project"]["dependencies"],
        *client_setup()["install_requires"],
    ]
    for text in wanted:
        requirement = Requirement(text)
        assert requirement.specifier.contains(pins[requirement.name]), text
    test = {
        Requirement(text).name: Requirement(text)
        for text in PROJECT["project"]["optional-dependencies"]["test"]
    }
    assert test["pytest"].specifier.contains(pins["pytest"])
    if installed("tensorflow") == pins["tensorflow"]:
        # The stack that the tests run on is the one in the images.
        assert installed("keras") == pins["keras"]


def test_the_train_image_runs_a_command_of_the_package():
    steps = stages("train.Dockerfile")["train"]
    (script,) = last(steps, "ENTRYPOINT").words
    assert script in PROJECT["project"]["scripts"]
    assert last(steps, "CMD").words == ["--help"]
    copied = {s.words[0] for s in steps if s.name == "COPY"}
    packages = PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]
    assert {name.partition(".")[0] for name in packages} <= copied


def test_the_train_service_trains():
    from trainers.train import parse

    verb, *rest = SERVICES["train"]["command"]
    assert verb in VERBS
    options, config, _ = parse(rest)
    assert config.data.location == "synthetic"
    assert str(options.run).startswith("/runs/")


def folders_made(stage):
    folders = []
    for step in stages("train.Dockerfile")[stage]:
        for paths in re.findall(r"install -d (?:-\w \S+ )*(.*)", step.text):
            folders += paths.split()
    return set(folders)


def targets(service):
    return {
        mount["target"] if isinstance(mount, dict) else mount.split(":")[1]
        for mount in service["volumes"]
    }


def test_mounts_are_folders_of_the_images():
    assert targets(SERVICES["train"]) == folders_made("train")
    assert targets(SERVICES["train"]) == {"/data", "/runs", SERVER_BASE}
    assert targets(SERVICES["serve"]) == {SERVER_BASE}
    for name in ("fixture", "conformance", "conformance-server"):
        assert targets(SERVICES[name]) == {"/fixture"}
    # A named volume takes the owner of the folder it is first mounted on.
    assert "/fixture" in folders_made("conformance")


def server_flags():
    """(where, flag, value) of every option a server is given."""
    commands = [
        (
            "serve.Dockerfile",
            last(stages("serve.Dockerfile")["last"], "CMD").words,
        )
    ]
    commands += [
        (name, service["command"])
        for services in (SERVICES, GPU)
        for name, service in services.items()
        if "serve" in name and "command" in service
    ]
    return [
        (where, *flag.removeprefix("--").partition("=")[::2])
        for where, flags in commands
        for flag in flags
    ]


def test_servers_get_flags_that_they_know():
    flags = server_flags()
    assert len(flags) > 10
    assert {flag for _, flag, _ in flags} <= SERVER_FLAGS


def test_servers_get_files_that_we_write(tmp_path):
    write_serving_config(tmp_path)
    from serving.conformance import fixture

    written = {
        f"{SERVER_BASE}/{path.relative_to(tmp_path)}"
        for path in tmp_path.rglob("*")
    }
    text = Path(fixture.__file__).read_text()
    for where, flag, value in server_flags():
        if not flag.endswith("_file"):
            continue
        if where.startswith("conformance"):
            folder, name = os.path.split(value)
            assert folder == "/fixture" and name in text
        else:
            assert value in written, f"{where}: --{flag}={value}"


def test_the_gpu_server_keeps_the_flags_of_the_other():
    plain = last(stages("serve.Dockerfile")["last"], "CMD").words
    assert GPU["serve"]["command"][: len(plain)] == plain
    text = " ".join(GPU["serve"]["command"])
    assert "--enable_batching" in text and "batching_gpu.config" in text
    for name in ("train", "serve"):
        base = SERVICES[name]
        assert (
            GPU[name]["build"]["args"].keys()
            <= arguments(
                instructions(base["build"]["dockerfile"].split("/")[1])
            ).keys()
        )
        (device,) = GPU[name]["deploy"]["resources"]["reservations"]["devices"]
        assert device["capabilities"] == ["gpu"]
    assert GPU["serve"]["build"]["args"]["SERVING_TAG"].endswith("-gpu")


def test_ports_are_the_servers_and_stay_on_this_machine():
    exposed = last(stages("serve.Dockerfile")["last"], "EXPOSE").words
    assert set(exposed) == SERVER_PORTS
    assert str(local_server.Options.port) in SERVER_PORTS
    for service in SERVICES.values():
        for mapping in service.get("ports", []):
            host, published, inside = mapping.split(":")
            assert host == "127.0.0.1"
            assert published == inside and inside in SERVER_PORTS
    for text in (
        last(stages("serve.Dockerfile")["last"], "HEALTHCHECK").text,
        str(SERVICES["conformance-server"]["healthcheck"]["test"]),
    ):
        assert "/dev/tcp/127.0.0.1/8500" in text


def test_profiles_and_what_services_wait_for():
    profiles = {p for s in SERVICES.values() for p in s["profiles"]}
    assert profiles == {"train", "serve", "conformance"}
    for name, service in SERVICES.items():
        waits = service.get("depends_on", {})
        for other in waits:
            assert SERVICES[other]["profiles"] == service["profiles"], name
            condition = isinstance(waits, dict) and waits[other]["condition"]
            if condition == "service_healthy":
                assert "healthcheck" in SERVICES[other]


def test_every_service_is_contained():
    for name, service in SERVICES.items():
        assert service["user"] == "1000:1000", name
        assert service["read_only"] and service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert re.fullmatch(r"\d+g", service["mem_limit"]), name
        assert service["pids_limit"] > 0, name
        assert service["logging"]["options"]["max-size"], name


def test_the_contract_test_writes_as_whatever_user():
    (step,) = [
        s
        for s in stages("train.Dockerfile")["conformance"]
        if "/fixture" in s.text
    ]
    assert "install -d -m 1777 /fixture" in step.text


def test_images_are_built_from_files_that_are_there():
    for name, service in SERVICES.items():
        build = service.get("build")
        if build is None:
            assert service["image"].startswith("tensorflow/serving:2"), name
            continue
        assert (DOCKER / build["context"]).resolve() == ROOT
        file = build["dockerfile"].removeprefix("docker/")
        assert file in DOCKERFILES
        assert build.get("target", "last") in stages(file)
        assert (
            build.get("args", {}).keys() <= arguments(instructions(file)).keys()
        )
        assert service["image"].endswith(f":{tfmask.__version__}")


def test_the_health_check_is_the_clients():
    kind, python, dash, module, *rest = SERVICES["health"]["healthcheck"][
        "test"
    ]
    assert (kind, python, dash) == ("CMD", "python", "-m")
    assert importlib.util.find_spec(module) is not None
    with pytest.raises(SystemExit) as error:
        ready.main([*rest, "--help"])
    assert error.value.code == 0
    target = rest[0]
    name, port = target.split(":")
    assert name in SERVICES and port in SERVER_PORTS
    # Its own limit comes before the engine's, so that it can say why.
    limit = float(rest[rest.index("--timeout") + 1])
    assert limit < float(SERVICES["health"]["healthcheck"]["timeout"][:-1])
    client = client_setup()
    steps = stages("client.Dockerfile")["last"]
    assert any("./client[query]" in s.text for s in steps)
    assert "query" in client["extras_require"]


def test_the_conformance_service_gives_options_that_the_suite_has():
    module, folder, *rest = SERVICES["conformance"]["command"]
    assert module == "pytest" and (ROOT / folder).is_dir()
    conftest = (ROOT / folder / "conftest.py").read_text()
    known = set(re.findall(r'addoption\(\s*"(--[\w-]+)"', conftest))
    options = [text.split("=") for text in rest if text.startswith("--")]
    assert {name for name, *_ in options} <= known
    for name, *value in options:
        if name.endswith("target"):
            service, port = value[0].split(":")
            assert service in SERVICES and port == "8500"
    (module, folder) = SERVICES["fixture"]["command"]
    assert importlib.util.find_spec(module) is not None


def test_variables_have_defaults_and_are_described():
    described = (DOCKER / "README.md").read_text()
    for name in ("compose.yaml", "compose.gpu.yaml"):
        for match in VARIABLE.finditer((DOCKER / name).read_text()):
            assert match[2], f"{match[1]} has no default"
            assert f"`{match[1]}`" in described, match[1]
    for name in DOCKERFILES:
        for argument in arguments(instructions(name)):
            assert f"`{argument}`" in described, argument


def test_the_readme_names_files_and_services_that_exist():
    text = (DOCKER / "README.md").read_text()
    for name in re.findall(r"docker/([\w.]+)", text):
        assert (DOCKER / name).exists(), name
    for profile in re.findall(r"--profile (\w+)", text):
        assert profile in {"train", "serve", "conformance"}
    for service in re.findall(r"run --rm (?:--build )?([\w-]+)", text):
        assert service in SERVICES, service


@pytest.mark.skipif(not shutil.which("hadolint"), reason="needs hadolint")
@pytest.mark.parametrize("name", DOCKERFILES)
def test_hadolint_has_no_complaint(name):
    subprocess.run(["hadolint", DOCKER / name], check=True)


def has_compose():
    if not shutil.which("docker"):
        return False
    done = subprocess.run(["docker", "compose", "version"], capture_output=True)
    return done.returncode == 0


@pytest.mark.skipif(not has_compose(), reason="needs docker compose")
@pytest.mark.parametrize("files", [["compose"], ["compose", "compose.gpu"]])
def test_docker_compose_accepts_the_files(files):
    options = [part for f in files for part in ("-f", DOCKER / f"{f}.yaml")]
    subprocess.run(
        ["docker", "compose", *options, "--profile", "*", "config", "-q"],
        check=True,
    )
