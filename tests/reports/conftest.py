"""Puts the helpers of `tests/trainers` on the path."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "trainers"))
