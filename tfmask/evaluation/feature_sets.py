"""Features of a set of images: read from a file, or made of a folder."""

import hashlib
import json
import sys
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tfmask.metrics import Moments
from tfmask.metrics.features import checked_features
from tfmask.ops.errors import UserError
from tfmask.ops.files import replacing, sha256_of
from tfmask.ops.package_versions import package_versions

NPZ = ".npz"


class FeatureNetwork(NamedTuple):
    """A network that gives features of images.

    Attributes:
        about: dict of str: `network`, `weights`, `sha256`, `resize`; and a
            `warning` if the numbers need one.
        resize: function of (H, W, 3) uint8 to (h, w, 3) float32 in [0, 255], in
            the size that the network needs.
        run: function of such images (B, h, w, 3) to a dict of float32 tensors
            or arrays: `features` (B, D) and, for some networks, `logits` (B,
            C).
    """

    about: dict
    resize: Callable
    run: Callable


class FeatureSet(NamedTuple):
    """Features of one set.

    Attributes:
        about: dict for reports: `location`, `count`, and the known facts about
            the images or the file.
        features: (N, D) float. None if there are only `moments`.
        moments: `Moments`, or None.
        logits: (N, C) float of a classifier, or None.
    """

    about: dict
    features: np.ndarray | None = None
    moments: Moments | None = None
    logits: np.ndarray | None = None

    @property
    def count(self):
        """int, images; None where there are moments only."""
        return self.about["count"]

    @property
    def width(self):
        """int, features of an image."""
        known = self.moments.mean if self.features is None else self.features
        return known.shape[-1]


class ImageFolder(NamedTuple):
    """A folder whose images were all decoded once.

    Attributes:
        about: as in `FeatureSet`.
        examples: list of `Example`.
    """

    about: dict
    examples: list


def read_features(path):
    """Features that some other tool has made.

    Args:
        path: .npz file. It has `features` (N, D) and perhaps `logits` (N, C);
            or `mu` (D,) and `sigma` (D, D), as in pytorch-fid.

    Returns:
        `FeatureSet`.

    Raises:
        UserError: it is not such a file, or it holds NaN.
    """
    arrays = _load(path)
    about = {"location": str(path), "count": None, "sha256": sha256_of(path)}
    return _feature_set(path, arrays, about)


def _load(path):
    """dict of the arrays of an .npz file."""
    try:
        with np.load(path) as file:
            return {name: file[name] for name in file.files}
    except FileNotFoundError as error:
        raise UserError(f"`{path}` is not there.") from error
    except (ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise UserError(f"`{path}` is not a readable .npz file.") from error


def _feature_set(path, arrays, about):
    """`FeatureSet` of a file's checked arrays; `about` gets the count."""
    try:
        if "features" in arrays:
            features = checked_features("features", arrays["features"])
            logits = arrays.get("logits")
            if logits is not None:
                logits = checked_features("logits", logits)
                if len(logits) != len(features):
                    raise ValueError(
                        f"`logits` must have {len(features)} rows, as "
                        f"`features`. Got: {len(logits)}"
                    )
            about["count"] = len(features)
            return FeatureSet(about, features, None, logits)
        if {"mu", "sigma"} <= set(arrays):
            return FeatureSet(about, moments=_moments(arrays))
    except ValueError as error:
        raise UserError(f"`{path}`: {error}.") from error
    raise UserError(
        f"`{path}` must hold `features`, or `mu` and `sigma`. Got: "
        f"{', '.join(arrays) or 'nothing'}"
    )


def open_folder(name, path, *, skip_bad_files=False):
    """Finds and checks the images of a folder.

    Args:
        name: str, the option, for messages.
        path: folder.
        skip_bad_files: bool; leave unreadable files out instead of an error.

    Returns:
        `ImageFolder`.

    Raises:
        UserError: there are fewer than two images, or bad ones.
    """
    from data_pipelines.checks import check_examples, raise_for_bad
    from data_pipelines.examples import Encoded, Example
    from tfmask.translation.image_files import list_images

    listing = list_images(path)
    for line in listing.left_out():
        print(f"--{name} {path}: {line}", file=sys.stderr)
    listed = [
        Example(file.stem, Encoded.of_file(file)) for file in listing.images
    ]
    listed += [
        Example(file.stem, Encoded.of_file(file), problem=problem)
        for file, problem in listing.problems.items()
    ]
    good, bad, digests = check_examples(listed, keep_content=False)
    if not skip_bad_files:
        raise_for_bad(bad, path)
    if len(good) < 2:
        raise UserError(
            f"`--{name} {path}` must hold 2 images or more. Got: {len(good)}"
        )
    about = {
        "location": str(path),
        "count": len(good),
        "fingerprint": hashlib.sha256(b"".join(digests)).hexdigest(),
        "masks_left_out": len(listing.masks),
        "not_read": len(listing.others),
        "skipped": [list(problem) for problem in bad],
    }
    return ImageFolder(about, good)


def features_of(
    folder,
    network,
    *,
    cache=None,
    image_size=None,
    batch_size=16,
    advance=lambda count: None,
):
    """Features of the images of a folder.

    Args:
        folder: `ImageFolder`.
        network: `FeatureNetwork`.
        cache: folder of .npz files in the form of `read_features`, or None. If
            it has the features of these images, for this network, size and
            these versions of packages, they are read. Otherwise they are added.
        image_size: int; images first become squares of this side. None: only
            the network resizes.
        batch_size: int; the features do not depend on it.
        advance: called with the number of images done.

    Returns:
        `FeatureSet`; `about` also has `sizes`, `formats` and `grey`, the
        number of images with three equal channels.

    Raises:
        UserError: the network returns NaN or infinity, or a file of the cache
            is broken.
    """
    if cache is None:
        return _computed_features(
            folder, network, image_size, batch_size, advance
        )
    made_of = [folder.about["fingerprint"], network.about, image_size]
    key = hashlib.sha256(json.dumps([made_of, package_versions()]).encode())
    name = f"{Path(folder.about['location']).name}-{key.hexdigest()[:16]}{NPZ}"
    path = Path(cache) / name
    if path.exists():
        arrays = _load(path)
        advance(folder.about["count"])
        facts = json.loads(str(arrays["seen"]))
        return _feature_set(path, arrays, {**folder.about, **facts})
    computed = _computed_features(
        folder, network, image_size, batch_size, advance
    )
    arrays = {"features": computed.features}
    if computed.logits is not None:
        arrays["logits"] = computed.logits
    facts = {
        name: computed.about[name] for name in ("sizes", "formats", "grey")
    }
    with replacing(path) as file:
        np.savez(file, seen=json.dumps(facts), **arrays)
    return computed


def _computed_features(folder, network, image_size, batch_size, advance):
    from data_pipelines.checks import decode
    from tfmask.ops.images import resized

    parts, sizes, formats, grey = [], Counter(), Counter(), 0
    for first in range(0, len(folder.examples), batch_size):
        batch = []
        for example in folder.examples[first : first + batch_size]:
            content = example.image.read()
            pixels = decode(content).numpy()
            sizes["x".join(map(str, pixels.shape[:2]))] += 1
            formats[_format(content)] += 1
            grey += bool((pixels == pixels[..., :1]).all())
            if image_size is not None:
                pixels = resized(pixels, (image_size, image_size))
            batch.append(network.resize(pixels).numpy())
        outputs = network.run(np.stack(batch))
        parts.append({name: np.asarray(part) for name, part in outputs.items()})
        advance(len(batch))
    joined = {n: np.concatenate([part[n] for part in parts]) for n in parts[0]}
    for name, values in joined.items():
        if not np.isfinite(values).all():
            raise UserError(
                f"The network gives NaN or infinity as `{name}` of "
                f"{folder.about['location']}: its weights are broken "
                f"({network.about['weights']})."
            )
    about = {
        **folder.about,
        "sizes": dict(sizes.most_common()),
        "formats": dict(formats),
        "grey": grey,
    }
    return FeatureSet(about, joined["features"], None, joined.get("logits"))


def _format(content):
    """The format of a file, by its contents and not by its name."""
    for name, start in (("png", b"\x89PNG"), ("jpeg", b"\xff\xd8")):
        if content.startswith(start):
            return name
    return "other"


def _moments(arrays):
    mean, covariance = (
        np.asarray(arrays[name], np.float64) for name in ("mu", "sigma")
    )
    if mean.ndim != 1 or covariance.shape != 2 * mean.shape:
        raise ValueError(
            "`mu` must be (D,) and `sigma` (D, D). "
            f"Got: {mean.shape} and {covariance.shape}"
        )
    if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
        raise ValueError("`mu` and `sigma` must be finite")
    return Moments(mean, covariance)
