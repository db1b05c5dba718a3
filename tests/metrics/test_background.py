"""Change outside the object: golden values, identities, plain NumPy."""

import numpy as np
import pytest

from tfmask.metrics import background

ROWS, COLUMNS = np.mgrid[:64, :64]
CHANNELS = np.arange(3)
DISC = ((ROWS - 30) ** 2 + (COLUMNS - 35) ** 2 < 18**2)[None, ..., None]


def golden_pair():
    """The image pair of the fact sheet's section 10, in [0, 1]."""
    rows, columns = ROWS[..., None], COLUMNS[..., None]
    source = 0.5 + 0.5 * np.sin(0.2 * rows + 0.3 * columns + CHANNELS)
    noise = 0.1 * np.cos(0.5 * rows - 0.1 * columns + CHANNELS)
    output = np.where(DISC[0], 1.0 - source, source + noise)
    return source[None], np.clip(output, 0.0, 1.0)[None]


def random_pair(count=2, side=24):
    rng = np.random.default_rng(0)
    source, output = rng.uniform(-1, 1, (2, count, side, side, 3))
    return source, output, np.zeros((count, side, side, 1))


def test_golden_values_outside_the_object():
    source, output = golden_pair()
    l1 = background.background_l1(source, output, DISC)
    mse = background.background_mse(source, output, DISC)
    np.testing.assert_allclose(l1, [0.0559305181], rtol=1e-9)
    np.testing.assert_allclose(mse, [0.004231635681], rtol=1e-9)
    value, exact = background.psnr_of_set(mse, data_range=1.0)
    np.testing.assert_allclose(value, 23.73491730, rtol=1e-9)
    assert exact == 0.0
    whole = np.mean((source - output) ** 2)
    np.testing.assert_allclose(
        background.psnr(whole, data_range=1.0), 9.00341308, rtol=1e-8
    )


def test_golden_values_of_ssim():
    source, output = golden_pair()
    similarity = background.ssim_map(source, output, data_range=1.0)
    assert similarity.shape == source.shape
    np.testing.assert_allclose(similarity.mean(), 0.5533498779, rtol=1e-6)
    np.testing.assert_allclose(
        similarity[:, 5:-5, 5:-5].mean(), 0.4031220021, rtol=1e-6
    )
    np.testing.assert_allclose(
        background.background_ssim(source, output, DISC, data_range=1.0),
        [0.8646684715],
        rtol=1e-6,
    )


def test_ssim_equals_a_window_written_out():
    """One inner pixel from the definition, without scipy."""
    source, output, _ = random_pair()
    offsets = np.arange(-5, 6)
    window = np.exp(-(offsets[:, None] ** 2 + offsets**2) / (2 * 1.5**2))
    window /= window.sum()
    x, y = source[0, 5:16, 7:18, 1], output[0, 5:16, 7:18, 1]
    mean_x, mean_y = (window * x).sum(), (window * y).sum()
    var_x = (window * (x - mean_x) ** 2).sum()
    var_y = (window * (y - mean_y) ** 2).sum()
    both = (window * (x - mean_x) * (y - mean_y)).sum()
    first, second = 0.02**2, 0.06**2
    expected = (2 * mean_x * mean_y + first) * (2 * both + second)
    expected /= (mean_x**2 + mean_y**2 + first) * (var_x + var_y + second)
    similarity = background.ssim_map(source, output, data_range=2.0)
    np.testing.assert_allclose(similarity[0, 10, 12, 1], expected, rtol=1e-9)


def test_the_divisor_is_the_area_not_the_image():
    source = np.zeros((1, 4, 4, 3))
    output = np.full((1, 4, 4, 3), 0.25)
    region = np.zeros((1, 4, 4, 1))
    region[:, :3] = 1  # the background is one row of four
    output[:, :3] = 0.75
    assert background.background_l1(source, output, region) == 0.25
    assert background.foreground_l1(source, output, region) == 0.75
    assert background.background_mse(source, output, region) == 0.0625


def test_an_exact_copy():
    source, _, region = random_pair()
    assert not background.background_l1(source, source, region).any()
    mse = background.background_mse(source, source, region)
    assert background.psnr_of_set(mse, data_range=2.0) == (np.inf, 1.0)
    np.testing.assert_allclose(
        background.background_ssim(source, source, region, data_range=2.0),
        [1.0, 1.0],
        rtol=1e-12,
    )


def test_a_constant_offset():
    source, _, region = random_pair()
    shifted = source - 0.125
    np.testing.assert_allclose(
        background.background_l1(source, shifted, region), [0.125] * 2
    )
    mse = background.background_mse(source, shifted, region)
    np.testing.assert_allclose(
        background.psnr(mse, data_range=1.0), [-20 * np.log10(0.125)] * 2
    )


def test_changes_inside_the_object_reach_ssim_within_its_window_only():
    source, output, region = random_pair(side=32)
    region[:, 12:18, 10:16] = 1
    mixed = np.where(region == 1, output, source)
    assert not background.background_l1(source, mixed, region).any()
    options = {"data_range": 2.0}
    near = background.background_ssim(source, mixed, region, **options)
    far = background.background_ssim(
        source, mixed, region, erosion=background.SSIM_REACH, **options
    )
    assert (near < 0.99).all()
    np.testing.assert_allclose(far, [1.0, 1.0], rtol=1e-12)


def test_psnr_of_a_set_averages_errors_before_the_logarithm():
    value, exact = background.psnr_of_set([0.0, 0.02], data_range=1.0)
    np.testing.assert_allclose(value, 20.0)
    assert exact == 0.5


def test_dilation_leaves_out_a_square_border():
    source = np.zeros((1, 8, 8, 1))
    output = source.copy()
    output[0, 3, 3] = 1.0  # diagonal neighbour of the object
    region = np.zeros((1, 8, 8))
    region[0, 4, 4] = 1
    assert background.background_l1(source, output, region) > 0
    assert background.background_l1(source, output, region, dilation=1) == 0
    assert background.background_of(region, 1).sum() == 64 - 9
    # The object of one image does not grow into the next one.
    two = np.stack([region[0], np.zeros((8, 8))])
    assert background.background_of(two, 2)[1].all()


def test_no_background_is_nan_and_not_zero():
    source, output, region = random_pair()
    full = np.ones_like(region)
    assert np.isnan(background.background_l1(source, output, full)).all()
    assert np.isnan(background.foreground_l1(source, output, region)).all()


def test_uint8_images_do_not_wrap_around():
    source = np.full((1, 8, 8, 3), 10, np.uint8)
    output = np.full((1, 8, 8, 3), 250, np.uint8)
    region = np.zeros((1, 8, 8))
    assert background.background_l1(source, output, region) == 240.0


def test_wrong_arrays_are_refused():
    source, output, region = random_pair()
    with pytest.raises(ValueError, match="one size"):
        background.background_l1(source, output[:, 1:], region)
    with pytest.raises(ValueError, match="same size"):
        background.background_l1(source, output, region[:, 1:])
    with pytest.raises(ValueError, match="`dilation` must be 0 or more"):
        background.background_l1(source, output, region, dilation=-1)


def test_ssim_equals_scikit_image():
    skimage = pytest.importorskip("skimage.metrics")
    source, output, _ = random_pair()
    _, expected = skimage.structural_similarity(
        source[0],
        output[0],
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=2.0,
        channel_axis=-1,
        full=True,
    )
    similarity = background.ssim_map(source, output, data_range=2.0)[0]
    np.testing.assert_allclose(
        similarity[5:-5, 5:-5], expected[5:-5, 5:-5], atol=1e-10
    )
