"""Marks of tests that need an extra of the package."""

import importlib.util

import pytest

# Its import takes seconds. So it is only looked up here.
needs_gradio = pytest.mark.skipif(
    importlib.util.find_spec("gradio") is None,
    reason="the extra `app` is not installed",
)
