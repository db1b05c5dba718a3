"""Training steps for --deterministic: ops that GPUs have in such a form."""

import dataclasses

import pytest
import tensorflow as tf
from tiny import METHOD, tiny_config

from trainers.loop import distributed_batches
from trainers.runs import (
    build_method,
    needs_attributes,
    open_training_data,
    with_attributes,
    with_memory,
)

# Ops of TensorFlow whose GPU kernels refuse to run with op determinism, or
# add in any order then.
REFUSED = (
    *("Segment", "Bincount", "Histogram", "CropAndResize"),
    *("DepthwiseConv2dNativeBackprop", "ResizeNearestNeighborGrad"),
    *("ScatterAdd", "AdjustContrast", "SparseTensorDense", "Dilation2D"),
)
TINY = {
    **METHOD,
    **{"discriminator_layers": 2, "discriminator_units": 4, "cam_layer": 1},
    **{"layers": 3, "shortcut_layers": 1, "inject_layers": 1},
}


def step_graph(name, location):
    """Every node of a tiny method's training step, its last phase."""
    config = tiny_config(name, data__location=location, data__image_size=32)
    tiny = {k: v for k, v in TINY.items() if hasattr(config.method, k)}
    config = dataclasses.replace(
        config, method=dataclasses.replace(config.method, **tiny)
    )
    data = open_training_data(config)
    for follow in (with_attributes, with_memory):
        config = follow(config, data)
    method = build_method(config, steps_an_epoch=2)
    method.phase = method.phase_at(10**6)
    strategy = tf.distribute.get_strategy()
    batches = distributed_batches(data, strategy, config, 0)
    step = tf.autograph.experimental.do_not_convert(method.train_step)
    step = tf.function(step).get_concrete_function(batches.element_spec)
    graph = step.graph.as_graph_def()
    functions = graph.library.function
    return [*graph.node, *(n for f in functions for n in f.node_def)]


@pytest.mark.slow
# One of each family: tracing all of them (they pass) takes minutes.
@pytest.mark.parametrize("name", ["lomit", "guidegan", "cam_stgan"])
def test_every_op_of_a_step_has_a_deterministic_form(name):
    attributes = needs_attributes(tiny_config(name).method)
    location = "synthetic:attributes" if attributes else "synthetic"
    ops = {node.op for node in step_graph(name, location)}
    assert "Conv2DBackpropFilter" in ops
    assert not {op for op in ops if any(part in op for part in REFUSED)}
