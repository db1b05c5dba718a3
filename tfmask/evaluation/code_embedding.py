"""Where content and style codes lie: t-SNE, plots, silhouettes."""

import csv
import io

import numpy as np

from tfmask.ops.errors import UserError

CODES = ("content", "foreground_style", "background_style")


PANEL = 240  # pixels


_OFF, _ON = (60, 110, 190), (225, 95, 40)


_MARGIN, _DOT, _SMOOTH = 12, 2, 3  # pixels; it is drawn 3 times larger


def codes_of(method, data, *, split="test", limit=None, batch_size=8):
    """The codes of images, masks found with their partners.

    Args:
        method: `LOMIT`.
        data: `ImageSet` with attributes.
        split, limit, batch_size: see `ImageSet.test_pairs`.

    Returns:
        (dict of `CODES` to (N, D) float32, (N, K) bool attributes, (N,) int
        places in `data.names`). The code of a content is its mean over the
        image.
    """
    import tensorflow as tf

    from tfmask.ops.precision import mean_over

    @tf.function(autograph=False, reduce_retracing=True)
    def graph(images, partners):
        codes = method.codes_of(
            tf.concat([images, partners], axis=0), "inference"
        )
        content = mean_over(codes.content, (2, 1))
        return [
            values[: tf.shape(images)[0]]
            for values in (content, codes.foreground, codes.background)
        ]

    parts = []
    for batch in data.test_pairs(
        split=split, batch_size=batch_size, limit=limit
    ):
        code_arrays = graph(batch["a"]["image"], batch["b"]["image"])
        others = (batch["a"]["attributes"], batch["a"]["index"])
        parts.append([values.numpy() for values in (*code_arrays, *others)])
    *code_arrays, attributes, index = map(
        np.concatenate, zip(*parts, strict=True)
    )
    return dict(zip(CODES, code_arrays, strict=True)), attributes > 0.5, index


def embedded(codes, *, perplexity=30.0, seed=0):
    """(N, D) codes to (N, 2) by t-SNE; alike codes lie together.

    Raises:
        UserError: there are not more codes than `perplexity`.
    """
    from sklearn.manifold import TSNE

    if len(codes) <= perplexity:
        raise UserError(
            f"`--perplexity` must be below the number of images, {len(codes)}. "
            f"Got: {perplexity:g}"
        )
    return TSNE(
        2, init="pca", perplexity=perplexity, random_state=seed
    ).fit_transform(codes)


def separations(codes, attributes):
    """How far each attribute sets codes apart, before t-SNE.

    Args:
        codes: dict of name to (N, D) array.
        attributes: (N, K) bool.

    Returns:
        dict of name to list of K silhouettes in [-1, 1]. 1 means that images
        with and without the attribute are far from each other. 0 means that
        they mix. None means that all images have the attribute, or no image has
        it.
    """
    from sklearn.metrics import silhouette_score

    return {
        name: [
            None if on.all() or not on.any() else silhouette_score(values, on)
            for on in attributes.T
        ]
        for name, values in codes.items()
    }


def panel(places, on):
    """One plot.

    Args:
        places: (N, 2) float.
        on: (N,) bool; True gives a dot the second colour.

    Returns:
        (PANEL, PANEL, 3) uint8.
    """
    from PIL import Image, ImageDraw

    low, high = places.min(axis=0), places.max(axis=0)
    unit = (places - low) / np.maximum(high - low, 1e-12)
    dots = _SMOOTH * (_MARGIN + unit * (PANEL - 2 * _MARGIN))
    picture = Image.new("RGB", (_SMOOTH * PANEL,) * 2, "white")
    draw, radius = ImageDraw.Draw(picture), _SMOOTH * _DOT
    # The dots are mixed. Otherwise the colour that is drawn last would seem to
    # have more dots.
    for number in np.random.default_rng(0).permutation(len(dots)):
        x, y = dots[number]
        box = (x - radius, y - radius, x + radius, y + radius)
        draw.ellipse(box, fill=_ON if on[number] else _OFF)
    return np.asarray(picture.resize((PANEL, PANEL), Image.Resampling.BOX))


def figure(places, attributes, names):
    """All plots: a column a code, a row an attribute.

    Args:
        places: dict of name to (N, 2) float.
        attributes: (N, K) bool.
        names: K str.

    Returns:
        (H, W, 3) uint8.
    """
    from PIL import Image, ImageDraw

    line = 20
    width, height = PANEL * len(places), (PANEL + line) * len(names)
    sheet = Image.new("RGB", (width, height + line), "white")
    draw = ImageDraw.Draw(sheet)
    draw.text((4, 4), "with the attribute", fill=_ON)
    draw.text((PANEL + 4, 4), "without it", fill=_OFF)
    for row, name in enumerate(names):
        top = line + row * (PANEL + line)
        for column, (code, points) in enumerate(places.items()):
            left = column * PANEL
            title = f"{code.replace('_', ' ')}, {name}"
            draw.text((left + 4, top + 4), title, fill="black")
            plot = Image.fromarray(panel(points, attributes[:, row]))
            sheet.paste(plot, (left, top + line))
    return np.asarray(sheet)


def table(places, attributes, names, images):
    """The numbers behind a figure as CSV text, a line an image."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    axes = [f"{code}_{axis}" for code in places for axis in "xy"]
    writer.writerow(["image", *names, *axes])
    for number, image in enumerate(images):
        coordinates = np.concatenate(
            [values[number] for values in places.values()]
        )
        switches = attributes[number].astype(int)
        writer.writerow([image, *switches, *(f"{v:.4f}" for v in coordinates)])
    return file.getvalue()
