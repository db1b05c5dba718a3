"""Runs the examples in the docstrings of tfmask."""

import doctest
import importlib
import pkgutil

import numpy as np
import pytest
import tensorflow as tf

import tfmask

MODULES = [
    info.name for info in pkgutil.walk_packages(tfmask.__path__, "tfmask.")
]
# Modules with an example in a docstring. Without this list, a test that finds
# no example would pass.
WITH_EXAMPLES = {
    "tfmask.layers.attention_composite",
    "tfmask.layers.instance_norm",
    "tfmask.losses.adversarial",
    "tfmask.losses.reconstruction",
    "tfmask.networks.resnet_generator",
}


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    module = importlib.import_module(name)
    names = {"np": np, "tf": tf, **vars(module)}
    result = doctest.testmod(module, extraglobs=names)
    assert result.failed == 0
    assert result.attempted or name not in WITH_EXAMPLES


def test_modules_with_examples_exist():
    assert set(MODULES) >= WITH_EXAMPLES
