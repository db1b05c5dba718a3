"""How much an image changed outside and inside the object, one an image.

`source` and `output` are (N, H, W, C) in any range. Differences have the units
of the given images. PSNR and SSIM depend on the width of the range. It is the
argument `data_range`: 2 for images in [-1, 1], 1 for [0, 1], 255 for 0..255.
`region` is (N, H, W[, 1]) with 0 and 1; 1 is the object.
"""

import numpy as np
from scipy import ndimage

from tfmask.metrics.masks import binary_region

# This is half of SSIM's 11x11 window. Nearer to the object, the SSIM map sees
# the object.
SSIM_REACH = 5


def background_l1(source, output, region, *, dilation=0):
    """Mean of |source - output| over the values outside the object.

    The divisor is the number of background pixels times channels. So the size
    of the object does not matter.

    Args:
        source: (N, H, W, C) float, the images before.
        output: (N, H, W, C) float, the images after.
        region: (N, H, W[, 1]), 1 on the object.
        dilation: int; pixels nearer than this to the object (in a square) count
            as object. Use it for masks whose soft edge is wider than the
            object.

    Returns:
        (N,) float64, in the units of the images; NaN if there is no background.
    """
    change = np.abs(_difference(source, output))
    return mean_where(change, background_of(region, dilation))


def foreground_l1(source, output, region):
    """Mean of |source - output| over the values inside the object.

    Read it beside `background_l1`. A translation that changes nothing has a
    perfect background.

    Returns:
        (N,) float64, in the units of the images; NaN if there is no object.
    """
    change = np.abs(_difference(source, output))
    return mean_where(change, binary_region(region))


def background_mse(source, output, region, *, dilation=0):
    """Mean squared difference over the values outside the object.

    Returns:
        (N,) float64, in squared units; NaN if there is no background.
    """
    change = np.square(_difference(source, output))
    return mean_where(change, background_of(region, dilation))


def psnr(mse, *, data_range):
    """`10 log10(data_range^2 / mse)` in dB; infinite where `mse` is 0.

    Args:
        mse: float or array, mean squared differences.
        data_range: float, width of the range of the images.

    Returns:
        float64 of the shape of `mse`.
    """
    with np.errstate(divide="ignore"):
        return 10.0 * np.log10(data_range**2 / np.asarray(mse, np.float64))


def psnr_of_set(mse, *, data_range):
    """PSNR of a set: of the mean squared error, not the mean of PSNRs.

    One exact copy has an infinite PSNR. It would make any mean of PSNRs
    infinite. So the function averages the errors first, and counts the copies.

    Args:
        mse: (N,) mean squared differences, one for each image.
        data_range: float, width of the range of the images.

    Returns:
        (PSNR in dB, share of exact copies in [0, 1]), floats.
    """
    mse = np.asarray(mse, np.float64)
    return (
        float(psnr(np.mean(mse), data_range=data_range)),
        float(np.mean(mse == 0.0)),
    )


def ssim_map(source, output, *, data_range):
    """Structural similarity at every pixel, per channel.

    It uses a Gaussian window with sigma 1.5 (11x11), K1 = 0.01, K2 = 0.03, the
    population covariance and mirrored borders.

    Args:
        source: (N, H, W, C) float.
        output: (N, H, W, C) float.
        data_range: float, width of the range of the images.

    Returns:
        (N, H, W, C) float64 in [-1, 1].

    Paper: Wang et al. 2004, Eq. (13), with the usual constants.
    Differs from the paper: borders are mirrored instead of cut, so the map has
        the size of the image. From the authors' code: their code also shrinks
        large images first. Here the caller must do that.
    """
    _difference(source, output)  # the same checks as for the others
    source = np.asarray(source, np.float64)
    output = np.asarray(output, np.float64)
    first, second = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    mean_x, mean_y = _blur(source), _blur(output)
    variance_x = _blur(source * source) - mean_x**2
    variance_y = _blur(output * output) - mean_y**2
    covariance = _blur(source * output) - mean_x * mean_y
    return ((2.0 * mean_x * mean_y + first) * (2.0 * covariance + second)) / (
        (mean_x**2 + mean_y**2 + first) * (variance_x + variance_y + second)
    )


def background_ssim(source, output, region, *, data_range, erosion=0):
    """Mean of the SSIM map over the background.

    The map is made from the whole images. Then it is averaged over the
    background. If the object were made black in both images first, it would
    count as perfect.

    Args:
        source: (N, H, W, C) float.
        output: (N, H, W, C) float.
        region: (N, H, W[, 1]), 1 on the object.
        data_range: float, width of the range of the images.
        erosion: int; background nearer than this to the object is left out.
            `SSIM_REACH` (5) leaves out all pixels whose window reaches the
            object.

    Returns:
        (N,) float64 in [-1, 1]; NaN if no background is left.
    """
    similarity = ssim_map(source, output, data_range=data_range)
    return mean_where(similarity, background_of(region, erosion))


def background_of(region, dilation=0):
    """(N, H, W) bool: pixels that are not within `dilation` of the object.

    The distance is that of a square (the shape of SSIM's window), not of a
    disc.
    """
    inside = binary_region(region)
    if dilation < 0:
        raise ValueError(f"`dilation` must be 0 or more. Got: {dilation}")
    if dilation:
        side = 2 * dilation + 1
        inside = ndimage.maximum_filter(
            inside, size=(1, side, side), mode="constant", cval=False
        )
    return ~inside


def _blur(images):
    return ndimage.gaussian_filter(
        images, sigma=(0.0, 1.5, 1.5, 0.0), truncate=3.5, mode="mirror"
    )


def _difference(source, output):
    source, output = np.asarray(source), np.asarray(output)
    if source.ndim != 4 or source.shape != output.shape:
        raise ValueError(
            "`source` and `output` must both be (N, H, W, C) of one size. "
            f"Got: {source.shape} and {output.shape}"
        )
    # Convert before the difference, because uint8 - uint8 would wrap around.
    return source.astype(np.float64) - output.astype(np.float64)


def mean_where(values, where):
    """Mean of (N, H, W, C) values over (N, H, W) pixels: (N,), NaN if none."""
    if values.shape[:3] != where.shape:
        raise ValueError(
            "Images and `region` must have the same size. "
            f"Got: {values.shape[:3]} and {where.shape}"
        )
    total = np.sum(values * where[..., None], axis=(1, 2, 3))
    count = np.sum(where, axis=(1, 2)) * values.shape[-1]
    result = np.full(count.shape, np.nan)
    return np.divide(total, count, out=result, where=count > 0)
