"""Checkpoints: everything that the next training step depends on.

Keras 3 loses networks and optimizers in a list or dict of a
`tf.train.Checkpoint`, without a warning. So a checkpoint here is a flat file of
named arrays. Restoring compares every name and shape.
"""

import collections
import io
import json
import os
import re
import shutil
import uuid
import zipfile
from pathlib import Path

import numpy as np

from tfmask.ops.errors import UserError
from tfmask.ops.variable_paths import own_name, unique_name, variable_paths

# Advice after a training has failed.
NEW_RUN = (
    "Begin a new run, with another --run and a lower --optimizer.learning-rate."
)
FOLDER = re.compile(r"step-(\d+)")
# A variable's name in old checkpoints.
POSITION = re.compile(r"\w+/\w+/\d{3,}")


def state_variables(method):
    """dict of name to variable: weights, optimizers, pools, memories, step.

    A name has the kind, the owner and the place of the variable in the owner,
    for example `network/generator/last/kernel`. The state of an optimizer for
    this weight has a name such as
    `optimizer/generator/momentums/generator/last/kernel`.

    The order of the data, the augmentation and the draws of pools are functions
    of seed and step. So there is no other random state.
    """
    state, weights = {}, {}
    for name, network in method.networks.items():
        for path, variable in variable_paths(network).items():
            state[f"network/{name}/{path}"] = variable
            weights[id(variable)] = f"{name}/{path}"
    for player, optimizer in method.optimizers.items():
        owned = method.owned_variables(player)
        paths = [weights[id(variable)] for variable in owned]
        for path, variable in _optimizer_paths(optimizer, owned, paths):
            state[f"optimizer/{player}/{path}"] = variable
    for kind, owners in (
        ("pool", method.pools),
        ("memory", method.memories),
        ("progress", {"step": method.progress}),
    ):
        for name, owner in owners.items():
            for variable in owner.variables:
                state[f"{kind}/{name}/{own_name(variable)}"] = variable
    return state


def _optimizer_paths(optimizer, owned, paths):
    """(name, variable) of everything that an optimizer keeps, in its order.

    Args:
        optimizer: optimizer that was built on `owned`.
        owned: list of variables.
        paths: list of str, their names.
    """
    if hasattr(optimizer, "get_slot_names"):  # tensorflow-addons
        variables = optimizer.variables()
        slots = {
            name: [optimizer.get_slot(variable, name) for variable in owned]
            for name in optimizer.get_slot_names()
        }
    else:
        # Lists as long as `owned` have one entry for each variable:
        # `_momentums`, ...
        variables = optimizer.variables
        variables = variables() if callable(variables) else variables
        slots = {
            name.removeprefix("_"): value
            for name, value in vars(optimizer).items()
            if isinstance(value, list)
            and len(value) == len(owned)
            and name != "_variables"
        }
    places = {
        id(variable): f"{slot}/{path}"
        for slot, values in slots.items()
        for path, variable in zip(paths, values, strict=True)
    }
    names = set()
    for variable in variables:
        name = places.get(id(variable), own_name(variable))
        name = unique_name(name, names)
        names.add(name)
        yield name, variable


def _by_path(arrays, state):
    """Arrays of a checkpoint under today's names.

    In old checkpoints a name had the position of the variable in its owner, as
    `network/generator/007`. The positions follow the order of `state`.
    """
    if not any(POSITION.fullmatch(name) for name in arrays):
        return arrays
    counts, names = collections.Counter(), {}
    for name in state:
        owner = "/".join(name.split("/")[:2])
        names[f"{owner}/{counts[owner]:03d}"] = name
        counts[owner] += 1
    return {names.get(name, name): array for name, array in arrays.items()}


class Checkpoints:
    """The checkpoints of a run folder.

    Args:
        folder: path. It is made with the first checkpoint.
        keep: int, how many of the newest checkpoints are kept.
        advice: str; it says what to do if a weight is not finite.
    """

    def __init__(self, folder, keep=3, *, advice=NEW_RUN):
        self.folder = Path(folder)
        self.keep = keep
        self.advice = advice

    def steps(self):
        """Steps that have a checkpoint, ascending."""
        if not self.folder.is_dir():
            return []
        names = (path.name for path in self.folder.iterdir())
        matches = map(FOLDER.fullmatch, names)
        return sorted(int(match[1]) for match in matches if match)

    def path(self, step):
        """Folder of a step's checkpoint."""
        return self.folder / f"step-{step:08d}"

    def save(self, method, step, *, info=None):
        """Writes a checkpoint in one rename, then removes old ones.

        Args:
            method: compiled `TranslationMethod`.
            step: int, number of training steps.
            info: dict for JSON. It is saved beside the arrays.

        Raises:
            UserError: a weight is not finite. Nothing is written.
            OSError: for example, the disk is full. Older checkpoints stay.
        """
        arrays = {
            name: variable.numpy()
            for name, variable in state_variables(method).items()
        }
        broken = [
            name for name, array in arrays.items() if not _is_finite(array)
        ]
        if broken:
            raise UserError(
                f"Weights are NaN or infinite at step {step}, first in "
                f"`{broken[0]}`. {self.last_good()} {self.advice}"
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = self.folder / f".tmp-{step}-{uuid.uuid4().hex[:8]}"
        try:
            temporary.mkdir()
            # Write to memory first. On a full disk, the archive of numpy would
            # print a second error with a traceback when it is garbage
            # collected.
            archive = io.BytesIO()
            np.savez(archive, **arrays)
            with open(temporary / "state.npz", "wb") as file:
                file.write(archive.getbuffer())
                file.flush()
                os.fsync(file.fileno())
            text = json.dumps({"step": step, **(info or {})}, indent=2)
            (temporary / "state.json").write_text(text)
            if self.path(step).exists():
                shutil.rmtree(self.path(step))
            temporary.rename(self.path(step))
        except BaseException as error:
            shutil.rmtree(temporary, ignore_errors=True)
            if isinstance(error, OSError) and error.filename is None:
                error.filename = str(temporary)
            raise
        self._remove_old()

    def restore(self, method, step=None):
        """Puts a checkpoint into a method's variables.

        Args:
            method: compiled `TranslationMethod` of the same config.
            step: int, the step of the checkpoint. None: the newest one.

        Returns:
            int, the step.

        Raises:
            UserError: there is no checkpoint, it is damaged, or its variables
                are not those of the method.
        """
        steps = self.steps()
        if not steps:
            raise UserError(
                f"No checkpoint in `{self.folder}` yet: the training was "
                "stopped before its first one, or still runs. `tfmask train "
                "METHOD --run RUN --resume` goes on."
            )
        step = steps[-1] if step is None else step
        if step not in steps:
            raise UserError(
                f"No checkpoint of step {step} in `{self.folder}`. There "
                f"are: {', '.join(map(str, steps))}."
            )
        path = self.path(step) / "state.npz"
        try:
            with open(path, "rb") as file, np.load(file) as stored:
                arrays = {name: stored[name] for name in stored.files}
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            others = [str(other) for other in steps if other != step]
            rest = ", ".join(others) or "none, so that training starts anew"
            raise UserError(
                f"The checkpoint `{path}` is damaged ({error}). Remove its "
                f"folder to go on from another one: {rest}."
            ) from error
        state = state_variables(method)
        arrays = _by_path(arrays, state)
        wrong = [
            f"{name}: {_shape(arrays.get(name))} instead of "
            f"{_shape(state.get(name))}"
            for name in sorted(set(arrays) | set(state))
            if _shape(arrays.get(name)) != _shape(state.get(name))
        ]
        if wrong:
            raise UserError(
                f"The checkpoint `{path}` is of another method or config: "
                f"{len(wrong)} variables differ, first {wrong[0]}."
            )
        for name, variable in state.items():
            variable.assign(arrays[name])
        return step

    def last_good(self):
        """A sentence about the newest checkpoint."""
        steps = self.steps()
        if not steps:
            return "There is no checkpoint yet."
        return f"The last good checkpoint is of step {steps[-1]}."

    def _remove_old(self):
        for step in self.steps()[: -self.keep]:
            shutil.rmtree(self.path(step))
        for rest in self.folder.glob(".tmp-*"):  # of a killed process
            shutil.rmtree(rest, ignore_errors=True)


def _shape(value):
    return "nothing" if value is None else tuple(value.shape)


def _is_finite(array):
    return array.dtype.kind not in "fc" or bool(np.isfinite(array).all())
