"""Image ranges, padding, replica arithmetic and argument checks."""
