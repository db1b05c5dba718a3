"""L_cam of CAM-consistency (Kim, Khan, Choo 2021): what may not change."""

from tfmask.losses.context import context


def cam_consistency(image, translated, mask):
    """How much an edit changes what the mask does not show.

    `mean |(1 - M) (x - y)|` over all pixels and channels.

    Args:
        image: (B, H, W, C) float, x.
        translated: (B, H, W, C) float, y.
        mask: (B, H, W, 1) float in [0, 1], M, the Grad-CAM of the changed
            attributes (`tfmask.ops.grad_cam.attended`). M is constant for the
            generator. y is constant for the discriminator.

    Returns:
        (B,) float32.

    Paper: Kim, Khan, Choo 2021. The paper has it in words only; the formula is
    our reading.

    Examples:
        >>> one, zero = np.ones((1, 2, 2, 3)), np.zeros((1, 2, 2, 3))
        >>> mask = np.full((1, 2, 2, 1), 0.75)
        >>> cam_consistency(one, zero, mask).numpy().tolist()
        [0.25]
    """
    return context(image, translated, 1.0 - mask)
