"""Start-up part by part: the numbers fit each other."""

import json
import shlex

import pytest
import tensorflow as tf

from benchmarks import start_up


def test_operations_of_inner_functions_count():
    inner = tf.function(lambda x: x + x, autograph=False)

    @tf.function(autograph=False)
    def outer(x):
        return tf.negative(inner(x))

    graph = outer.get_concrete_function(tf.constant(1.0)).graph
    kinds = [node.op for node in graph.as_graph_def().node]
    assert "Neg" in kinds and "AddV2" not in kinds
    assert start_up.operations_of(graph) == len(kinds) + 2  # sum, identity


def test_a_bare_graph_has_as_many_additions_as_asked_for():
    graph = start_up.bare_graph(5)
    graph = graph.get_concrete_function(tf.zeros(())).graph
    kinds = [node.op for node in graph.as_graph_def().node]
    assert kinds.count("AddV2") == 5


@pytest.mark.slow
@pytest.mark.release
def test_a_short_run(tmp_path):
    file = tmp_path / "numbers.json"
    options = shlex.split(
        "--methods segmenter --preset quick --image-size 16 --json"
    )
    assert start_up.main([*options, str(file)]) == 0
    row = json.loads(file.read_text())["methods"]["segmenter"]
    assert (row.pop("preset"), row.pop("device")) == ("quick", "CPU")
    assert row.keys() == start_up.FORMATS.keys()
    assert all(value > 0 for value in row.values())
    assert row["operations"] > 100
    assert row["ratio"] == pytest.approx(row["ms_an_op"] / row["bare_ms"])
