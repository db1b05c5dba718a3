"""Weights of the authors' own code, as runs of tfmask."""
