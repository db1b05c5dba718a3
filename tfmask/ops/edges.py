"""A rough mask, moved to the edges of its image."""

import numpy as np

# A pixel is certainly object if it is above the threshold by this share of the
# way to the mask's largest value. It is certainly background if it is below
# this share of the threshold.
SURE = (0.6, 0.5)
# The same for masks of adversarial training. Their levels say less.
SURE_OF_FOUND = (0.3, 0.2)
# The areas of the cut and of the mask are compared. If one is more than so many
# times the other, the cut is no better mask.
LARGEST_RATIO = 2.0
ITERATIONS = 4


def snapped_to_edges(image, mask, threshold=0.5, sure=SURE):
    """The object that a soft mask means, cut out along the image's edges.

    It uses OpenCV's GrabCut (Rother et al. 2004). GrabCut fits one colour model
    to the pixels above the threshold (object) and one to those below it
    (ground). Then it moves the cut to places where colours change. Pixels well
    above the threshold stay object. Pixels well below it stay ground.

    Args:
        image: (H, W, 3) uint8.
        mask: (H, W) float in [0, 1].
        threshold: float; values above it are object.
        sure: two floats in [0, 1], see `SURE`.

    Returns:
        (H, W) bool. In two cases it is just the pixels above the threshold: if
        there is hardly any object or ground, or if the cut has less than half
        or more than twice the area. Such a cut has lost the object, or covers
        far too much.
    """
    import cv2

    above = mask > threshold
    # OpenCV fits five colours to each side. It fails with fewer pixels.
    if min(above.sum(), (~above).sum()) < 10:
        return above
    sure_object, sure_ground = sure
    high = threshold + sure_object * (mask.max() - threshold)
    trimap = np.where(above, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    trimap[mask < sure_ground * threshold] = cv2.GC_BGD
    trimap[mask > high] = cv2.GC_FGD
    cv2.setRNGSeed(0)
    cv2.grabCut(
        np.ascontiguousarray(image),
        trimap,
        None,
        *np.zeros((2, 1, 65)),
        ITERATIONS,
        cv2.GC_INIT_WITH_MASK,
    )
    cut = (trimap == cv2.GC_FGD) | (trimap == cv2.GC_PR_FGD)
    ratio = cut.sum() / above.sum()
    return cut if 1 / LARGEST_RATIO <= ratio <= LARGEST_RATIO else above


def middle_of_image(size):
    """A soft ellipse about the middle: where photographs have their object.

    Args:
        size: (H, W).

    Returns:
        (H, W) float32 in (0, 1]: `2 ** -((x / a)^2 + (y / b)^2)`. Here a is a
        quarter of the width, and b is .35 of the height. So it is 0.5 on the
        ellipse with these half axes.
    """
    height, width = size
    down, across = np.ogrid[:height, :width]
    across = ((across + 0.5) / width - 0.5) / 0.25
    down = ((down + 0.5) / height - 0.5) / 0.35
    return np.exp2(-(across**2 + down**2)).astype(np.float32)
