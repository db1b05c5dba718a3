"""A run folder out of a folder of the authors' checkpoints."""

import dataclasses
from pathlib import Path

from tfmask.importing.layouts import (
    arrays_for,
    patch_discriminator,
    resnet_generator,
    unet_generator,
)
from tfmask.importing.state_files import SUFFIXES, read_state
from tfmask.methods import preset_config
from tfmask.ops.errors import UserError

# Method to name in the file's name, to our network's name and what it is.
# Theirs are called after the images that they begin with, and a
# discriminator after the generator that it judges.
_ONE_WAY = {
    "G": ("generator", resnet_generator),
    "D": ("discriminator", patch_discriminator),
}
NETWORKS = {
    "cyclegan": {
        "G_A": ("generator_a_to_b", resnet_generator),
        "G_B": ("generator_b_to_a", resnet_generator),
        "D_A": ("discriminator_b", patch_discriminator),
        "D_B": ("discriminator_a", patch_discriminator),
        # Their published models are one direction.
        "G": ("generator_a_to_b", resnet_generator),
    },
    "pix2pix": {
        "G": ("generator", unet_generator),
        "D": ("discriminator", patch_discriminator),
    },
    "cut": _ONE_WAY,
    "fastcut": _ONE_WAY,
}
NAMES = tuple(NETWORKS)


@dataclasses.dataclass(frozen=True)
class NetworkFile:
    """One file of a network.

    Attributes:
        path: of the file.
        network: str, our network's name.
        layout: `Layout`.
        state: dict of key to array.
    """

    path: Path
    network: str
    layout: object
    state: dict


def find_networks(method_name, folder, epoch="latest"):
    """The networks of a method that a folder holds.

    Args:
        method_name: one of `NAMES`.
        folder: path, with files such as `latest_net_G_A.pth`.
        epoch: str, what stands before `_net_`.

    Returns:
        list of `NetworkFile`, one a network.

    Raises:
        UserError: there is no generator, or a file holds something else.
    """
    files = {}
    for name, (network, layout_of) in NETWORKS[method_name].items():
        paths = [Path(folder) / f"{epoch}_net_{name}{s}" for s in SUFFIXES]
        for path in paths:
            if path.is_file() and network not in files:
                state = read_state(path)
                try:
                    layout = layout_of(state)
                except UserError as error:
                    raise UserError(f"`{path}`: {error}") from error
                files[network] = NetworkFile(path, network, layout, state)
    if not any(network.startswith("generator") for network in files):
        names = ", ".join(
            f"{epoch}_net_{name}.pth" for name in NETWORKS[method_name]
        )
        raise UserError(
            f"`{folder}` holds no generator of {method_name}. Looked for: "
            f"{names}, or the same as .safetensors."
        )
    return list(files.values())


def config_for(method_name, networks, image_size, location):
    """The paper preset with the options that the files have.

    Args:
        method_name: str.
        networks: list of `NetworkFile`.
        image_size: int or (height, width).
        location: str, of data, or "".

    Returns:
        `TrainConfig`.

    Raises:
        UserError: the files differ in an option, or ours has no such value.
    """
    config = preset_config(method_name, "paper", location)
    chosen = {}
    for file in networks:
        for name, value in file.layout.options.items():
            own = chosen.setdefault(name, (value, file.path))
            if own[0] != value:
                raise UserError(
                    f"`{file.path}` has {name} {value}, `{own[1]}` has "
                    f"{name} {own[0]}: they are not of one model."
                )
    options = {name: value for name, (value, _) in chosen.items()}
    for name in [name for name in options if not hasattr(config.method, name)]:
        if options.pop(name):
            raise UserError(
                f"`{chosen[name][1]}` has {name}, which {method_name} of "
                "tfmask has not."
            )
    try:
        method = dataclasses.replace(config.method, **options)
    except ValueError as error:
        raise UserError(f"{method_name} of tfmask: {error}") from error
    data = dataclasses.replace(config.data, image_size=image_size)
    return dataclasses.replace(config, method=method, data=data)


def import_weights(config, networks, run, command_line):
    """Writes a run folder whose only checkpoint has the files' weights.

    Args:
        config: of `config_for`.
        networks: list of `NetworkFile`.
        run: path of the new folder.
        command_line: list of str, for the records.

    Returns:
        (method, names of networks that the files do not have).

    Raises:
        UserError: a file does not fit; nothing is written.
    """
    from tfmask.ops.package_versions import package_versions
    from tfmask.ops.variable_paths import variable_paths
    from tfmask.reports.model_card import write_model_card
    from tfmask.training.building import build_method
    from tfmask.training.run_folder import run_checkpoints, write_config

    method = build_method(config, 1)
    for file in networks:
        variables = variable_paths(method.networks[file.network])
        shapes = {path: tuple(v.shape) for path, v in variables.items()}
        try:
            arrays = arrays_for(file.layout, file.state, shapes)
        except UserError as error:
            raise UserError(f"`{file.path}`: {error}") from error
        for path, array in arrays.items():
            variables[path].assign(array)
    data = {
        "location": config.data.location or "not known",
        "counts": {},
        "fingerprint": "imported",
        "weights": [str(file.path) for file in networks],
    }
    write_config(
        run,
        config,
        epoch_steps=1,
        data=data,
        versions=package_versions(),
        git_commit=None,
        command_line=command_line,
    )
    run_checkpoints(run).save(method, 0)
    write_model_card(
        run,
        config=config,
        method=method,
        data=data,
        step=0,
        command_line=command_line,
    )
    imported = {file.network for file in networks}
    return method, [name for name in method.networks if name not in imported]
