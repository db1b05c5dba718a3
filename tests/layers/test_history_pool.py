"""The history pool: every property of the fact sheets."""

import numpy as np
import pytest
import tensorflow as tf

from tfmask.layers import HistoryPool


def numbered(*numbers, shape=(1, 1, 1)):
    """Images filled with their numbers."""
    numbers = np.reshape(numbers, (-1, 1, 1, 1)).astype("float32")
    return tf.constant(np.broadcast_to(numbers, (len(numbers), *shape)))


def pool(size=50, shape=(1, 1, 1), seed=0):
    return HistoryPool(size, shape, seed=seed, name="pool")


def numbers_in(images):
    return np.asarray(images)[:, 0, 0, 0].astype(int).tolist()


def test_the_first_fifty_come_back_unchanged():
    history = pool()
    for step in range(10):
        batch = range(5 * step, 5 * step + 5)
        assert numbers_in(history.query(numbered(*batch), step)) == list(batch)
    assert int(history.filled) == 50
    assert numbers_in(history.images) == list(range(50))


@pytest.mark.medium
def test_later_about_half_are_old_and_none_is_lost():
    history = pool()
    history.query(numbered(*range(50)), 0)
    new = list(range(50, 450))
    answers = numbers_in(history.query(numbered(*new), 1))
    old = sum(a != n for a, n in zip(answers, new, strict=True))
    assert 160 <= old <= 240  # 200, and four deviations of 10
    # What came in was returned at once or stored; what was stored was
    # returned once or is still there.
    stored = numbers_in(history.images)
    assert sorted(answers + stored) == list(range(450))
    assert int(history.filled) == len(stored) == 50


def test_size_zero_returns_everything():
    images = numbered(1, 2, 3)
    assert pool(size=0).query(images, 0) is images


def test_images_of_a_batch_follow_one_another():
    """A pool of one: an old image is always the last that was stored."""
    history = pool(size=1)
    images = range(30)
    answers = numbers_in(history.query(numbered(*images), 0))
    stored, swaps = 0, 0
    assert answers[0] == 0
    for new, answer in zip(images[1:], answers[1:], strict=True):
        if answer != new:
            assert answer == stored
            stored, swaps = new, swaps + 1
    assert 5 < swaps < 25
    assert numbers_in(history.images) == [stored]


def test_answers_are_copies():
    history = pool(size=2)
    answers = history.query(numbered(1, 2), 0)
    for step in range(1, 6):
        history.query(numbered(10 * step, 11 * step), step)
    assert numbers_in(answers) == [1, 2]


def test_what_is_stacked_stays_together():
    history = pool(size=3, shape=(2, 2, 7))
    for step in range(8):
        images = numbered(2 * step, 2 * step + 1, shape=(2, 2, 7))
        for answer in history.query(images, step).numpy():
            assert (answer == answer[0, 0, 0]).all()


def test_draws_depend_on_seed_and_step_alone():
    def answers(seed, step):
        history = pool(size=4, seed=seed)
        history.query(numbered(*range(4)), 0)
        return numbers_in(history.query(numbered(*range(10, 40)), step))

    assert answers(1, 7) == answers(1, tf.constant(7, tf.int64))
    assert answers(1, 7) != answers(1, 8)
    assert answers(1, 7) != answers(2, 7)


def test_a_compiled_query_is_the_same():
    plain, compiled = pool(size=3), pool(size=3)
    query = tf.function(compiled.query)
    for step in range(5):
        images = numbered(*range(4 * step, 4 * step + 4))
        expected = plain.query(images, step)
        answers = query(images, tf.constant(step))
        np.testing.assert_array_equal(answers, expected)
    np.testing.assert_array_equal(compiled.images, plain.images)


def test_two_replicas_equal_one_device(two_replicas):
    strategy, single = two_replicas, pool(size=3)
    with strategy.scope():
        mirrored = pool(size=3)
    for step in range(4):
        images = numbered(*range(4 * step, 4 * step + 4))
        expected = single.query(images, step)
        halves = tf.split(images, 2)
        shares = strategy.experimental_distribute_values_from_function(
            lambda context, halves=halves: halves[
                context.replica_id_in_sync_group
            ]
        )
        answers = strategy.experimental_local_results(
            strategy.run(mirrored.query, args=(shares, step))
        )
        np.testing.assert_array_equal(tf.concat(answers, 0), expected)
        for copy in strategy.experimental_local_results(mirrored.images):
            np.testing.assert_array_equal(copy, single.images)


def test_what_is_not_wanted_passes_by():
    history = pool(size=4)
    wanted = [True, False, True]
    answers = history.query(numbered(1, 2, 3), 0, wanted)
    assert numbers_in(answers) == [1, 2, 3]
    assert numbers_in(history.images)[:2] == [1, 3]
    assert int(history.filled) == 2
    history.query(numbered(4, 5), 1)
    for step in range(20):
        answers = history.query(numbered(8, 9), step, [False, False])
        assert numbers_in(answers) == [8, 9]
    assert numbers_in(history.images) == [1, 3, 4, 5]
