"""A run folder out of a folder of the authors' checkpoints."""

import dataclasses
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tfmask.importing import (
    attention_gan,
    instagan,
    lomit,
    munit,
    stargan,
    ugatit,
)
from tfmask.importing.layouts import (
    arrays_for,
    patch_discriminator,
    resnet_generator,
    unet_generator,
)
from tfmask.importing.state_files import read_state
from tfmask.methods import preset_config
from tfmask.ops.errors import UserError

# The network of a file that has all networks of a translation as one.
GENERATORS = "generators"


@dataclasses.dataclass(frozen=True)
class Place:
    """Where the authors' code keeps a network.

    Attributes:
        network: str, name of our network, or `GENERATORS`.
        layout: function of its arrays. It returns their `Layout`.
        file: str, name of the file. EPOCH and NAME stand for words.
        part: str, name of the network in a file of several networks. Empty: the
            file has only this one.
    """

    network: str
    layout: Callable
    file: str
    part: str = ""


def _junyanz(**networks):
    """Places of files such as `latest_net_G_A.pth`."""
    return tuple(
        Place(network, layout, f"EPOCH_net_{name}.pth")
        for name, (network, layout) in networks.items()
    )


def _both_ways(generator, discriminator):
    """Those of CycleGAN and of what was made of its code.

    A generator has the name of the images that it begins with. A discriminator
    has the name of the generator that it judges.
    """
    return _junyanz(
        G_A=("generator_a_to_b", generator),
        G_B=("generator_b_to_a", generator),
        D_A=("discriminator_b", discriminator),
        D_B=("discriminator_a", discriminator),
        # Published models have one direction.
        G=("generator_a_to_b", generator),
    )


_ONE_WAY = _junyanz(
    G=("generator", resnet_generator),
    D=("discriminator", patch_discriminator),
)
_UGATIT = "NAME_params_EPOCH.pt"
PLACES = {
    "cyclegan": _both_ways(resnet_generator, patch_discriminator),
    "attention_gan": _both_ways(attention_gan.generator, patch_discriminator),
    "instagan": _both_ways(instagan.generator, instagan.discriminator),
    "pix2pix": _junyanz(
        G=("generator", unet_generator),
        D=("discriminator", patch_discriminator),
    ),
    "cut": _ONE_WAY,
    "fastcut": _ONE_WAY,
    "stargan": (
        Place("generator", stargan.generator, "EPOCH-G.ckpt"),
        Place("discriminator", stargan.discriminator, "EPOCH-D.ckpt"),
    ),
    "ugatit": (
        Place("generator_a_to_b", ugatit.generator, _UGATIT, "genA2B"),
        Place("generator_b_to_a", ugatit.generator, _UGATIT, "genB2A"),
        *(
            Place(
                f"{kind}_discriminator_{domain}",
                partial(ugatit.discriminator, f"{kind}_layers"),
                _UGATIT,
                f"dis{kind[0].upper()}{domain.upper()}",
            )
            for kind in ("global", "local")
            for domain in "ab"
        ),
    ),
    "lomit": (
        Place(GENERATORS, lomit.generators, "G_exemplar_EPOCH.pth"),
        Place("discriminator", lomit.discriminator, "D_exemplar_EPOCH.pth"),
    ),
    "munit": tuple(
        Place(f"{name}_{domain}", layout, file, domain)
        for name, layout, file in (
            ("generator", munit.generator, "gen_EPOCH.pt"),
            ("discriminator", munit.discriminator, "dis_EPOCH.pt"),
        )
        for domain in "ab"
    ),
}
NAMES = tuple(PLACES)


@dataclasses.dataclass(frozen=True)
class NetworkFile:
    """One network of a file.

    Attributes:
        path: path of the file.
        network: str, name of our network, or `GENERATORS`. Then paths of the
            layout begin with the name of the network.
        layout: `Layout`.
        state: dict of key to array.
    """

    path: Path
    network: str
    layout: object
    state: dict

    def networks(self, method):
        """dict of name to network of a method: those that the file has."""
        whole = self.network == GENERATORS
        names = method.generators if whole else (self.network,)
        return {name: method.networks[name] for name in names}

    def variables(self, method):
        """dict of the layout's paths to variables of a method."""
        from tfmask.ops.variable_paths import variable_paths

        whole = self.network == GENERATORS
        return {
            f"{name}/{path}" if whole else path: variable
            for name, network in self.networks(method).items()
            for path, variable in variable_paths(network).items()
        }

    def outputs(self, method, *inputs):
        """What a method's generator makes of its inputs.

        Returns:
            What the network returns. `GENERATORS`: dict of `translate`.
        """
        if self.network != GENERATORS:
            return method.networks[self.network](*inputs)
        names = [port.name for port in method.spec.required]
        return method.translate(dict(zip(names, inputs, strict=True)))


def find_networks(method_name, folder, epoch="latest"):
    """The networks of a method that a folder holds.

    Args:
        method_name: one of `NAMES`.
        folder: path, with files such as `latest_net_G_A.pth`.
        epoch: str, the word for EPOCH in their names. If no file is "latest",
            "latest" means the highest number, or the only file.

    Returns:
        list of `NetworkFile`, one for each network.

    Raises:
        UserError: there is no generator, or a file holds something else.
    """
    files, states = {}, {}
    for place in PLACES[method_name]:
        path = _file_of(Path(folder), place.file, epoch)
        if path is None or place.network in files:
            continue
        if path not in states:
            states[path] = read_state(path)
        start = f"{place.part}." if place.part else ""
        state = {
            key.removeprefix(start): array
            for key, array in states[path].items()
            if key.startswith(start)
        }
        if not state:
            continue
        try:
            layout = place.layout(state)
        except UserError as error:
            named = f"`{path}`, {place.part}" if place.part else f"`{path}`"
            raise UserError(f"{named}: {error}") from error
        files[place.network] = NetworkFile(path, place.network, layout, state)
    if not any(network.startswith("generator") for network in files):
        names = ", ".join(sorted({place.file for place in PLACES[method_name]}))
        raise UserError(
            f"`{folder}` holds no generator of {method_name}. Looked for: "
            f"{names}, or the same as .safetensors, with {epoch} as EPOCH."
        )
    return list(files.values())


def _file_of(folder, name, epoch):
    """The file of an epoch, or None."""
    stem, suffix = name.rsplit(".", 1)
    pattern = re.escape(stem).replace("EPOCH", "(.+)").replace("NAME", ".+")
    paths = {}
    for kind in ("safetensors", suffix):  # the second wins
        for path in sorted(folder.glob(f"*.{kind}")):
            match = re.fullmatch(pattern, path.stem)
            if match:
                paths[match[1]] = path
    numbers = {int(n): path for n, path in paths.items() if n.isdecimal()}
    if epoch in paths:
        return paths[epoch]
    if epoch.isdecimal():  # `100` of `00000100`
        return numbers.get(int(epoch))
    if epoch != "latest":
        return None
    if numbers:
        return numbers[max(numbers)]
    return next(iter(paths.values())) if len(paths) == 1 else None


def config_for(
    method_name, networks, location="", *, image_size=None, attributes=()
):
    """The paper preset with the options that the files have.

    Args:
        method_name: str.
        networks: list of `NetworkFile`.
        location: str, location of data, or "".
        image_size: int or (height, width). None: the size in the files, else
            the size of the preset.
        attributes: names of the attributes that a model has learnt, in their
            order. Empty: `attribute_0` and so on.

    Returns:
        `TrainConfig`.

    Raises:
        UserError: the files differ in an option, our option has no such value,
            or the number of names is wrong.
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
    image_side = options.pop("image_size", config.data.image_size)
    count = options.get("attributes", 0)
    if hasattr(config.method, "attributes") and not count:
        # Of LOMIT's networks only the discriminator knows their number.
        count = len(attributes)
        if not count:
            raise UserError(
                f"`{networks[0].path.parent}` has no discriminator, which "
                "would tell the number of attributes. Give their names with "
                "`--attributes`."
            )
    if attributes and len(attributes) != count:
        raise UserError(
            f"`{networks[0].path}` takes {count} attributes. Got: "
            f"{len(attributes)} names, {', '.join(attributes)}."
        )
    if count:
        numbered = [f"attribute_{number}" for number in range(count)]
        options["attributes"] = tuple(attributes or numbered)
    for name in [name for name in options if not hasattr(config.method, name)]:
        if options.pop(name):
            raise UserError(
                f"`{chosen[name][1]}` has {name}. tfmask's {method_name} does "
                "not have it."
            )
    try:
        method = dataclasses.replace(config.method, **options)
    except ValueError as error:
        raise UserError(f"{method_name} of tfmask: {error}") from error
    data = dataclasses.replace(config.data, image_size=image_size or image_side)
    return dataclasses.replace(config, method=method, data=data)


def import_weights(config, networks, run, command_line):
    """Writes a run folder whose only checkpoint has the files' weights.

    Args:
        config: config of `config_for`.
        networks: list of `NetworkFile`.
        run: path of the new folder.
        command_line: list of str, for the records.

    Returns:
        (method, names of networks that the files do not have).

    Raises:
        UserError: a file does not fit. Nothing is written.
    """
    from tfmask.ops.package_versions import package_versions
    from tfmask.reports.model_card import write_model_card
    from tfmask.training.building import build_method
    from tfmask.training.run_folder import run_checkpoints, write_config

    method = build_method(config, 1)
    for file in networks:
        variables = file.variables(method)
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
    imported = {name for file in networks for name in file.networks(method)}
    return method, [name for name in method.networks if name not in imported]
