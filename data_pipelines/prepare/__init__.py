"""`tfmask prepare`: public image sets into the folder layout.

Everything here works without TensorFlow.
"""
