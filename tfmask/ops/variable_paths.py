"""Names of variables that no counter of Keras is part of."""

import re


def variable_paths(network):
    """Every weight of a network under its place in the tree of layers.

    A path has names of attributes and positions in lists, as
    `encoder/convolutions/0/kernel`. Two networks of one class have equal paths.
    This holds in both Keras stacks and for any number of layers that were made
    before.

    Args:
        network: built `keras.layers.Layer`. Layers in attributes that begin
            with "_" are taken from `layers`, by their position.

    Returns:
        dict of path to variable, in the order of `network.weights`.
    """
    places = {}
    _visit(network, "", places)
    return {places[id(variable)]: variable for variable in network.weights}


def own_name(variable):
    """`kernel` of a variable that is called `conv2d_17/kernel:0`."""
    return re.sub(r":\d+$", "", variable.name).rsplit("/", 1)[-1]


def unique_name(name, taken):
    """`name`, or the first of `name_1`, `name_2`, ... that is not taken."""
    number, unique = 0, name
    while unique in taken:
        number += 1
        unique = f"{name}_{number}"
    return unique


def _visit(layer, prefix, places):
    for name, child in _children(layer):
        _visit(child, f"{prefix}{name}/", places)
    for variable in layer.weights:  # those without a place in the layer
        if id(variable) not in places:
            path = unique_name(prefix + own_name(variable), places.values())
            places[id(variable)] = path


def _children(layer):
    for name, value in vars(layer).items():
        if not name.startswith("_"):
            yield from _layers_in(name, value)
    yield from _layers_in("layers", getattr(layer, "layers", ()))


def _layers_in(name, value):
    import keras  # `trainers` imports this file before it needs TensorFlow

    if isinstance(value, keras.layers.Layer):
        yield name, value
    elif isinstance(value, dict | list | tuple):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, part in pairs:
            yield from _layers_in(f"{name}/{key}", part)
