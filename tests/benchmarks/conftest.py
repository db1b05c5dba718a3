import importlib.util
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def load_script(monkeypatch):
    """Function of a script's name in `benchmarks` that gives its module."""

    def load(name):
        # A script changes the path only for itself. It gets another module
        # name, because `serving` is also a package.
        monkeypatch.setattr(sys, "path", list(sys.path))
        spec = importlib.util.spec_from_file_location(
            f"{name}_benchmark", FOLDER / f"{name}.py"
        )
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
        return module

    return load
