"""Options of the data, the optimizers and the run, and all of them together."""

from dataclasses import dataclass
from operator import ge
from typing import Any, Literal

from tfmask.configs.checks import (
    require,
    require_fraction,
    require_not_negative,
    require_positive,
)


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """Options of the images and their order."""

    location: str
    """A folder, `tfds:NAME`, or `synthetic`."""
    attributes: tuple[str, ...] = ()
    """Attributes to learn, if the data has attributes. If empty: all attributes
    of synthetic data."""
    centre_crop: int | None = None
    """First crop images with attributes to this many pixels at their centre
    (CelebA: 178); None: to their largest square."""
    image_size: int | tuple[int, int] = 256
    """Side of the training images in pixels, or height and width. Multiples
    of 4."""
    load_size: int | tuple[int, int] | None = None
    """Size of images before the crop; None: image_size * 286 / 256."""
    interpolation: Literal["bilinear", "bicubic"] = "bilinear"
    """How images are resized. Masks and label maps are always resized by
    nearest neighbour."""
    antialias: bool = True
    """Use all pixels when an image becomes smaller, as Pillow does. False:
    use only the nearest pixels, as TensorFlow 1 does."""
    flip: bool = True
    """Mirror half of the images."""
    cached: bool = False
    """Keep all training images in memory, decoded and resized. A thousand take
    0.06 GB at 128 px and 0.25 GB at 256 px. Without it up to 0.5 GB of each
    domain are kept."""
    pairing: Literal["random", "cycle"] = "random"
    """How images of domain b are chosen: `random`, or `cycle`, which takes each
    image once in an epoch. Methods of pairs take the partner."""
    label_domains: tuple[Literal["a", "b"], ...] = ()
    """Domains whose images are label maps. They are resized by nearest
    neighbour."""
    epoch_steps: int | None = None
    """Steps of an epoch; None: the size of the larger domain divided by the
    batch size."""
    skip_bad_files: bool = False
    """Leave out bad files and list them. Otherwise bad files are an error."""
    synthetic_count: int = 1000
    """Number of images in each domain of the synthetic set."""
    masks_for_training: int | Literal["all"] | None = None
    """Number of training images in each domain whose true masks are given to
    the method, if it can learn from masks; None and 0: none."""

    def __post_init__(self):
        require_positive(self, "synthetic_count", "epoch_steps", "centre_crop")
        # JSON knows lists only.
        for name in ("attributes", "label_domains", "image_size", "load_size"):
            if isinstance(getattr(self, name), list):
                object.__setattr__(self, name, tuple(getattr(self, name)))
        require(
            all(side > 0 and side % 4 == 0 for side in self.height_width),
            "image_size",
            "above 0 and a multiple of 4, the generators' total stride",
            self.image_size,
        )
        require(
            self.load_size is None
            or all(map(ge, _pair(self.load_size), self.height_width)),
            "load_size",
            f"None or at least image_size ({self.image_size})",
            self.load_size,
        )
        wanted = self.masks_for_training
        require(
            wanted in (None, "all")
            or (isinstance(wanted, int) and wanted >= 0),
            "masks_for_training",
            "0 or more, `all` or None",
            wanted,
        )

    @property
    def height_width(self) -> tuple[int, int]:
        """`image_size` as (height, width)."""
        return _pair(self.image_size)


def _pair(size: int | tuple[int, int]) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else size


@dataclass(frozen=True, kw_only=True)
class OptimizerConfig:
    """Options of the optimizers and of the learning rate's schedule.

    The rate of epoch e (from 0) is
    `learning_rate * (1 - max(0, e - constant_epochs) / decay_epochs)`. If
    `halving_epochs` is given, the rate is instead multiplied by
    `halving_factor` every so many epochs.
    """

    name: str = "adam"
    """`adam`, `rmsprop`, or `addons:OPTIMIZER` of tensorflow-addons."""
    learning_rate: float = 2e-4
    """Initial learning rate."""
    discriminator_learning_rate: float | None = None
    """Initial learning rate of the discriminators; None: the same."""
    content_learning_rate: float | None = None
    """Initial learning rate of DRIT's content discriminator; None: the same."""
    lesson_learning_rate: float = 1e-3
    """Learning rate of lessons, in which only masks learn. It falls to 0 in
    their second half."""
    beta_1: float = 0.5
    """Adam's decay of the mean."""
    beta_2: float = 0.999
    """Adam's and RMSProp's decay of the squared mean."""
    epsilon: float = 1e-8
    """Epsilon of Adam, or of RMSProp, which adds it inside of the root."""
    epsilon_form: Literal["tensorflow", "pytorch"] = "tensorflow"
    """Whether Adam adds epsilon to the root of the squared mean before the bias
    correction (`tensorflow`, as Keras does), or after it (`pytorch`).
    Optimizers of tensorflow-addons have their own form."""
    squares_start: float = 1.0
    """First value of RMSProp's squared mean: 1 (TensorFlow 1), 0 (PyTorch)."""
    l2: float = 0.0
    """L2 penalty, PyTorch's `weight_decay`: every gradient gets this factor
    times the weight in addition."""
    constant_epochs: float = 100
    """Epochs before the learning rate starts to fall."""
    decay_epochs: float = 100
    """Epochs in which the learning rate falls to 0; 0 keeps it constant."""
    halving_epochs: float | None = None
    """Halve the learning rate every so many epochs after the constant ones, in
    place of decay_epochs; None: no."""
    halving_factor: float = 0.5
    """Factor of the learning rate at each of `halving_epochs` (STGAN: 0.1)."""
    ema_momentum: float | None = None
    """Decay of the moving average of the generators' weights, which inference
    then uses, for example 0.999; None: no average."""

    def __post_init__(self):
        require_positive(
            self,
            "learning_rate",
            "discriminator_learning_rate",
            "content_learning_rate",
            "lesson_learning_rate",
            "epsilon",
            "halving_epochs",
        )
        require_fraction(
            self, "beta_1", "beta_2", "halving_factor", "ema_momentum"
        )
        require_not_negative(
            self, "constant_epochs", "decay_epochs", "squares_start", "l2"
        )


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """Options of the training's length, way and files."""

    epochs: float = 200
    """Number of epochs."""
    steps: int | None = None
    """Number of steps. If it is given, `epochs` does not count."""
    batch_size: int = 1
    """Number of images of each domain in a step, for all replicas together."""
    accumulate: int = 1
    """Number of parts of a batch. A step computes them one after the other and
    learns from the mean of their gradients, with the memory of one part."""
    lesson_batch_size: int = 8
    """Batch size of lessons, in which only masks learn."""
    seed: int = 0
    """Seed of weights, data order, augmentation and pools."""
    strategy: Literal["none", "mirrored", "multiworker"] = "none"
    """Strategy of tf.distribute. `multiworker` reads TF_CONFIG."""
    replicas: int | None = None
    """Devices that `mirrored` uses; None: every GPU, else one CPU."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Type of the computation. Weights stay float32."""
    recompute: bool = False
    """Compute the layers of ResNet generators again in the backward pass. This
    needs only a part of the memory and a third more time."""
    jit_compile: bool = False
    """Compile the step with XLA (only on a single device). On CPUs no method
    became faster."""
    deterministic: bool = False
    """Use deterministic operations. Then every run on one machine ends with
    equal weights."""
    steps_per_call: int = 1
    """Number of steps in one call of the compiled function. More steps save
    time on the host."""
    log_every: int = 20
    """Steps between two rows of metrics.csv."""
    sample_every: int = 200
    """Steps between two sample grids."""
    samples: int = 4
    """Number of test images in a sample grid. If there are no test images:
    training images."""
    checkpoint_every: int = 200
    """Steps between two checkpoints."""
    keep_checkpoints: int = 3
    """Number of the newest checkpoints to keep."""

    def __post_init__(self):
        require_positive(
            self,
            "epochs",
            "steps",
            "replicas",
            "batch_size",
            "accumulate",
            "lesson_batch_size",
            "steps_per_call",
            "log_every",
            "sample_every",
            "samples",
            "checkpoint_every",
            "keep_checkpoints",
        )
        require_not_negative(self, "seed")


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """All options of a training run."""

    method_name: str = ""
    """Name of the method. A preset function leaves it empty."""
    preset: str = ""
    """Name of the preset."""
    method: Any
    """Options of the method."""
    data: DataConfig
    """Options of the data."""
    optimizer: OptimizerConfig
    """Options of the optimisers."""
    run: RunConfig
    """Options of the run."""
