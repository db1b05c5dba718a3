"""One side of a benchmark in a separate process.

    python benchmarks/worker.py SIDE OPTIONS_AS_JSON

After its warm-up it prints "ready". Then each line on stdin is a number of
repetitions. It times them and answers with a line of JSON. The end of stdin
ends the process. So several sides can be timed in turns.
"""

import dataclasses
import functools
import json
import math
import sys
import time
from pathlib import Path

# If this file is run as a script, Python sees only its own folder.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.devices import start_pytorch, start_tensorflow  # noqa: E402

# Channels and side of 3x3 convolutions on maps like the generators'. The
# fastest of them stands for the best speed of the machine.
CONVOLUTIONS = ((1, 32, 256), (2, 32, 256), (4, 32, 256), (1, 64, 256))
# Functions of PyTorch's models that compute translations and losses.
PASSES = (
    "translations",
    "generator_losses",
    "discriminator_losses",
    "discriminator_loss",
)
# Number of attributes of the papers' models.
ATTRIBUTES = {"stargan": 5, "lomit": 4}


def method_config(options):
    """The config of a method in the benchmark: its preset with fewer blocks."""
    from tfmask.methods import preset_config

    method = options["method"]
    config = preset_config(method, options["preset"], "synthetic").method
    if options["blocks"] is not None:
        config = dataclasses.replace(config, blocks=options["blocks"])
    if method == "pix2pix":
        # The U-Net halves the image down to one pixel, as in the paper.
        levels = int(math.log2(options["image_size"]))
        config = dataclasses.replace(config, levels=levels)
    if method == "guidegan":
        count = options["batch_size"]
        config = dataclasses.replace(config, memory_images=(count, count))
    if method == "instagan":
        most = max(options["instances"])
        config = dataclasses.replace(config, instances_max=most)
    if method in ATTRIBUTES:
        names = tuple(map(str, range(ATTRIBUTES[method])))
        config = dataclasses.replace(config, attributes=names)
    return config


def guided_configs(options):
    """Method name and config of each kind of guidance in the options."""
    from tfmask.methods import preset_config

    guided = method_config(options)
    plain = preset_config("cyclegan", options["preset"], "synthetic").method
    # CycleGAN gets all options that it shares with GuideGAN. So this is
    # GuideGAN without guidance.
    names = {field.name for field in dataclasses.fields(plain)}
    shared = names & {field.name for field in dataclasses.fields(guided)}
    plain = dataclasses.replace(
        plain,
        identity_weight=0.0,
        **{name: getattr(guided, name) for name in shared},
    )
    return {
        kind: ("cyclegan", plain)
        if kind == "none"
        else ("guidegan", dataclasses.replace(guided, attention=kind))
        for kind in options["guidance"]
    }


def random_images(options, channels_first=False):
    """Two batches of noise in [-1, 1]. Every side has the same."""
    import numpy as np

    size, batch_size = options["image_size"], options["batch_size"]
    shape = (2, batch_size, size, size, 3)
    images = np.random.default_rng(0).uniform(-1.0, 1.0, shape)
    images = images.astype("float32")
    if channels_first:
        images = images.transpose(0, 1, 4, 2, 3)
    return images


def random_masks(options, count):
    """(2, B, count, H, W, 1) of 0 and 1: one rectangle in each mask."""
    import numpy as np

    size, batch_size = options["image_size"], options["batch_size"]
    masks = np.zeros((2, batch_size, count, size, size, 1), "float32")
    for number in range(count):
        start = number * size // (2 * count)
        masks[:, :, number, start : start + size // 4, start : size // 2] = 1.0
    return masks


def random_attributes(options):
    """(2, B, K) of 0 and 1."""
    import numpy as np

    shape = (2, options["batch_size"], ATTRIBUTES[options["method"]])
    return np.random.default_rng(1).integers(0, 2, shape).astype("float32")


def parameter_counts(method):
    """Number of trained parameters of each player."""
    return {
        player: sum(
            math.prod(variable.shape)
            for variable in method.owned_variables(player)
        )
        for player in method.players
    }


def compiled_step(tf, name, config, options):
    """A method, and its training step in a tf.function, as in training."""
    import keras

    from tfmask.methods import method_spec
    from tfmask.ops.optimizers import Adam
    from tfmask.ops.precision import policy_name

    keras.mixed_precision.set_global_policy(policy_name(options["precision"]))
    method = method_spec(name).load_model()(
        config, image_size=(options["image_size"],) * 2, seed=0
    )
    if options["stage"] == 2:
        method.phase = (True, True)
    method.compile(lambda player: Adam(2e-4, beta_1=0.5, epsilon=1e-8))
    strategy = tf.distribute.get_strategy()

    @tf.function(autograph=False, reduce_retracing=True)
    def step(batch):
        method.distributed_step(strategy, batch)

    return method, step


def tfmask_side(options):
    """The method's own training step."""
    import tensorflow as tf

    batch = {
        domain: {
            "image": tf.constant(images),
            "index": tf.range(options["batch_size"], dtype=tf.int64),
            "window": tf.zeros((options["batch_size"], 3), tf.int32),
        }
        for domain, images in zip("ab", random_images(options), strict=True)
    }
    if options["method"] == "guidegan":
        functions = {}
        for key, (name, config) in guided_configs(options).items():
            method, step = compiled_step(tf, name, config, options)
            functions[key] = functools.partial(step, batch)
        return functions, parameter_counts(method)
    method, step = compiled_step(
        tf, options["method"], method_config(options), options
    )
    parameters = parameter_counts(method)
    if options["method"] in ATTRIBUTES:
        for domain, values in zip(
            "ab", random_attributes(options), strict=True
        ):
            batch[domain]["attributes"] = tf.constant(values)

        def step_at(number):
            method.step.assign(number)
            step(batch)

        last = method.config.critic_steps - 1
        return {
            "critic": lambda: step_at(0),
            "both": lambda: step_at(last),
        }, parameters
    if options["method"] != "instagan":
        return {"step": lambda: step(batch)}, parameters
    most = max(options["instances"])
    functions = {}
    for count in options["instances"]:
        masks = random_masks(options, count)
        # All have the same number of slots, as from the data pipelines. So one
        # trace serves all.
        slots = [(0, 0), (0, 0), (0, most - count), *[(0, 0)] * 3]
        masks = tf.pad(masks, slots)
        functions[str(count)] = functools.partial(
            step,
            {
                domain: {**batch[domain], "instances": masks[number]}
                for number, domain in enumerate("ab")
            },
        )
    return functions, parameters


def autocast(torch, model):
    """Networks and losses of a model compute in bfloat16 as PyTorch chooses.

    The backward passes stay outside, as PyTorch advises.
    """
    kind = torch.get_default_device().type
    replace_passes(model, torch.autocast(kind, torch.bfloat16))


def replace_passes(model, decorate):
    """Replaces the functions of a PyTorch model that compute its losses."""
    for name in PASSES:
        if hasattr(model, name):
            setattr(model, name, decorate(getattr(model, name)))


def pytorch_side(options):
    """The same layers in PyTorch."""
    import torch

    from benchmarks.pytorch_attention_guided import AttentionGuided
    from benchmarks.pytorch_cut import CUT
    from benchmarks.pytorch_cyclegan import CycleGAN
    from benchmarks.pytorch_guidegan import GuideGAN
    from benchmarks.pytorch_instagan import InstaGAN
    from benchmarks.pytorch_lomit import LOMIT
    from benchmarks.pytorch_munit import MUNIT
    from benchmarks.pytorch_pix2pix import Pix2Pix
    from benchmarks.pytorch_stargan import StarGAN
    from benchmarks.pytorch_ugatit import UGATIT

    torch.manual_seed(0)
    config = method_config(options)

    def on_device(values):
        return torch.from_numpy(values).to(torch.get_default_device())

    order = torch.contiguous_format
    if options["channels_last"]:
        order = torch.channels_last
    real_a, real_b = (
        on_device(images).contiguous(memory_format=order)
        for images in random_images(options, channels_first=True)
    )
    functions = {}
    of_pairs = {
        "attention_guided": AttentionGuided,
        "cut": CUT,
        "cyclegan": CycleGAN,
        "munit": MUNIT,
        "pix2pix": Pix2Pix,
        "ugatit": functools.partial(UGATIT, size=options["image_size"]),
    }
    if options["method"] in of_pairs:
        model = of_pairs[options["method"]](config)
        functions["step"] = lambda: model.train_step(real_a, real_b)
    elif options["method"] == "guidegan":
        model = GuideGAN(config, options["image_size"])
        functions["post_hoc"] = lambda: model.train_step(real_a, real_b)
    elif options["method"] == "instagan":
        model = InstaGAN(config)
        for count in options["instances"]:
            masks = random_masks(options, count)[:, 0].transpose(0, 1, 4, 2, 3)
            masks = on_device(2.0 * masks - 1.0).contiguous()
            real = {"a": (real_a, masks[0]), "b": (real_b, masks[1])}
            functions[str(count)] = functools.partial(model.train_step, real)
    else:
        attributes = on_device(random_attributes(options))
        if options["method"] == "stargan":
            model = StarGAN(config, options["image_size"])
            batch = real_a, attributes[0]
        else:
            model = LOMIT(config, options["image_size"])
            images = torch.cat([real_a, real_b])
            batch = images, attributes.flatten(0, 1)
        functions = {
            "critic": lambda: model.train_step(*batch, generator_too=False),
            "both": lambda: model.train_step(*batch, generator_too=True),
        }
    for network in model.networks.values():
        network.to(memory_format=order)
    if options["precision"] == "bfloat16":
        autocast(torch, model)
    if options["compiled"]:
        replace_passes(model, torch.compile)
    parameters = {
        player: sum(values.numel() for values in model.parameters(player))
        for player in ("generator", "discriminator")
    }
    return functions, parameters


def convolution_side(options):
    """TensorFlow's forward 3x3 convolutions: the best speed of the machine."""
    import tensorflow as tf

    functions = {}
    for batch_size, size, channels in CONVOLUTIONS:
        images = tf.random.normal((batch_size, size, size, channels))
        kernel = tf.random.normal((3, 3, channels, channels))

        @tf.function
        def convolve(images=images, kernel=kernel):
            for _ in range(8):
                images = tf.nn.conv2d(images, kernel, 1, "SAME") * 0.02
            return images

        flops = 8 * 2 * 9 * batch_size * size**2 * channels**2
        functions[str(flops)] = convolve
    return functions, {}


# The start of each side's library, and its functions.
SIDES = {
    "tfmask": (start_tensorflow, tfmask_side),
    "pytorch": (start_pytorch, pytorch_side),
    "convolution": (start_tensorflow, convolution_side),
}


def main():
    options = json.loads(sys.argv[2])
    start, side = SIDES[sys.argv[1]]
    device = start(options["threads"])
    functions, parameters = side(options)
    for function in functions.values():
        for _ in range(options["warm_up"]):
            function()
    device.synchronize()
    print("ready", flush=True)
    for line in sys.stdin:
        times = {name: [] for name in functions}
        for name, function in functions.items():
            for _ in range(int(line)):
                cpu = time.process_time()
                wall = device.seconds(time.perf_counter, function)
                times[name].append((wall, time.process_time() - cpu))
        answer = {
            "times": times,
            "peak_mib": device.peak_mib(),
            "parameters": parameters,
            "device": device.name,
        }
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
