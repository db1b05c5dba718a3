"""The rows of a benchmark: methods, and the ablations of their papers."""

from tfmask.methods import NAMES, method_spec
from tfmask.methods.spec import Arm
from tfmask.ops.errors import UserError, unknown_name


def chosen_arms(methods, ablations):
    """The rows of a benchmark, each once.

    Args:
        methods: names of methods.
        ablations: names of methods. Their ablations are also rows.

    Returns:
        list of `Arm`. It also has each arm whose run another arm needs.

    Raises:
        UserError: there is no such method, it has no ablation, or the list is
            empty.
    """
    for name in methods:
        method_spec(name)  # raises if there is no such method
    known = {name: method_spec(name).ablations for name in NAMES}
    for name in ablations:
        if not known.get(name):
            have = sorted(name for name, arms in known.items() if arms)
            raise unknown_name("method with ablations", name, have)
    names = dict.fromkeys((*methods, *ablations))
    if not names:
        raise UserError("Expected `--methods`, or `--ablations`, or both.")
    arms = []
    for name in names:
        arms.append(Arm(name=name, method=name))
        if name in ablations:
            arms += known[name]
    return arms
