"""Code of all commands that read images; nothing here uses TensorFlow."""
