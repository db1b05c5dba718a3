"""What the mask is of methods that have none of their own."""

MASK_SENTENCE = (
    "The method has no mask of its own: the mask is the size of the "
    "change, normalised in each image."
)
