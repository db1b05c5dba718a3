"""Floating-point operations of a traced function, from its operations' shapes.

Convolutions, their two gradients and products of matrices, as they stand in the
graph: a multiplication and an addition are two, and a pixel of padding counts
like any other. What no output and no update needs is not counted, as it is not
run either (the kernel gradients of a discriminator in the generators' update).
Everything else (norms, activations, Adam) counts nothing.
"""

import math

_DEPTHWISE = "DepthwiseConv2dNative"


class Unknown(Exception):
    """The graph alone does not say how much is computed."""


def graph_flops(graph, *, branches=(), passes=None):
    """FLOPs of one call.

    Args:
        graph: `tf.Graph` of a concrete function.
        branches: floats, for each `tf.cond` of the graph itself that computes
            anything how often its first branch is taken, in the order of
            tracing. A branch inside of another function counts half.
        passes: float, how often the body of a loop runs; None: a loop that
            computes anything raises.

    Returns:
        float.

    Raises:
        Unknown: a shape, a loop's passes or a branch's share is not known.
    """
    shares, total = list(branches), 0.0
    for operation in _needed(graph):
        kind = operation.type
        if kind in ("If", "StatelessIf"):
            first, second = (
                graph_flops(_inner(graph, operation, name), passes=passes)
                for name in ("then_branch", "else_branch")
            )
            if first or second:
                share = 0.5
                if branches:
                    if not shares:
                        raise Unknown(f"how often {operation.name} is taken")
                    share = shares.pop(0)
                total += share * first + (1 - share) * second
        elif kind in ("While", "StatelessWhile"):
            body = graph_flops(_inner(graph, operation, "body"))
            if body and passes is None:
                raise Unknown(f"how often {operation.name} runs")
            total += body * (passes or 0)
        elif kind in ("PartitionedCall", "StatefulPartitionedCall"):
            total += graph_flops(_inner(graph, operation, "f"), passes=passes)
        elif kind in _COUNTED:
            total += _COUNTED[kind](operation)
    if shares:
        raise Unknown(f"what the shares {shares} belong to")
    return total


def _needed(graph):
    """Operations that an output or an update needs, in the graph's order."""
    wanted = [tensor.op for tensor in graph.outputs]
    wanted += getattr(graph, "control_outputs", [])
    needed = set()
    while wanted:
        operation = wanted.pop()
        if operation not in needed:
            needed.add(operation)
            wanted += [tensor.op for tensor in operation.inputs]
            wanted += operation.control_inputs
    return [op for op in graph.get_operations() if op in needed]


def _inner(graph, operation, attribute):
    """The graph of a function that an operation calls."""
    name = operation.get_attr(attribute).name
    while name not in graph._functions:
        if not hasattr(graph, "outer_graph"):
            raise Unknown(f"what {operation.name} calls")
        graph = graph.outer_graph
    return graph._functions[name].graph


def _size(operation, tensor):
    shape = tensor.shape
    if not shape.is_fully_defined():
        raise Unknown(f"the shape {shape} in {operation.name}")
    return math.prod(shape)


def _convolution(images, kernel, outputs):
    """Function of an operation: FLOPs of a convolution.

    Args:
        images: function of the operation that gives its small or large side,
            of which each pixel and filter sees the whole kernel.
        kernel: the same, of the kernel.
        outputs: index of the filters' axis in the kernel.
    """

    def count(operation):
        weights = kernel(operation)
        size = _size(operation, weights) // weights.shape[outputs]
        return 2.0 * _size(operation, images(operation)) * size

    return count


def _product(operation):
    left = operation.inputs[0]
    turned = any(
        name in operation.node_def.attr and operation.get_attr(name)
        for name in ("transpose_a", "adj_x")
    )
    inner = left.shape[-2 if turned else -1]
    if inner is None:
        raise Unknown(f"the shape {left.shape} in {operation.name}")
    return 2.0 * _size(operation, operation.outputs[0]) * inner


def _input(number):
    return lambda operation: operation.inputs[number]


def _result(operation):
    return operation.outputs[0]


_COUNTED = {
    "Conv2D": _convolution(_result, _input(1), 3),
    # Inputs: sizes, kernel, upstream; images, sizes, upstream.
    "Conv2DBackpropInput": _convolution(_input(2), _input(1), 3),
    "Conv2DBackpropFilter": _convolution(_input(2), _result, 3),
    "MatMul": _product,
    "BatchMatMulV2": _product,
}
