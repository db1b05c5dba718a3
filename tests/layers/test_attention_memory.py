"""The memory of attention maps: the right image, crop and flip."""

import numpy as np
import pytest
import tensorflow as tf

from tfmask.layers import AttentionMemory, realigned

RNG = np.random.default_rng(0)
HERE = [[0, 0, 0]]


def memory(count=6, size=(4, 4)):
    return AttentionMemory(count, size, name="memory")


def maps(count=1, size=(4, 4), seed=0):
    values = np.random.default_rng(seed).uniform(0, 1, (count, *size, 1))
    return values.astype("float32")


def test_what_was_never_seen_is_ones():
    read = memory().read([0, 5], [[1, 2, 1], [0, 0, 0]], (8, 12))
    np.testing.assert_array_equal(read, np.ones((2, 8, 12, 1)))


def test_what_was_written_is_read_bit_by_bit_and_nothing_else_moves():
    records = memory()
    first, second = maps(2, seed=1), maps(2, seed=2)
    windows = [[3, 1, 1], [0, 2, 0]]
    records.write([4, 1], windows, first)
    np.testing.assert_array_equal(records.read([4, 1], windows, (4, 4)), first)
    for index in (0, 2, 3, 5):
        read = records.read([index], HERE, (4, 4))
        np.testing.assert_array_equal(read, np.ones((1, 4, 4, 1)))
    # The next visit of image 1 replaces its map alone, whatever its place.
    records.write([1], windows[:1], second[:1])
    np.testing.assert_array_equal(
        records.read([1, 4], [windows[0]] * 2, (4, 4)),
        [second[0], first[0]],
    )


def test_maps_grow_bilinearly():
    records = memory()
    records.write([2], HERE, maps())
    expected = tf.image.resize(maps(), (16, 8), "bilinear")
    np.testing.assert_array_equal(records.read([2], HERE, (16, 8)), expected)


def test_twice_in_a_batch_the_last_stays():
    records = memory()
    both = maps(3)
    records.write([3, 0, 3], [[1, 1, 0], [0, 0, 0], [2, 2, 1]], both)
    read = records.read([3], [[2, 2, 1]], (4, 4))
    np.testing.assert_array_equal(read, both[2:])
    np.testing.assert_array_equal(records.views[3], [1, 2, 2, 1])


def window_of(image, window, height=6, width=8):
    """What `data_pipelines.augment` cuts."""
    top, left, mirrored = window
    cut = image[top : top + height, left : left + width]
    return cut[:, ::-1] if mirrored else cut


WINDOWS = [[2, 3, 0], [2, 3, 1], [0, 1, 0], [3, 4, 1], [1, 0, 1]]


@pytest.mark.parametrize("before", WINDOWS)
@pytest.mark.parametrize("after", WINDOWS)
def test_an_old_window_is_seen_from_a_new_one(before, after):
    """Every pixel that both windows show is the same one of the image."""
    image = np.arange(9.0 * 12).reshape(9, 12, 1).astype("float32")
    inside = np.zeros_like(image)
    top, left, _ = before
    inside[top : top + 6, left : left + 8] = 1
    old, new, known = (
        window_of(what, window)[None]
        for what, window in ((image, before), (image, after), (inside, after))
    )
    moved = realigned(old, [before], [after]).numpy()
    np.testing.assert_array_equal(moved[known > 0], new[known > 0])
    assert known.sum() >= 12
    if before == after:
        np.testing.assert_array_equal(moved, old)


def test_a_point_moves_by_the_windows_difference_and_edges_repeat():
    point = np.zeros((1, 4, 5, 1), "float32")
    point[0, 1, 2] = 1.0
    moved = realigned(point, [[2, 2, 0]], [[1, 3, 0]])[0, ..., 0].numpy()
    assert list(zip(*np.nonzero(moved), strict=True)) == [(2, 1)]
    edge = np.zeros((1, 4, 5, 1), "float32")
    edge[0, :, -1] = 0.5
    moved_edge = realigned(edge, [[0, 0, 0]], [[0, 2, 0]])[0, 0, :, 0].numpy()
    assert list(moved_edge) == [0, 0, 0.5, 0.5, 0.5]


def test_the_literal_reading_returns_the_map_as_it_was():
    records = memory()
    records.write([2], [[0, 0, 0]], maps())
    read = records.read([2], [[3, 2, 1]], (4, 4), align=False)
    np.testing.assert_array_equal(read, maps())
    read = records.read([2], [[3, 2, 1]], (4, 4))
    assert np.abs(read - maps()).max() > 0.1


@pytest.mark.parametrize("index", [6, -1, 10**9])
def test_an_image_without_a_record_is_refused(index):
    records = memory()
    for call in (
        lambda: records.read([index], HERE, (4, 4)),
        lambda: records.write([index], HERE, maps()),
        lambda: tf.function(records.read)([index], HERE, (4, 4)),
    ):
        with pytest.raises(
            tf.errors.InvalidArgumentError, match="one of the 6 images"
        ):
            call()


def test_its_cost_is_told_and_does_not_depend_on_images():
    text = str(AttentionMemory(1000, (31, 31), name="memory"))
    assert text == "1000 maps of 31x31, 3.7 MiB"  # 1000 * 965 * 4 bytes


def test_compiled_is_the_same():
    plain, compiled = memory(), memory()
    write = tf.function(compiled.write)
    for seed in range(3):
        index = RNG.integers(0, 6, 4)
        windows = RNG.integers(0, 2, (4, 3))
        for function in (plain.write, write):
            function(tf.constant(index), windows, maps(4, seed=seed))
    for ours, others in zip(plain.variables, compiled.variables, strict=True):
        np.testing.assert_array_equal(ours, others)


def test_two_replicas_equal_one_device(two_replicas):
    """Images change replicas, and one is on both of them at once."""
    strategy, single = two_replicas, memory()
    with strategy.scope():
        mirrored = memory()

    def share(values):
        halves = tf.split(values, 2)
        return strategy.experimental_distribute_values_from_function(
            lambda context: halves[context.replica_id_in_sync_group]
        )

    for step, index in enumerate(([0, 1, 2, 3], [3, 2, 5, 0], [4, 4, 1, 4])):
        windows = np.random.default_rng(step).integers(0, 2, (4, 3))
        written = tf.constant(maps(4, seed=step))
        index, windows = tf.constant(index), tf.constant(windows)
        expected = single.read(index, windows, (8, 8))
        read = strategy.run(
            lambda i, w: mirrored.read(i, w, (8, 8)),
            args=(share(index), share(windows)),
        )
        read = tf.concat(strategy.experimental_local_results(read), 0)
        np.testing.assert_array_equal(read, expected)
        single.write(index, windows, written)
        strategy.run(
            mirrored.write, args=(share(index), share(windows), share(written))
        )
        for ours, others in zip(
            single.variables, mirrored.variables, strict=True
        ):
            for copy in strategy.experimental_local_results(others):
                np.testing.assert_array_equal(copy, ours)
