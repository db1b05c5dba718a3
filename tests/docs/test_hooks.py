"""What the site adds to the pages of docs/; `make docs` builds all of it."""

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("mkdocs", reason="needs the extra `docs`")
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def hooks():
    path = ROOT / "docs" / "hooks.py"
    spec = importlib.util.spec_from_file_location("site_hooks", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("page", "written", "shown"),
    [
        ("index.md", "docs/methods/cut.md", "methods/cut.md"),
        ("index.md", "docker/README.md", "docker.md"),
        ("methods/cut.md", "../training.md#speed", "../training.md#speed"),
        ("serving.md", "../docker/README.md", "docker.md"),
        ("docker.md", "../docs/serving.md", "serving.md"),
        ("methods/cut.md", "../../README.md", "../index.md"),
        ("data.md", "#pairs", "#pairs"),
        (
            "index.md",
            "https://keepachangelog.com",
            "https://keepachangelog.com",
        ),
    ],
)
def test_links_lead_to_pages(hooks, page, written, shown):
    page = SimpleNamespace(file=SimpleNamespace(src_uri=page))
    text = hooks.on_page_markdown(f"See [this]({written}).", page)
    assert text == f"See [this]({shown})."


def test_a_page_for_each_module_that_is_installed(hooks):
    config = SimpleNamespace(nav=[])
    hooks.on_config(config)
    pages = str(config.nav)
    for package in hooks.packages():
        assert f"api/{package.name}/index.md" in pages
    assert "api/tfmask/layers/instance_norm.md" in pages
    assert "methods/cyclegan.md" in pages and "conftest" not in pages


def test_public_names_without_docstring_are_found(hooks):
    source = '''
def told():
    """What it does."""
def untold(): ...
def _private(): ...
class Untold:
    def method(self): ...
'''
    assert hooks.undocumented(source) == ["module", "untold", "Untold"]
