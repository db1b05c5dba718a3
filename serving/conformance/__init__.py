"""The contract test: runs against any TensorFlow Serving API server."""
