"""Installs tfmask; `pip install .` or, on Python 3.11, `".[addons]"`."""

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
VERSION = re.search(
    r'__version__ = "(.+)"', (ROOT / "tfmask" / "__init__.py").read_text()
)[1]

setup(
    name="tfmask",
    version=VERSION,
    description="Local image-to-image translation that shows its mask",
    long_description=(ROOT / "README.md").read_text(),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.11,<3.14",
    packages=find_packages(
        include=[
            f"{name}{rest}"
            for name in ("tfmask", "trainers", "serving", "data_pipelines")
            for rest in ("", ".*")
        ]
    ),
    package_data={"serving": ["*.bin"], "trainers": ["*.html"]},
    # The ranges span two stacks: 2.21 / 3.15 by default, and with the extra
    # `addons` 2.15 / 2.15, the last that tensorflow-addons runs on.
    install_requires=[
        "tensorflow>=2.15.1,<2.22",
        "keras>=2.15.0,<3.16",
        "tensorflow-serving-api>=2.15.1,<2.22",
        "tensorflow-datasets>=4.9.4,<5",
        "numpy>=1.26",
        "scipy>=1.11",
        "pillow>=10",
        "rich>=13",
        "tyro>=0.9.1,<2",
    ],
    extras_require={
        "addons": [
            "tensorflow==2.15.1",
            "keras==2.15.0",
            "tensorflow-serving-api==2.15.1",
            "tensorflow-addons==0.23.0",
            # Newer ones need a protobuf that TensorFlow 2.15 does not load.
            "tensorflow-metadata==1.15.0",
        ],
        "test": [
            *("pytest>=8", "pytest-xdist>=3.5"),
            *("scikit-learn>=1.4", "ovmsclient==2023.1"),
            *("pyyaml>=6", "setuptools>=65", "wheel"),  # docker/, client/
            "openvino>=2026.4",  # reads exports
        ],
        "embed": ["scikit-learn>=1.4"],
        "dev": ["ruff==0.17.5", "tensorboard"],
        "benchmark": ["torch==2.13.0", "torchmetrics==1.9.0"],
    },
    entry_points={"console_scripts": ["tfmask = trainers.cli:main"]},
)
