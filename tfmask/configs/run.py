"""Options of data, optimiser and run, and the resolved whole."""

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
    """Where images come from and how they are drawn."""

    location: str
    """A folder, `tfds:NAME`, or `synthetic`."""
    attributes: tuple[str, ...] = ()
    """Attributes to learn, of data that has some; none: all synthetic ones."""
    centre_crop: int | None = None
    """Images with attributes are cut to so many pixels about their centre
    first (CelebA: 178); None: to their largest square."""
    image_size: int | tuple[int, int] = 256
    """Side of the training images in pixels, or height and width; multiples
    of 4."""
    load_size: int | tuple[int, int] | None = None
    """Resized to this before the crop; None: image_size * 286 / 256."""
    interpolation: Literal["bilinear", "bicubic"] = "bilinear"
    """How images are resized; masks and label maps: nearest neighbour."""
    antialias: bool = True
    """Smaller images are made of all pixels of larger ones (as Pillow does);
    False: of the nearest ones only (as TensorFlow 1)."""
    flip: bool = True
    """Mirror half of the images."""
    cached: bool = False
    """Keep all training images in memory, decoded and resized (0.25 GB a
    thousand at 128 px and 1.0 GB at 256 px with the default load_size)."""
    pairing: Literal["random", "cycle"] = "random"
    """How domain b is drawn: uniformly, or each image once an epoch. Methods
    of pairs take the partner."""
    label_domains: tuple[Literal["a", "b"], ...] = ()
    """Domains whose images are label maps: resized by nearest neighbour."""
    epoch_steps: int | None = None
    """Steps of an epoch; None: the larger domain over the batch size."""
    skip_bad_files: bool = False
    """Leave unreadable files out (counted and listed), do not stop."""
    synthetic_count: int = 1000
    """Nominal images a domain of the synthetic set."""
    masks_for_training: int | Literal["all"] | None = None
    """Training images of each domain that give their true masks to methods
    that can learn from them; None and 0: none."""

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
    """The optimizer of every player, and the learning rate's course.

    The rate of epoch e (from 0) is
    `learning_rate * (1 - max(0, e - constant_epochs) / decay_epochs)`; with
    `halving_epochs` it is halved instead, every so many epochs, or
    multiplied by `halving_factor`.
    """

    name: str = "adam"
    """`adam`, `rmsprop`, or `addons:OPTIMIZER` of tensorflow-addons."""
    learning_rate: float = 2e-4
    """Initial learning rate."""
    discriminator_learning_rate: float | None = None
    """The discriminators' own initial rate; None: the same."""
    content_learning_rate: float | None = None
    """The own initial rate of what judges contents (DRIT); None: the same."""
    lesson_learning_rate: float = 1e-3
    """The rate of lessons, in which only masks learn; from their middle on
    it falls to 0."""
    beta_1: float = 0.5
    """Adam's decay of the mean."""
    beta_2: float = 0.999
    """Adam's and RMSProp's decay of the squared mean."""
    epsilon: float = 1e-8
    """Adam's epsilon; RMSProp's, which is inside of the root."""
    epsilon_form: Literal["tensorflow", "pytorch"] = "tensorflow"
    """What Adam adds epsilon to: the root of the squared mean as it is
    (Keras, TensorFlow 1), or after its bias correction (PyTorch).
    tensorflow-addons' optimizers have their own form."""
    squares_start: float = 1.0
    """Where RMSProp's squared mean starts: 1 (TensorFlow 1) or 0 (PyTorch)."""
    l2: float = 0.0
    """Added to every gradient, times the weight: PyTorch's `weight_decay`."""
    constant_epochs: float = 100
    """Epochs before the learning rate starts to fall."""
    decay_epochs: float = 100
    """Epochs over which it falls to 0; 0 keeps it constant."""
    halving_epochs: float | None = None
    """Halve it every so many epochs after the constant ones instead."""
    halving_factor: float = 0.5
    """What `halving_epochs` multiplies it by (STGAN: 0.1)."""
    ema_momentum: float | None = None
    """Average the generators' weights for inference, for example 0.999."""

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
    """How long and how to train, and what to leave behind."""

    epochs: float = 200
    """Epochs in all."""
    steps: int | None = None
    """Steps in all; wins over epochs."""
    batch_size: int = 1
    """Images a domain and step, over all replicas."""
    accumulate: int = 1
    """Parts that a step takes its batch in, one after the other, to learn from
    the mean of their gradients: the memory of one part."""
    lesson_batch_size: int = 8
    """The same in lessons, in which only masks learn."""
    seed: int = 0
    """Seed of weights, data order, augmentation and pools."""
    strategy: Literal["none", "mirrored", "multiworker"] = "none"
    """tf.distribute strategy; multiworker reads TF_CONFIG."""
    replicas: int | None = None
    """Devices that `mirrored` uses; None: every GPU, else one CPU."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Compute type; weights stay float32."""
    recompute: bool = False
    """Compute ResNet generators' layers again for the backward pass: a part
    of the memory, a third more time."""
    jit_compile: bool = False
    """Compile the step with XLA (single device only)."""
    deterministic: bool = False
    """Deterministic ops: equal weights in every run on one machine."""
    steps_per_call: int = 1
    """Steps a call of the compiled function; more saves host time."""
    log_every: int = 20
    """Steps between rows of metrics.csv."""
    sample_every: int = 200
    """Steps between sample grids."""
    samples: int = 4
    """Test images in a sample grid; training images where there are none."""
    checkpoint_every: int = 200
    """Steps between checkpoints."""
    keep_checkpoints: int = 3
    """Newest checkpoints kept."""

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
    """Everything that decides a training run."""

    method_name: str = ""
    """Its name; a preset is made without."""
    preset: str = ""
    """Its name."""
    method: Any
    """Options of the method."""
    data: DataConfig
    """Options of the data."""
    optimizer: OptimizerConfig
    """Options of the optimisers."""
    run: RunConfig
    """Options of the run."""
