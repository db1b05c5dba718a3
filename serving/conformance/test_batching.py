"""Cases 64 to 67: a server with batches of at most 4 rows."""

import concurrent.futures

import numpy as np
import pytest

from serving.conformance.requests import (
    INVALID,
    PRECONDITION,
    arrays,
    floats,
    predict,
    refused,
    toy_y,
)


@pytest.mark.case(64)
def test_a_request_that_is_too_large(batching_server):
    text = "Task size 5 is larger than maximum input batch size 4"
    with refused(INVALID, text):
        predict(batching_server, {"x": floats(5, 4)})


@pytest.mark.case(65)
def test_padding_is_removed(batching_server):
    x = np.arange(12, dtype=np.float32).reshape(3, 4)
    got = arrays(predict(batching_server, {"x": x}))
    np.testing.assert_allclose(got["y"], toy_y(x, 2))
    np.testing.assert_array_equal(got["z"], 2 * x)


@pytest.mark.case(65)
def test_each_caller_gets_its_own_rows(batching_server):
    def one(number):
        x = np.full((1 + number % 3, 4), number, np.float32)
        return x, arrays(predict(batching_server, {"x": x}))["z"]

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        for x, z in pool.map(one, range(64)):
            np.testing.assert_array_equal(z, 2 * x)


@pytest.mark.case(66)
def test_unequal_rows(batching_server):
    text = "Batching Run() input tensors must have equal 0th-dimension size"
    sent = {"a": floats(3, 2), "b": floats(2, 2)}
    with refused(INVALID, text):
        predict(batching_server, sent, signature="pair")


@pytest.mark.case(67)
def test_an_output_without_rows(batching_server):
    text = "Batched output tensor has 0 dimensions"
    with refused(PRECONDITION, text):
        predict(
            batching_server,
            {"x": floats(2)},
            signature="types",
            outputs=["sc"],
        )
