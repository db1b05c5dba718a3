"""Exports: signatures, checks, publishing, the configuration of servers.

path = tfmask.export(model, "models", "photos")
"""

import sys
import types


class _Callable(types.ModuleType):
    """`tfmask.export` is a package and a verb of the Python API."""

    def __call__(self, model, base, name, **options):
        """See `tfmask.export.run.export_run`."""
        from tfmask.export.run import export_run

        return export_run(model, base, name, **options)


sys.modules[__name__].__class__ = _Callable
