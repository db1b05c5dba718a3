"""The options that messages advise exist."""

import ast
import dataclasses
import importlib
import re

import pytest
from processes import ROOT

from tfmask.configs import (
    DataConfig,
    OptimizerConfig,
    RunConfig,
)
from tfmask.methods import NAMES, method_spec
from trainers.cli import VERBS

FOLDERS = ("data_pipelines", "serving", "tfmask", "trainers")
# Beside the verbs: programs of the checkout with options of their own.
PROGRAMS = (
    "data_pipelines.synthetic",
    "serving.conformance.load",
    "serving.conformance.mutations",
    "trainers.demo",
)
FOREIGN = {"help", "version"}  # tyro's
# pytest's options, TensorFlow Serving's, and no options but CSS.
OTHERS = ("conformance", "serving_config.py", "gallery.py")
OPTION = re.compile(r"(?<![\w-])--([a-z][\w.-]*\w)")


def fields(options, prefix=""):
    """Names of a dataclass's options as they are typed."""
    return {
        prefix + field.name.replace("_", "-")
        for field in dataclasses.fields(options)
    }


def known_options():
    modules = [module for module, _ in VERBS.values()] + list(PROGRAMS)
    prepare = ("instances", "shards")
    modules += [f"data_pipelines.prepare.{name}" for name in prepare]
    names = set(FOREIGN)
    for module in modules:
        for value in vars(importlib.import_module(module)).values():
            if dataclasses.is_dataclass(value) and isinstance(value, type):
                names |= fields(value)
    for name in NAMES:
        names |= fields(method_spec(name).config, "method.")
    names |= fields(DataConfig, "data.")
    names |= fields(OptimizerConfig, "optimizer.")
    return names | fields(RunConfig, "run.")


def texts(tree):
    """Strings of a module that are no docstrings, joined as they are used."""
    documented = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in documented
        ):
            yield node.lineno, node.value


def named_options():
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if set(OTHERS) & set(path.parts):
                continue
            for line, text in texts(ast.parse(path.read_text("utf-8"))):
                for name in OPTION.findall(text):
                    where = f"{path.relative_to(ROOT)}:{line}"
                    yield where, name.replace("_", "-")


def test_options_that_are_named_exist():
    known = known_options()
    named = list(named_options())
    assert len(named) > 100
    wrong = [f"{where}: --{name}" for where, name in named if name not in known]
    assert not wrong, wrong


@pytest.mark.parametrize("folder", FOLDERS)
def test_switches_of_python_are_named_with_their_option(folder):
    """Advice also names the option of the command, not only the keyword."""
    for path in (ROOT / folder).rglob("*.py"):
        for line, text in texts(ast.parse(path.read_text("utf-8"))):
            for name in re.findall(r"\b([a-z]+(?:_[a-z]+)+)=True", text):
                option = f"--{name.replace('_', '-')}"
                assert option in text, f"{path}:{line}: {text}"
