"""Counts the floating-point operations (FLOPs) of a traced function.

It reads the shapes of the graph's convolutions, their two gradients and the
products of matrices. A multiplication and an addition are two FLOPs. A pixel of
padding counts like others. An operation counts only if an output or an update
needs it, because TensorFlow does not run the others (such as a discriminator's
kernel gradients in the generators' update). Norms, activations, Adam and all
other operations do not count.
"""

import math


class Unknown(Exception):
    """The number of FLOPs does not follow from the graph alone."""


def graph_flops(graph, *, branches=(), passes=None):
    """FLOPs of one call.

    Args:
        graph: `tf.Graph` of a concrete function.
        branches: floats, one for each `tf.cond` of the graph itself that has
            FLOPs, in the order of tracing: the share of calls that take its
            first branch. A branch inside of another function counts half.
        passes: float, number of times that the body of a loop runs. None: a
            loop with FLOPs is an error.

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
    """The operations that an output or update needs, in the graph's order."""
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
    """Makes a function of an operation that returns a convolution's FLOPs.

    Args:
        images: function of the operation. It returns the shape of the images
            whose pixels each see the whole kernel.
        kernel: function of the operation. It returns the kernel's shape.
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
