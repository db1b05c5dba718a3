"""Usual calls of a `keras.Model`: each works, or says what to use instead."""

import numpy as np
import tensorflow as tf

from tfmask.ops.errors import UserError

_ANOTHER = (
    "Make another by `tfmask.from_preset` or `tfmask.load_run`; "
    "`set_weights` copies the weights."
)


def require_method(model):
    """Raises a `UserError` if the argument is no model of the Python API."""
    if getattr(model, "origin", None) is None:
        raise UserError(
            "Expected a model of `tfmask.from_preset` or `tfmask.load_run`. "
            f"Got: {type(model).__name__} {str(model)[:60]!r}."
        )


def _require_batches(verb, batches):
    # Keras also takes the arrays of a whole set, by domain and name.
    by_domain = isinstance(batches, dict) and all(
        isinstance(domain, dict) for domain in batches.values()
    )
    if not by_domain and not isinstance(batches, tf.data.Dataset):
        raise UserError(
            f"`{verb}` takes a tf.data.Dataset of training batches, such as "
            "`tfmask.open_data(...).train_batches(1, seed=0)`. `tfmask.train` "
            "and `tfmask.evaluate` take the data itself. Got: "
            f"{type(batches).__name__}."
        )


class PythonUse:
    """Calls of `keras.Model` that mean something else for a method.

    `model(images)` and `model.predict(images)` are `translate` in the first
    direction. For files and images of other sizes, use `translate_images`.
    """

    origin = None  # `Origin`, of models that `build_method` made

    def __call__(self, inputs, *args, **kwargs):
        # The check is here, because Keras adds lines to the errors of `call`.
        self._check(inputs)
        return super().__call__(inputs, *args, **kwargs)

    def predict(self, x, *args, **kwargs):
        """`keras.Model.predict` of arrays, by `call`."""
        self._check(x)
        return super().predict(x, *args, **kwargs)

    def fit(self, x=None, *args, **kwargs):
        """`keras.Model.fit` of an image set's batches."""
        _require_batches("fit", x)
        return super().fit(x, *args, **kwargs)

    def evaluate(self, x=None, *args, **kwargs):
        """`keras.Model.evaluate` of an image set's batches: the losses."""
        _require_batches("evaluate", x)
        return super().evaluate(x, *args, **kwargs)

    def call(self, inputs, training=False):
        """`translate` in the first direction.

        Args:
            inputs: (B, H, W, 3) float in [-1, 1]. The sides are multiples of
                `multiple`. Or a dict of all inputs of `translate`.
            training: not used. Train with `fit` or `tfmask.train`.

        Returns:
            dict, see `translate`.
        """
        return self.translate(self._named(inputs), self.directions[0])

    def _named(self, inputs):
        return inputs if isinstance(inputs, dict) else {"image": inputs}

    def _check(self, inputs):
        """Raises a `UserError` if the argument is no batch of images."""
        inputs_by_name = self._named(inputs)
        needed = [port.name for port in self.spec.required]
        for name in needed:
            if name not in inputs_by_name:
                raise UserError(
                    f"`{name}` is missing: call the model with a dict of "
                    f"{', '.join(needed)}, or use `translate_images`. Got: "
                    f"{', '.join(inputs_by_name)}."
                )
        images = inputs_by_name["image"]
        if not hasattr(images, "dtype"):
            images = np.asarray(images)
        shape = tuple(images.shape)
        kind = tf.as_dtype(images.dtype) if images.dtype != object else None
        description = f"{shape} of {kind.name if kind else 'objects'}"
        sides = [side for side in shape[1:3] if side]
        fits = not any(side % self.multiple for side in sides)
        if len(shape) == 4 and shape[3] == 3 and kind.is_floating and fits:
            if tf.is_tensor(images) and not hasattr(images, "numpy"):
                return  # in a graph
            low, high = np.min(images), np.max(images)
            if low >= -1.0 and high <= 1.0:
                return
            description += f" from {low:.4g} to {high:.4g}"
        raise UserError(
            "Expected a batch of images (B, H, W, 3), float in [-1, 1], sides "
            f"multiples of {self.multiple}; `translate_images` takes others. "
            f"Got: {description}."
        )

    def translate_images(
        self,
        images,
        direction=None,
        *,
        tile=None,
        overlap=None,
        progress=None,
        **inputs,
    ):
        """Translates images of any size, in files or in memory.

        Args:
            images: path, PIL image, (H, W, 3) array, uint8 or float in
                [-1, 1]; or a list of them.
            direction: "a_to_b" or "b_to_a". None: the first direction of the
                method.
            tile: int, side of a tile. Larger images are translated in tiles,
                see docs/large_pictures.md. None: in one pass.
            overlap: int; neighbouring tiles share at least so many pixels.
                None: a quarter of `tile`.
            progress: function of the number of tiles that are done and of the
                number of all tiles. For each image that is cut, it is called
                before the first tile and after each one.
            **inputs: other inputs of the method, for example `exemplar`,
                `attributes={"glasses": 1}`, `instances`, `style_seed`, `mask`.
                docs/python.md describes them.

        Returns:
            `TranslatedImage` with `image` (H, W, 3) and `mask` (H, W), uint8 as
            in the files of `tfmask translate`. For a list, a list of these.

        Raises:
            UserError: a file or an input is wrong.
        """
        from tfmask.translation.in_memory import translate_images

        return translate_images(
            self,
            images,
            direction,
            inputs,
            tile=tile,
            overlap=overlap,
            progress=progress,
        )

    def translation_graph(self, direction, optional, compile_translate):
        """The graph of `translate` with some inputs, made once per phase."""
        key = direction, optional, self.phase
        graphs = self.__dict__.get("_translations", {})
        if key not in graphs:
            graphs[key] = compile_translate(self, direction, more=optional)
            # This bypasses Keras, because Keras would track the dict.
            object.__setattr__(self, "_translations", graphs)
        return graphs[key]

    def save(self, *args, **kwargs):
        """Not supported, because a run folder keeps more than the weights."""
        raise UserError(
            "A method is not saved as one Keras file. `tfmask.train` keeps it "
            "in its run folder for `tfmask.load_run`, `tfmask.export` writes a "
            "SavedModel, `save_weights` the weights alone."
        )

    def export(self, *args, **kwargs):
        """Not supported, because Keras knows no directions and no masks."""
        raise UserError(
            "A method is not exported by Keras. `tfmask.export` writes a "
            "SavedModel with the signatures of the method."
        )

    def get_config(self):
        """Not supported: `clone_model` and `to_json` call it."""
        raise NotImplementedError(f"A method has no Keras config. {_ANOTHER}")

    def _refuse_copy(self, *args):
        raise TypeError(
            "A method is not copied or pickled: it holds optimizers and "
            f"graphs. {_ANOTHER}"
        )

    __copy__ = __deepcopy__ = __reduce__ = __reduce_ex__ = _refuse_copy
