"""Translation of image files and arrays by a trained method."""
