"""Serving: a client without TensorFlow, a local server, its contract test."""
