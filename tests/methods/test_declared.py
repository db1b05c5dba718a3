"""What every method declares: complete, true in README, cheap to read."""

import ast
import dataclasses
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tfmask.methods import NAMES, method_spec, preset_config
from tfmask.methods.ports import IMAGE
from tfmask.ops.errors import UserError

ROOT = Path(__file__).parents[2]
LEARNS_FROM = {
    "unpaired": "two sets of images",
    "paired": "pairs of images",
    "attributes": "images with attributes",
    "instances": "two sets of images, a mask for each object",
}


def row(spec):
    """A method's row of README's table."""
    page = f"docs/methods/{spec.page}.md"
    cells = f"[`{spec.name}`]({page})", spec.title, spec.paper
    return f"| {' | '.join(cells)} | {LEARNS_FROM[spec.data]} | {spec.mask} |"


@pytest.mark.parametrize("name", NAMES)
def test_readme_has_its_row(name):
    assert row(method_spec(name)) in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_it_declares_all_that_is_derived_from(name):
    spec = method_spec(name)
    assert spec.name == name and spec.title and spec.mask.endswith(".")
    page = (ROOT / f"docs/methods/{spec.page}.md").read_text()
    assert f"`{name}`" in page or spec.title in page
    assert spec.inputs[0] == spec.outputs[0] == IMAGE
    assert "mask" in {port.name for port in spec.outputs}
    optional = [port.optional for port in spec.inputs]
    assert optional == sorted(optional)
    for port in (*spec.inputs, *spec.outputs):
        names = {port.name for port in (*spec.inputs, *spec.outputs)}
        assert port.picture in names
    assert len({arm.name for arm in spec.ablations}) == len(spec.ablations)


@pytest.mark.parametrize("name", NAMES)
def test_presets_hold_its_options(name):
    spec = method_spec(name)
    assert "quick" in spec.preset_names and (
        "paper" in spec.preset_names
    ) == bool(spec.paper)
    for preset in spec.preset_names:
        config = preset_config(name, preset, "somewhere")
        assert (config.method_name, config.preset) == (name, preset)
        assert type(config.method) is spec.config
        assert config.data.location == "somewhere"
    options = {field.name for field in dataclasses.fields(spec.config)}
    assert set(spec.milestones.values()) <= options


def test_what_is_not_there_is_named():
    with pytest.raises(UserError, match="cyclegna.*cyclegan"):
        method_spec("cyclegna")
    with pytest.raises(UserError, match="papre.*paper"):
        preset_config("cyclegan", "papre", "")


def test_reading_all_declarations_loads_no_tensorflow():
    code = (
        "import sys\n"
        "from tfmask.methods import NAMES, method_spec\n"
        "for name in NAMES: method_spec(name)\n"
        "print('tensorflow' in sys.modules, 'keras' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout.split() == ["False", "False"], done.stderr


def defined_in(file):
    """Names of functions and classes of a file, methods as "Class.method"."""
    kinds = ast.ClassDef, ast.FunctionDef
    names = set()
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, kinds):
            names.add(node.name)
            names |= {
                f"{node.name}.{inner.name}"
                for inner in node.body
                if isinstance(inner, kinds)
            }
    return names


PAGES = sorted((ROOT / "docs" / "methods").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_its_page_says_where_its_equations_stand(page):
    references = re.findall(r"`([a-z_/]+\.py): ([\w., ]+)`", page.read_text())
    assert references
    for file, names in references:
        known = defined_in(ROOT / "tfmask" / file)
        assert {name.strip() for name in names.split(",")} <= known, file
