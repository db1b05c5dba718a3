"""What a benchmark compares: methods, and the ablations of their papers."""

from dataclasses import dataclass

from tfmask.configs import METHOD_CONFIGS
from tfmask.ops.errors import UserError, unknown_name


@dataclass(frozen=True)
class Arm:
    """One row of a table.

    Args:
        name: str, of the row; a letter, digit, "-" or "_" each.
        method: str, of `tfmask train`.
        train: more options of `tfmask train`.
        evaluate: more options of `tfmask evaluate`.
        trained_as: str, name of the arm whose run is measured; None: its
            own.
    """

    name: str
    method: str
    train: tuple[str, ...] = ()
    evaluate: tuple[str, ...] = ()
    trained_as: str | None = None


def _arms(method, **variants):
    """Arms named after the method and a variant."""
    return tuple(
        Arm(f"{method}-{name}", method, tuple(options.split()))
        for name, options in variants.items()
    )


def _guided(method):
    return _arms(
        method,
        post_hoc_rgba="--method.transfer rgba",
        ram_multiply="--method.attention ram",
        ram_rgba="--method.attention ram --method.transfer rgba",
    )


def _cam(host):
    return _arms(
        f"cam_{host}",
        host="--method.cam-generator-weight 0 "
        "--method.cam-discriminator-weight 0",
        plain_l1="--method.cam-source none",
        generator_only="--method.cam-discriminator-weight 0",
    )


# InstaGAN's `instances_max` in one step.
AT_ONCE = ("--method.instances-per-step", "4")

# Besides the method as it is, which every table has.
ABLATIONS = {
    # Mejjati et al. 2018, Table 2.
    "attention_guided": _arms(
        "attention_guided",
        no_cycle="--method.cycle-weight 0",
        reused_attention="--method.cycle-attention reuse",
        no_attention_a="--method.use-attention-a False",
        no_attention_b="--method.use-attention-b False",
        whole_image_d="--method.masked-discriminator-epoch None",
        whole_image_d_trained_on="--method.masked-discriminator-epoch None "
        "--method.freeze-attention-epoch None",
    ),
    # Mo et al. 2019. Figure 9: CycleGAN, with the union of the masks (and
    # CycleGAN's losses and discriminators), InstaGAN's architecture, with the
    # context loss (`once_once`), with the sequence (the method as it is).
    # Figure 10: training / inference, a sequence of two instances or all at
    # once.
    "instagan": (
        Arm(
            "instagan-cyclegan",
            "cyclegan",
            evaluate=("--instances",),
        ),
        *_arms(
            "instagan",
            cyclegan_seg="--method.architecture concatenated "
            "--method.context-weight 0 --method.identity-weight 5 "
            "--method.discriminator-spectral-normalization False",
        ),
        Arm(
            "instagan-architecture",
            "instagan",
            ("--method.context-weight", "0", *AT_ONCE),
            evaluate=("--instances-per-step", "0"),
        ),
        *_arms(
            "instagan",
            no_context="--method.context-weight 0",
        ),
        Arm(
            "instagan-once_once",
            "instagan",
            AT_ONCE,
            evaluate=("--instances-per-step", "0"),
        ),
        Arm(
            "instagan-sequence_once",
            "instagan",
            evaluate=("--instances-per-step", "0"),
            trained_as="instagan",
        ),
        Arm(
            "instagan-once_sequence",
            "instagan",
            evaluate=("--instances-per-step", "2"),
            trained_as="instagan-once_once",
        ),
    ),
    # Kim et al. 2021; the sheet's protocol.
    **{f"cam_{host}": _cam(host) for host in ("stargan", "attgan", "stgan")},
    # GuideGAN's combinations; the method as it is: post hoc, multiply.
    **{name: _guided(name) for name in ("guidegan", "guidegan_paired")},
    # LOMIT's regularisers.
    "lomit": _arms(
        "lomit",
        no_r1="--method.mask-similarity-weight 0",
        no_r2="--method.style-distance-weight 0",
        no_r3="--method.mask-area-weight 0",
    ),
}


def chosen_arms(methods, ablations):
    """The rows of a benchmark, each once.

    Args:
        methods: names of methods.
        ablations: names of methods whose ablations stand beside them.

    Returns:
        list of `Arm`, with every arm whose run another one measures.

    Raises:
        UserError: there is no such method, no ablation of it, or nothing.
    """
    for name in methods:
        if name not in METHOD_CONFIGS:
            raise unknown_name("method", name, sorted(METHOD_CONFIGS))
    for name in ablations:
        if name not in ABLATIONS:
            raise unknown_name("method with ablations", name, sorted(ABLATIONS))
    names = dict.fromkeys((*methods, *ablations))
    if not names:
        raise UserError("Expected `--methods`, or `--ablations`, or both.")
    arms = []
    for name in names:
        arms.append(Arm(name, name))
        if name in ablations:
            arms += ABLATIONS[name]
    return arms
