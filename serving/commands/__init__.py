"""What the commands that read images share; nothing here knows TensorFlow."""
