"""Examples from tensorflow-datasets, as encoded bytes in memory."""

import contextlib
import difflib
import logging
import socket
import sys
from urllib.error import URLError

from data_pipelines.examples import Encoded, Example
from tfmask.ops.errors import UserError, unknown_name

PREFIX = "tfds:"
# tfds itself tries ten times. Without a network, that takes minutes.
DOWNLOAD_RETRIES = 3


def list_examples(location, split, domain):
    """Loads one split of a data set that has trainA, trainB, testA, testB.

    The data set is downloaded and prepared if it is not there yet.

    Args:
        location: for example "tfds:cycle_gan/horse2zebra".
        split: "train" or "test".
        domain: "a" or "b".

    Returns:
        list of `Example` with content, in the order of the data set. Names are
        numbers, because tfds does not keep the names of the files.

    Raises:
        UserError: the name is unknown, the split is missing, the set cannot be
            prepared, or tensorflow-datasets cannot be imported.
    """
    wanted = f"{split}{domain.upper()}"
    hint = (
        "the splits trainA, trainB, testA and testB",
        "The sets of `cycle_gan` have them.",
    )
    return [
        Example(
            name=f"{number:05d}",
            image=Encoded(
                label=f"{location} {wanted} #{number}",
                content=record["image"].numpy(),
            ),
        )
        for number, record in enumerate(_records(location, wanted, hint))
    ]


def list_pairs(location, split):
    """Loads one split of a data set whose records hold both images.

    Args:
        location: for example "tfds:scene_parse150#image,annotation": the
            features of domain a and b follow the `#`.
        split: "train" or "test".

    Returns:
        list of `Example` with partners, in the data set's order.

    Raises:
        UserError: as in `list_examples`; or the location does not name two
            features.
    """
    name, _, listed = location.partition("#")
    features = tuple(listed.split(","))
    if len(features) != 2:
        raise UserError(
            "Expected two features behind the `#`, those of domain a and b, "
            f"as in tfds:scene_parse150#image,annotation. Got: {location}"
        )
    hint = "the splits train and test", "`scene_parse150` has them."
    return [
        Example(
            name=f"{number:05d}",
            image=_image_of(record, features[0], location, split, number),
            partner=_image_of(record, features[1], location, split, number),
        )
        for number, record in enumerate(_records(name, split, hint, features))
    ]


def _image_of(record, feature, location, split, number):
    return Encoded(
        label=f"{location} {split} {feature} #{number}",
        content=record[feature].numpy(),
    )


def attribute_records(location, split):
    """The records of one split of a data set with attributes.

    Args:
        location: for example "tfds:celeb_a".
        split: "train" or "test".

    Returns:
        Iterable of records: `image` encoded, `attributes` a dict of name to
        bool tensor.

    Raises:
        UserError: as in `list_examples`; or there are no attributes.
    """
    features = _builder(_datasets(), location.removeprefix(PREFIX)).info
    if "attributes" not in features.features:
        raise UserError(
            f"Expected a data set with the feature `attributes` at "
            f"{location}. Got: {', '.join(features.features)}."
        )
    hint = "the splits train and test", "`celeb_a` has them."
    return _records(location, split, hint)


def is_attribute_set(location):
    """Whether a location names a tfds set that is known for attributes."""
    name = location.removeprefix(PREFIX).partition("/")[0].partition(":")[0]
    return location.startswith(PREFIX) and name == "celeb_a"


def _records(location, split, hint, images=("image",)):
    """Records of a split, with encoded images, in their own order."""
    datasets = _datasets()
    name = location.removeprefix(PREFIX)
    builder = _builder(datasets, name)
    for image in images:
        if image not in builder.info.features:
            raise UserError(
                f"Expected a data set with the feature `{image}` at "
                f"{location}. Got: {', '.join(builder.info.features)}."
            )
    _prepare(builder, location)
    splits = list(builder.info.splits)
    if splits and split not in splits:
        expected, which = hint
        raise UserError(
            f"Expected {expected} in {location}. Got: {', '.join(splits)}. "
            f"{which}"
        )
    return datasets.load(
        name,
        split=split,
        decoders={image: datasets.decode.SkipDecoding() for image in images},
        download=False,
        shuffle_files=False,
        # Read one file after the other, so that the order is that of the
        # records.
        read_config=datasets.ReadConfig(interleave_cycle_length=1),
    )


def _datasets():
    try:
        import tensorflow_datasets
    except ImportError as error:
        raise UserError(
            "`tfds:` locations need tensorflow-datasets, which cannot be "
            f"imported ({error}). Run: pip install tensorflow-datasets"
        ) from error
    # If one of its own imports fails, tfds prints that and continues without
    # data sets.
    if not hasattr(tensorflow_datasets, "list_builders"):
        raise UserError(
            "tensorflow-datasets is installed, but its own imports fail. See "
            "why with: python -c 'import tensorflow_datasets'. With "
            "protobuf 4 it needs tensorflow-metadata 1.15 or older."
        )
    return tensorflow_datasets


def _builder(datasets, name):
    family, _, config = name.partition("/")
    known = datasets.list_builders(with_community_datasets=False)
    if family not in known:
        near = difflib.get_close_matches(family, known, n=3, cutoff=0.5)
        hint = f" Did you mean: {', '.join(near)}?" if near else ""
        raise UserError(
            f"Unknown tfds data set `{family}`.{hint} Unpaired sets are, for "
            "example, tfds:cycle_gan/horse2zebra."
        )
    configs = list(datasets.builder_cls(family).builder_configs)
    wanted = config.partition(":")[0]  # without the version
    if wanted and configs and wanted not in configs:
        raise unknown_name(f"configuration of tfds:{family}", wanted, configs)
    try:
        return datasets.builder(name)
    except Exception as error:
        raise UserError(f"tfds cannot open `{name}`: {error}") from error


def _prepare(builder, location):
    with _short_downloads():
        try:
            builder.download_and_prepare()
            return
        except Exception as error:
            # Errors of many types come here: network, disk, checksums, beam.
            raise _not_prepared(builder, location, error) from error


@contextlib.contextmanager
def _short_downloads():
    """Without a network, a download ends after seconds and says so once.

    tfds has no option for its retries, and urllib3 warns of each of them.
    """
    from tensorflow_datasets.core.download import downloader

    log = logging.getLogger("urllib3.connectionpool")
    level, retries = log.level, downloader.MAX_RETRIES
    downloader.MAX_RETRIES = DOWNLOAD_RETRIES
    log.setLevel(logging.ERROR)
    if not sys.stderr.isatty():
        # In a file, a progress bar would write a line for each change.
        _datasets().disable_progress_bar()
    try:
        yield
    finally:
        downloader.MAX_RETRIES = retries
        log.setLevel(level)


def _not_prepared(builder, location, error):
    """`UserError` that names the cause, and the network only if it is one."""
    name = location.removeprefix(PREFIX)
    where = f"{location} is not prepared in {builder.data_dir}"
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ImportError):
            return UserError(
                f"{where}, and tensorflow-datasets cannot do it in this "
                f"environment ({_one_line(cause)}). Install what is missing: "
                f"pip install {cause.name or 'tensorflow-datasets'}"
            )
    if any(_is_of_network(cause) for cause in causes):
        return UserError(
            f"{where} and could not be downloaded: {_one_line(causes[-1])}. "
            f"Is there a network? If not, run `tfds build {name}` on a "
            "machine that has one and copy its ~/tensorflow_datasets here, or "
            "set TFDS_DATA_DIR to where it is."
        )
    return UserError(
        f"{where}, and preparing it failed ({_one_line(error)}). "
        f"`tfds build {name}` shows more."
    )


def _causes(error):
    """An error and what led to it, the first cause last."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _is_of_network(error):
    # The types of requests and urllib3 are recognised by name, because both are
    # packages of tfds, not of ours.
    package = type(error).__module__.partition(".")[0]
    return package in ("requests", "urllib3") or isinstance(
        error, ConnectionError | TimeoutError | socket.gaierror | URLError
    )


def _one_line(error):
    text = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}: {text}"
