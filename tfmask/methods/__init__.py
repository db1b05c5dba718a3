"""Translation methods: each in a folder that declares it.

A folder holds `METHOD`, its `MethodSpec`. To read it does not import
TensorFlow. `MethodSpec.load_model` imports it.
"""

import importlib

from tfmask.ops.errors import unknown_name

NAMES = (
    "attention_guided",
    "attention_gan",
    "chen_attention_gan",
    "cyclegan",
    "ra",
    "cut",
    "fastcut",
    "discogan",
    "dualgan",
    "guidegan",
    "guidegan_paired",
    "instagan",
    "lomit",
    "munit",
    "drit",
    "pix2pix",
    "cgan",
    "gan",
    "stargan",
    "attgan",
    "stgan",
    "cam_stargan",
    "cam_attgan",
    "cam_stgan",
    "unit",
    "segmenter",
    "ugatit",
)

# Names of presets. `photos` is for small sets of photographs. Not every method
# has it.
PRESETS = ("quick", "paper", "photos")


def method_spec(name):
    """The `MethodSpec` of a method.

    Args:
        name: str, one of `NAMES`.

    Raises:
        UserError: there is no such method.
    """
    if name not in NAMES:
        raise unknown_name("method", name, sorted(NAMES))
    return importlib.import_module(f"tfmask.methods.{name}").METHOD


def preset_config(name, preset, location):
    """The `TrainConfig` of a method's preset.

    Raises:
        UserError: there is no such method or preset.
    """
    return method_spec(name).preset(preset, location)
