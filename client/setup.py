"""Installs the client alone: the modules of ../serving that it is made of.

The sources lie once, in the tree's `serving` folder, and keep that name. An
own import name would need a copy, or other imports than the tree's.

    pip install ./client          # or the wheel that `make client-wheel` builds

What a build writes goes into a folder that ends with it, so a checkout that may
only be read will do, and none is changed.
"""

import atexit
import re
import shutil
import tempfile
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parents[1]
VERSION = re.search(
    r'__version__ = "(.+)"', (ROOT / "tfmask" / "__init__.py").read_text()
)[1]
PACKAGES = {
    name: f"../{name.replace('.', '/')}"
    for name in (
        "serving",
        "serving.client",
        "serving.commands",
        "serving.protocol",
    )
}
# Commands and messages of the server's side.
LEFT_OUT = {
    "serving": {"local_server", "replay"},
    "serving.protocol": {"make_protos", "status", "versions", "warmup"},
}

WORK = Path(tempfile.mkdtemp(prefix="tfmask-client-"))
atexit.register(shutil.rmtree, WORK, ignore_errors=True)


class ClientModules(build_py):
    """Leaves the modules of the server's side out."""

    def find_package_modules(self, package, package_dir):
        modules = super().find_package_modules(package, package_dir)
        left_out = LEFT_OUT.get(package, ())
        return [entry for entry in modules if entry[1] not in left_out]


setup(
    name="tfmask-client",
    version=VERSION,
    description="Client of tfmask's model servers, without TensorFlow",
    long_description=(ROOT / "client" / "README.md").read_text(),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.10",
    packages=list(PACKAGES),
    package_dir=PACKAGES,
    package_data={"serving.protocol": ["tfmask_protos.bin"]},
    cmdclass={"build_py": ClientModules},
    options={
        "egg_info": {"egg_base": str(WORK)},
        "build": {"build_base": str(WORK / "build")},
        "bdist_wheel": {"bdist_dir": str(WORK / "wheel")},
    },
    # `make test-install` asks a server with the least of each. Protobuf 4.22 to
    # 4.24 end in a segmentation fault.
    install_requires=["grpcio>=1.51.1", "protobuf>=4.25,<8", "numpy>=1.24"],
    extras_require={
        "images": ["pillow>=10"],
        "query": ["pillow>=10", "rich>=13", "tyro>=0.9.1,<2"],
    },
    entry_points={"console_scripts": ["tfmask-query=serving.query:script"]},
)
