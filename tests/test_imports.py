"""Who may import whom, and what must start without TensorFlow."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = {"tensorflow", "keras", "tensorflow_addons", "tensorflow_datasets"}
# A room, and the other rooms that it may import.
OPS = {"tfmask.ops"}
METHODS = {"tfmask.configs", "tfmask.layers", "tfmask.losses"} | {
    "tfmask.networks"
}
COMMANDS = {"serving.commands"}
ALLOWED = {
    "serving.commands": set(),
    "serving.protocol": set(),
    "serving.client": {"serving.protocol"} | COMMANDS,
    "serving.server": {"serving.protocol"},
    "serving.app": {"serving.client"} | COMMANDS,
    "tfmask.ops": COMMANDS,
    "tfmask.configs": OPS,
    "tfmask.layers": OPS,
    "tfmask.losses": OPS,
    "tfmask.metrics": OPS,
    "tfmask.networks": OPS | {"tfmask.layers"},
    "tfmask.methods": OPS | METHODS,
    "data_pipelines": OPS | COMMANDS,
    "tfmask.export": OPS
    | {"tfmask.methods", "tfmask.reports", "serving.protocol"},
    "tfmask.translation": OPS | COMMANDS | {"data_pipelines", "tfmask.methods"},
}
LIBRARY = set(ALLOWED) - {"serving.client", "serving.server", "serving.app"}
ALLOWED |= {
    "tfmask.training": LIBRARY | {"tfmask.evaluation", "tfmask.reports"},
    "tfmask.evaluation": LIBRARY | {"tfmask.training", "tfmask.reports"},
    "tfmask.reports": LIBRARY | {"tfmask.evaluation"},
    "tfmask.importing": LIBRARY | {"tfmask.training", "tfmask.reports"},
    "tfmask.api": LIBRARY
    | {"tfmask.training", "tfmask.evaluation", "tfmask.reports"},
    "trainers": set(ALLOWED)
    | {"tfmask", "tfmask.training", "tfmask.evaluation", "tfmask.reports"}
    | {"tfmask.importing"},
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
    "trainers.app",
    "trainers.benchmark",
    "trainers.classifier",
    "trainers.cli",
    "trainers.completion",
    "trainers.import_weights",
    "trainers.metrics",
    "trainers.runs",
    "trainers.train",
    "serving.app.translation_requests",
    "serving.app.marking",
    "serving.client",
    "serving.query",
]
# Modules of `tfmask app` that the extra `app` need not be there for.
WITHOUT_GRADIO = [
    "serving.app.translation_requests",
    "serving.app.marking",
    "serving.app.painting",
    "trainers.app",
    "trainers.painted_masks",
]


# `translate_images`; no other method needs that room.
DOORS = {"tfmask.methods.python_use: tfmask.translation.in_memory"}


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
    modules = set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                parents = package[: len(package) - node.level + 1]
                module = ".".join([*parents, *filter(None, [module])])
            modules |= {module} | {f"{module}.{a.name}" for a in node.names}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if not top_only:
                waiting += node.body
        else:
            waiting += ast.iter_child_nodes(node)
    return modules


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


def modules_below(*rooms):
    """Names of all modules of packages, and of their subpackages."""
    modules = set()
    for room in rooms:
        folder = ROOT.joinpath(*room.split("."))
        if folder.with_suffix(".py").is_file():
            modules.add(room)
        for file in folder.rglob("*.py"):
            parts = file.relative_to(ROOT).with_suffix("").parts
            modules.add(".".join(parts).removesuffix(".__init__"))
    return modules


OURS = modules_below("tfmask", "serving", "data_pipelines", "trainers")


def our_imports(module):
    """Our modules that a module imports, anywhere in it."""
    imports = set()
    for name in imports_of(file_of(module)):
        while name and name not in OURS:
            name = name.rpartition(".")[0]
        # The package of an imported module does not count.
        imports.add(name)
    return {
        name
        for name in imports - {"", module}
        if not any(other.startswith(f"{name}.") for other in imports)
    }


@pytest.mark.parametrize("room", ALLOWED)
def test_imports_go_one_way(room):
    modules = modules_below(room)
    assert modules
    wrong = {
        f"{module}: {name}"
        for module in modules
        for name in our_imports(module)
        if not belongs(name, ALLOWED[room] | {room})
    }
    assert not wrong - DOORS


def test_every_room_has_its_rule():
    rooms = {
        ".".join(name.split(".")[: 2 if name.startswith("tfmask") else 1])
        for name in OURS
        if not name.startswith("serving") and name != "tfmask"
    }
    assert rooms <= set(ALLOWED)


def test_no_circles():
    """Not even by imports inside of functions."""
    done = set()

    def follow(module, path):
        assert module not in path, " -> ".join((*path, module))
        if module not in done:
            for name in our_imports(module):
                follow(name, (*path, module))
            done.add(module)

    for module in sorted(OURS):
        follow(module, ())


def test_the_client_needs_neither_tensorflow_nor_tfmask():
    ours, others = closure("serving.client")
    assert not others & (HEAVY | {"tensorflow_serving"})
    assert all(name.startswith("serving") for name in ours)


@pytest.mark.parametrize("module", sorted(modules_below("serving.commands")))
def test_what_all_share_is_ours_numpy_and_the_standard_library(module):
    ours, others = closure(module)
    assert all(name == "serving" or belongs(name, COMMANDS) for name in ours)
    # Pillow, which the client can do without, is imported by functions.
    assert others - {"serving"} <= {"numpy", "PIL"} | set(
        sys.stdlib_module_names
    )


@pytest.mark.parametrize("module", LIGHT)
def test_no_tensorflow_at_module_level(module):
    ours, others = closure(module)
    assert module in ours
    assert not others & HEAVY


@pytest.mark.parametrize("module", WITHOUT_GRADIO)
def test_no_gradio_at_module_level(module):
    ours, others = closure(module)
    assert module in ours
    assert "gradio" not in others


def test_no_tensorflow_when_they_are_really_imported():
    code = (
        f"import importlib, sys\nfor name in {LIGHT!r}:\n"
        "    importlib.import_module(name)\n"
        f"    loaded = {sorted(HEAVY)!r}\n"
        "    loaded = [heavy for heavy in loaded if heavy in sys.modules]\n"
        "    assert not loaded, (name, loaded)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
