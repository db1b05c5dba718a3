"""Blend of foreground and background: Mejjati et al. 2018, Eq. (1)."""


def attention_composite(foreground, background, attention):
    """Takes `foreground` where `attention` is 1, else `background`.

    `y = attention * foreground + (1 - attention) * background`

    Args:
        foreground: (B, H, W, C) float in [-1, 1], the raw translation.
        background: (B, H, W, C) float in [-1, 1], the input image.
        attention: (B, H, W, 1) float in [0, 1], soft.

    Returns:
        (B, H, W, C) float in [-1, 1]. Every value lies between the values of
        the two images.

    Paper: Mejjati et al. 2018, Eq. (1); the paper's `s_a` is `attention`,
    `F(s)` is `foreground`.
    Differs from the paper: no. From the authors' code: no.

    Examples:
        >>> one, zero = np.ones((1, 2, 2, 3)), np.zeros((1, 2, 2, 3))
        >>> quarter = np.full((1, 2, 2, 1), 0.25)
        >>> float(attention_composite(one, zero, quarter)[0, 0, 0, 0])
        0.25
    """
    return attention * foreground + (1.0 - attention) * background
