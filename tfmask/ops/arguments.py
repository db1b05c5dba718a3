"""Reading a layer's constructor arguments back for `get_config`."""

import inspect


def constructor_arguments(instance):
    """The arguments of `instance`'s `__init__`, from its attributes.

    Every named argument must be kept as an attribute of the same name.

    Args:
        instance: the object.

    Returns:
        dict of name to value, without `self` and `**kwargs`.
    """
    parameters = inspect.signature(type(instance).__init__).parameters
    return {
        name: getattr(instance, name)
        for name, parameter in parameters.items()
        if name != "self" and parameter.kind is not parameter.VAR_KEYWORD
    }
