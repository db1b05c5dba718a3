"""`tfmask-client`: what is in it, and that it runs with nothing else."""

import ast
import importlib.util
import json
import pathlib
import shlex
import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pytest

import tfmask
from serving.conformance.processes import ROOT

# What the client may use besides the standard library.
NEEDS = ["grpc", "google", "numpy", "numpy.libs", "typing_extensions.py"]
REPORT = """
import json, sys, time
start = time.process_time()
import serving.client
seconds = time.process_time() - start
status = open("/proc/self/status").read()
print(json.dumps({
    "seconds": seconds,
    "private": int(status.split("RssAnon:")[1].split()[0]) / 1024,
    "modules": sorted({name.partition(".")[0] for name in sys.modules}),
    "file": serving.client.__file__,
}))
"""
TRANSLATE = """
import sys
import numpy as np
from serving.client import Client
image = np.full((9, 8, 3), 200, np.uint8)
with Client(sys.argv[1], "toy") as client:
    client.wait_ready(20)
    print(client.translate(image, "b_to_a").image.max())
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from a copy, in which it leaves nothing behind."""
    work = tmp_path_factory.mktemp("wheel")
    ignore = shutil.ignore_patterns("__pycache__", "build", "*.egg-info")
    for folder in ("client", "serving"):
        shutil.copytree(ROOT / folder, work / "tree" / folder, ignore=ignore)
    (work / "tree" / "tfmask").mkdir()
    shutil.copy(ROOT / "tfmask" / "__init__.py", work / "tree" / "tfmask")
    before = sorted((work / "tree").rglob("*"))
    subprocess.run(
        [
            sys.executable,
            *shlex.split(
                "-m pip wheel --no-deps --no-index --no-build-isolation "
                "--quiet --wheel-dir"
            ),
            work,
            str(work / "tree" / "client"),
        ],
        check=True,
        capture_output=True,
    )
    assert sorted((work / "tree").rglob("*")) == before
    (path,) = work.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory):
    """A folder with the client and its requirements, without TensorFlow."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    packages = pathlib.Path(importlib.util.find_spec("grpc").origin).parents[1]
    for name in NEEDS:
        if (packages / name).exists():
            (folder / name).symlink_to(packages / name)
    return folder


def is_module(module):
    """Whether the tree has a module of this name."""
    return ROOT.joinpath(*module.split(".")).with_suffix(".py").is_file()


def run(environment, code, *arguments):
    """Runs code that sees the standard library and that folder only."""
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import sys; sys.path.append({str(environment)!r})\n{code}",
            *arguments,
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_is_the_client_and_nothing_else(wheel):
    assert wheel.name == f"tfmask_client-{tfmask.__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = [n for n in archive.namelist() if ".dist-info/" not in n]
        for name in names:  # one source, no copies that drift apart
            assert archive.read(name) == (ROOT / name).read_bytes()
        (metadata,) = (n for n in archive.namelist() if "METADATA" in n)
        text = archive.read(metadata).decode()
        (scripts,) = (n for n in archive.namelist() if "entry_points" in n)
        assert b"tfmask-query = serving.query:script" in archive.read(scripts)
    assert all(name.startswith("serving/") for name in names)
    assert "serving/client/blocking.py" in names
    assert not any(name.startswith("serving/server/") for name in names)
    required = [
        line.partition(": ")[2].lower()
        for line in text.splitlines()
        if line.startswith("Requires-Dist") and "extra ==" not in line
    ]
    assert len(required) == 3 and not any("tensorflow" in r for r in required)


def test_no_module_of_it_imports_one_that_is_left_out(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = [n for n in archive.namelist() if n.endswith(".py")]
        sources = {n: archive.read(n).decode() for n in names}
    inside = {
        name[:-3].replace("/", ".").removesuffix(".__init__") for name in names
    }
    for name, source in sources.items():
        for node in ast.walk(ast.parse(source)):
            if not isinstance(node, ast.ImportFrom):
                continue
            module = node.module or ""
            if module.partition(".")[0] != "serving":
                continue
            members = {f"{module}.{alias.name}" for alias in node.names}
            modules = {m for m in members if is_module(m)} or {module}
            assert modules <= inside, f"{name}: {modules - inside}"


def test_it_loads_in_little_memory_without_tensorflow(environment):
    report = json.loads(run(environment, REPORT))
    assert report["file"].startswith(str(environment))
    heavy = {"tensorflow", "keras", "tfmask", "PIL", "rich", "tyro", "scipy"}
    assert not heavy & set(report["modules"])
    assert report["private"] < 40  # see test_client.py


def test_tensorflow_is_really_out_of_reach(environment):
    code = (
        "import importlib.util; print(importlib.util.find_spec('tensorflow'))"
    )
    assert run(environment, code).strip() == "None"


def test_it_translates_without_tensorflow(environment, toy_target):
    expected = np.clip(200 - 80, 0, 255)
    assert run(environment, TRANSLATE, toy_target).strip() == str(expected)


@pytest.mark.parametrize("module", ["serving.ready", "serving.client.aio"])
def test_other_modules_load_there_too(environment, module):
    run(environment, f"import {module}")


def test_ready_waits_for_a_model(environment, toy_target):
    code = "import sys; from serving import ready; sys.exit(ready.main())"
    out = run(environment, code, toy_target, "toy", "--timeout", "20")
    assert out == "toy, version 2 is ready\n"


def test_ready_says_what_is_missing(toy_target, capsys):
    from serving import ready

    assert ready.main([toy_target, "pears", "--timeout", "0.3"]) == 1
    assert "pears is not ready after 0.3 s" in capsys.readouterr().err
    assert ready.main([toy_target, "toy", "--version", "9", "--timeout=0.3"])
    assert "9" in capsys.readouterr().err
    with pytest.raises(SystemExit) as error:
        ready.main([toy_target, "toy", "--key", "k.pem"])
    assert error.value.code == 2
