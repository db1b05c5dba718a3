"""Who may import whom, and what must start without TensorFlow."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = {"tensorflow", "keras", "tensorflow_addons", "tensorflow_datasets"}
# A package and the ones of ours that it must not know.
FORBIDDEN = {
    "tfmask/ops": {
        "tfmask.layers",
        "tfmask.losses",
        "tfmask.networks",
        "tfmask.methods",
        "serving",
    },
    "tfmask/layers": {
        "tfmask.losses",
        "tfmask.networks",
        "tfmask.methods",
        "serving",
        "tfmask.configs",
    },
    "tfmask/losses": {
        "tfmask.layers",
        "tfmask.networks",
        "tfmask.methods",
        "serving",
        "tfmask.configs",
    },
    "tfmask/networks": {
        "tfmask.losses",
        "tfmask.methods",
        "tfmask.configs",
        "serving",
    },
    "tfmask/methods": {"tfmask.export", "tfmask.metrics", "serving"},
    "tfmask/metrics": {
        "tfmask.layers",
        "tfmask.losses",
        "tfmask.networks",
        "tfmask.methods",
        "serving",
    },
    "tfmask/configs": {"tfmask.methods", "serving"},
    "tfmask": {"trainers", "data_pipelines"},
    "data_pipelines": {
        "tfmask.layers",
        "tfmask.losses",
        "tfmask.networks",
        "tfmask.methods",
        "serving",
        "trainers",
    },
    "serving": {"tfmask.methods", "trainers"},
}
# What the client's commands and all others share: anyone may import them.
SHARED = {
    "serving.command_line",
    "serving.files",
    "serving.mask_values",
    "serving.pictures",
}
# Modules that must not load TensorFlow.
LIGHT = [
    "tfmask",
    "tfmask.configs",
    "tfmask.methods",
    "tfmask.methods.cyclegan",
    "tfmask.ops.arrays",
    "tfmask.ops.errors",
    "data_pipelines",
    "trainers.benchmark",
    "trainers.classifier",
    "trainers.cli",
    "trainers.metrics",
    "trainers.train",
    "serving.client",
    "serving.query",
]


def file_of(module):
    """The file of one of our modules, or None."""
    path = ROOT.joinpath(*module.split("."))
    for file in (path.with_suffix(".py"), path / "__init__.py"):
        if file.is_file():
            return file
    return None


def imports_of(file, *, top_only=False):
    """Full names of modules (or members) that a file imports.

    Args:
        file: path below `ROOT`.
        top_only: leave out imports inside functions.
    """
    package = file.relative_to(ROOT).with_suffix("").parts[:-1]
    waiting = list(ast.parse(file.read_text()).body)
    found = set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                parents = package[: len(package) - node.level + 1]
                module = ".".join([*parents, *filter(None, [module])])
            found |= {module} | {f"{module}.{a.name}" for a in node.names}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if not top_only:
                waiting += node.body
        else:
            waiting += ast.iter_child_nodes(node)
    return found


def belongs(name, packages):
    return any(name == p or name.startswith(f"{p}.") for p in packages)


def closure(module):
    """Our modules that load with a module, and what else they import."""
    waiting, ours, others = [module], set(), set()
    while waiting:
        name = waiting.pop()
        file = file_of(name)
        if file is None:
            others.add(name)
        elif name not in ours:
            ours.add(name)
            waiting += imports_of(file, top_only=True)
            if "." in name:  # a package's __init__ runs first
                waiting.append(name.rpartition(".")[0])
    return ours, {name.partition(".")[0] for name in others}


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_imports_go_one_way(folder):
    files = sorted((ROOT / folder).rglob("*.py"))
    assert files
    wrong = {
        f"{file.relative_to(ROOT)}: {name}"
        for file in files
        for name in imports_of(file)
        if belongs(name, FORBIDDEN[folder]) and not belongs(name, SHARED)
    }
    assert not wrong


def test_the_client_needs_neither_tensorflow_nor_tfmask():
    ours, others = closure("serving.client")
    assert not others & (HEAVY | {"tensorflow_serving"})
    assert all(name.startswith("serving") for name in ours)


@pytest.mark.parametrize("module", sorted(SHARED))
def test_what_all_share_is_ours_numpy_and_the_standard_library(module):
    ours, others = closure(module)
    assert ours <= SHARED | {"serving"}
    # Pillow, which the client can do without, is imported by functions.
    assert others - {"serving"} <= {"numpy", "PIL"} | set(
        sys.stdlib_module_names
    )


@pytest.mark.parametrize("module", LIGHT)
def test_no_tensorflow_at_module_level(module):
    ours, others = closure(module)
    assert module in ours
    assert not others & HEAVY


def test_no_tensorflow_when_they_are_really_imported():
    code = (
        f"import importlib, sys\nfor name in {LIGHT!r}:\n"
        "    importlib.import_module(name)\n"
        f"    loaded = {sorted(HEAVY)!r}\n"
        "    loaded = [heavy for heavy in loaded if heavy in sys.modules]\n"
        "    assert not loaded, (name, loaded)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
