"""What a training refuses before its first step."""

from types import SimpleNamespace

import pytest

from tfmask.ops.errors import UserError
from tfmask.training.run import check_batch


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"batch_size": 3}, "`run.batch_size` must be a multiple of the 2"),
        ({"batch_size": 6, "accumulate": 2}, r"\(2 x 2\)\. Got: 6"),
        (
            {"batch_size": 8, "accumulate": 4},
            r"`run.lesson_batch_size` .*\(4 x 2\)\. Got: 4",
        ),
        (
            {"batch_size": 8, "accumulate": 2, "divisible": False},
            "guidegan learns from one instance .* --run.accumulate",
        ),
    ],
)
def test_batches_that_do_not_fit(options, expected):
    options = {"accumulate": 1, "divisible": True, **options}
    method = SimpleNamespace(divisible=options.pop("divisible"))
    config = SimpleNamespace(
        method_name="guidegan",
        method=SimpleNamespace(lesson_epochs=1),
        run=SimpleNamespace(lesson_batch_size=4, **options),
    )
    strategy = SimpleNamespace(num_replicas_in_sync=2)
    with pytest.raises(UserError, match=expected):
        check_batch(config, strategy, method)
    config.run.batch_size = 8
    config.run.accumulate = 2
    method.divisible = True
    check_batch(config, strategy, method)
