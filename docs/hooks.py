"""What `mkdocs build` adds to docs/: see `hooks` in mkdocs.yml.

Pages that lie elsewhere (README.md is the first one), the list of methods and
a page of the API reference for each module. Modules are found by walking the
packages that pyproject.toml installs, so that none is listed by hand. A public
name without a docstring is a warning, which fails a strict build.
"""

import ast
import logging
import posixpath
import re
import tomllib
from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parents[1]
# Where a file of the repository stands in the site, if not as in docs/.
ELSEWHERE = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "docker/README.md": "docker.md",
    "client/README.md": "client.md",
}
LOG = logging.getLogger("mkdocs.hooks.tfmask")
LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)")


def on_config(config):
    """Adds what is found to the navigation."""
    methods = sorted((ROOT / "docs" / "methods").glob("*.md"))
    config.nav.append({"Methods": [f"methods/{path.name}" for path in methods]})
    config.nav.append({"API": [_branch(package) for package in packages()]})


def on_files(files, config):
    """Adds the pages that are not files in docs/."""
    for source, page in ELSEWHERE.items():
        text = (ROOT / source).read_text()
        files.append(File.generated(config, page, content=text))
    for package in packages():
        for path in _modules(package):
            for name in undocumented(path.read_text()):
                LOG.warning("%s: `%s` has no docstring", path, name)
            text = f"::: {_dotted(path)}\n"
            files.append(File.generated(config, _page(path), content=text))


def on_page_markdown(markdown, page, **_):
    """Points links between files of the repository to pages of the site."""
    site = {page: source for source, page in ELSEWHERE.items()}
    uri = page.file.src_uri
    here = posixpath.dirname(site.get(uri, f"docs/{uri}"))

    def place(match):
        target = posixpath.normpath(posixpath.join(here, match[1]))
        target = ELSEWHERE.get(target, target.removeprefix("docs/"))
        return "](" + posixpath.relpath(target, posixpath.dirname(uri) or ".")

    return LINK.sub(place, markdown)


def undocumented(source):
    """Public names of a module that have no docstring.

    Methods are left out: most of them do what their base class says.

    Args:
        source: str, the text of the module.

    Returns:
        Names of classes and functions; "module" if the module has none.
    """
    module = ast.parse(source)
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    public = [
        node
        for node in module.body
        if isinstance(node, kinds) and not node.name.startswith("_")
    ]
    return [
        getattr(node, "name", "module")
        for node in (module, *public)
        if not ast.get_docstring(node)
    ]


def packages():
    """Folders of the packages that pyproject.toml installs, in its order."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    names = project["tool"]["setuptools"]["packages"]["find"]["include"]
    return [ROOT / name for name in names if "*" not in name]


def _modules(package):
    """A package's modules; tests that are shipped and scripts are none."""
    for path in sorted(package.rglob("*.py")):
        name = path.stem
        if name == "__init__" or not name.startswith(("_", "test_", "conf")):
            yield path


def _dotted(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def _page(path):
    page = path.relative_to(ROOT).with_suffix(".md")
    return f"api/{page.as_posix()}".replace("__init__.md", "index.md")


def _branch(folder):
    """The navigation below a package: its page, subpackages, modules."""
    pages = [
        {path.stem: _page(path)}
        for path in _modules(folder)
        if path.parent == folder and path.stem != "__init__"
    ]
    below = [
        _branch(init.parent) for init in sorted(folder.glob("*/__init__.py"))
    ]
    own = [_page(folder / "__init__.py")]
    return {folder.name: own + below + pages}
