"""Exported versions: what they answer, what they refuse, how they appear."""

import base64
import json
import resource

import numpy as np
import pytest
import tensorflow as tf
from exports import (
    ask,
    ask_raw,
    assert_openvino_agrees,
    published,
    refused,
    replayed_by,
    rest_json,
    served,
    tiny_method,
    with_junk,
)

from serving.protocol import protos
from serving.protocol.warmup import WARM_UP_FILE, read_records
from serving.server.engine import Engine
from tfmask.export.check import check_version
from tfmask.export.publishing import FACTS
from tfmask.export.signatures import export_method

pytestmark = [pytest.mark.both_stacks, pytest.mark.medium]

DIRECTIONS = ("a_to_b", "b_to_a")


@pytest.fixture(
    scope="module",
    params=[
        "attention_guided",
        pytest.param("cyclegan", marks=pytest.mark.slow),
    ],
)
def exported(request, tmp_path_factory):
    method, path = published(request.param, tmp_path_factory, facts={"step": 7})
    assert path.parts[-2:] == ("toy", "1")
    return method, path


@pytest.fixture(scope="module")
def servable(exported):
    """The version in the runtime that the local server uses."""
    yield from served(exported[1])


def takes_mask(method):
    return method.spec.mask_kind == "attention"


def translated(method, image, direction, **inputs):
    """`method.translate` on uint8, for sizes that need no padding."""
    image = tf.constant(image.astype("float32") / 127.5 - 1.0)
    outputs = method.translate({"image": image, **inputs}, direction)
    return (
        np.round((np.clip(outputs["image"], -1, 1) + 1) * 127.5),
        np.round(np.clip(outputs["mask"], 0, 1) * 255.0),
    )


def assert_near(got, expected):
    assert got.shape == expected.shape
    assert np.abs(got.astype(int) - expected.astype(int)).max() <= 1


def picture(batch=1, height=16, width=16, seed=0):
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (batch, height, width, 3), np.uint8)


def test_signatures_and_their_types(exported, servable):
    method, _ = exported
    forms = ["", "_encoded"] + ["_with_mask"] * takes_mask(method)
    wanted = {direction + form for direction in DIRECTIONS for form in forms}
    table = servable.signatures
    names = {name for name in table if not name.startswith("__")}
    assert names == wanted | {"serving_default"}
    for name in names:
        inputs, outputs = table[name].inputs, table[name].outputs
        image = ("DT_STRING", [-1])
        mask = ("DT_STRING", [-1])
        end = "_bytes"  # which TensorFlow Serving's REST API asks for
        if not name.endswith("_encoded"):
            image = ("DT_UINT8", [-1, -1, -1, 3])
            mask = ("DT_UINT8", [-1, -1, -1, 1])
            end = ""
        assert spec(outputs[f"image{end}"])[0] == image[0]
        assert spec(outputs[f"mask{end}"])[0] == mask[0]
        assert set(outputs) == {f"image{end}", f"mask{end}"}
        assert spec(inputs["image"]) == image
        if name.endswith("_with_mask"):
            assert spec(inputs["mask"]) == mask
        assert len(inputs) == 1 + name.endswith("_with_mask")


def test_every_signature_answers_as_the_method(exported, servable):
    check_version(*exported, replay=replayed_by(servable))


@pytest.mark.release
def test_openvino_reads_it_and_agrees(exported):
    assert_openvino_agrees(*exported)


def spec(info):
    number = info.dtype
    name = tf.dtypes.as_dtype(number).name
    kind = {"string": "DT_STRING", "uint8": "DT_UINT8"}[name]
    return kind, [dim.size for dim in info.tensor_shape.dim]


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_served_image_is_what_the_method_translates(
    exported, servable, direction
):
    image = picture(2, 16, 20)
    got = ask(servable, direction, image=image)
    expected_image, expected_mask = translated(exported[0], image, direction)
    assert_near(got["image"], expected_image)
    assert_near(got["mask"], expected_mask)
    assert got["image"].dtype == got["mask"].dtype == np.uint8
    assert np.abs(got["image"].astype(int) - image).mean() > 2


def test_the_default_is_a_to_b(servable):
    image = picture()
    default = ask(servable, "", image=image)
    for name, values in ask(servable, "a_to_b", image=image).items():
        np.testing.assert_array_equal(default[name], values)


@pytest.mark.parametrize("size", [(8, 8), (9, 14), (21, 10), (17, 40)])
def test_any_size_is_padded_by_reflection_and_cropped_back(
    exported, servable, size
):
    image = picture(1, *size)
    got = ask(servable, "a_to_b", image=image)
    assert got["image"].shape == image.shape
    assert got["mask"].shape == (1, *size, 1)
    height, width = size
    padding = [(0, 0), (0, -height % 4), (0, -width % 4), (0, 0)]
    padded = np.pad(image, padding, "reflect")
    expected_image, expected_mask = translated(exported[0], padded, "a_to_b")
    assert_near(got["image"], expected_image[:, :height, :width])
    assert_near(got["mask"], expected_mask[:, :height, :width])


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_encoded_images_give_the_same_as_plain_ones(servable, direction):
    image = picture(2, 13, 18)
    files = [tf.io.encode_png(single).numpy() for single in image]
    got = ask(servable, f"{direction}_encoded", image=np.asarray(files, object))
    plain = ask(servable, direction, image=image)
    for name, channels in (("image", 3), ("mask", 1)):
        decoded = np.stack(
            [tf.io.decode_png(item).numpy() for item in got[name]]
        )
        assert decoded.shape[-1] == channels  # RGB and grey files
        np.testing.assert_array_equal(decoded, plain[name])


def test_grey_and_transparent_and_jpeg_files_are_read_as_rgb(servable):
    image = picture(1, 12, 12)[0]
    grey = image[..., :1]
    opaque = np.concatenate([image, np.full_like(grey, 9)], -1)
    jpeg = tf.io.encode_jpeg(image).numpy()
    for data, read in (
        (tf.io.encode_png(grey).numpy(), np.repeat(grey, 3, -1)),
        (tf.io.encode_png(opaque).numpy(), image),
        (jpeg, tf.io.decode_image(jpeg, channels=3).numpy()),
    ):
        got = ask(servable, "a_to_b_encoded", image=np.asarray([data], object))
        plain = ask(servable, "a_to_b", image=read[np.newaxis])
        decoded = tf.io.decode_png(got["image"][0]).numpy()
        np.testing.assert_array_equal(decoded, plain["image"][0])


def test_an_answer_survives_the_json_of_tensorflow_serving(servable):
    image = picture(2, 13, 18)
    files = np.asarray([tf.io.encode_png(one).numpy() for one in image], object)
    answer = ask_raw(servable, "a_to_b_encoded", image=files)
    rows = json.loads(rest_json(answer))["predictions"]
    expected = ask(servable, "a_to_b", image=image)
    for index, row in enumerate(rows):
        assert set(row) == {"image_bytes", "mask_bytes"}
        for name in ("image", "mask"):
            data = base64.b64decode(row[f"{name}_bytes"]["b64"])
            decoded = tf.io.decode_png(data).numpy()
            np.testing.assert_array_equal(decoded, expected[name][index])
    # As older exports called them.
    old = {"image": answer["image_bytes"], "mask": answer["mask_bytes"]}
    with pytest.raises(UnicodeDecodeError):
        rest_json(old)
    plain = ask_raw(servable, "a_to_b", image=image[:1])
    (row,) = json.loads(rest_json(plain))["predictions"]
    assert_near(np.array(row["image"]), expected["image"][0])


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_the_callers_own_mask_is_used(exported, servable, direction):
    if not takes_mask(exported[0]):
        pytest.skip("this method has no mask to edit")
    image = picture(2, 12, 16)
    mask = np.zeros((2, 12, 16, 1), np.uint8)
    mask[:, 4:8] = 255
    mask[:, 9] = 77
    got = ask(servable, f"{direction}_with_mask", image=image, mask=mask)
    inputs = {"mask": tf.constant(mask.astype("float32") / 255.0)}
    expected, _ = translated(exported[0], image, direction, **inputs)
    assert_near(got["image"], expected)
    np.testing.assert_array_equal(got["mask"], mask)
    np.testing.assert_array_equal(got["image"][:, :4], image[:, :4])
    assert np.abs(got["image"][:, 4:8].astype(int) - image[:, 4:8]).max() > 2


def test_wrong_requests_are_invalid_and_the_runtime_lives_on(exported):
    method, path = exported
    engine = Engine(path)
    shape = "Shape of tensor .*not compatible with expected shape"
    for signature in ("serving_default", *DIRECTIONS):
        refused(engine, signature, shape, image=picture()[0])
        refused(engine, signature, shape, image=picture()[..., :1])
        refused(engine, signature, shape, image=np.uint8(3))
        refused(engine, signature, "8 pixels or more", image=picture(1, 7, 16))
        refused(engine, signature, "8 pixels or more", image=picture(2, 16, 0))
        refused(engine, signature, "one image or more", image=picture(0))
        refused(engine, signature, "uint8", image=np.zeros((1, 16, 16, 3)))
    long = np.zeros((1, 8, 2**21 + 1, 3), np.uint8)
    refused(engine, "a_to_b", r"16777216 pixels.*16777224", image=long)
    for direction in DIRECTIONS:
        name = f"{direction}_encoded"
        png = tf.io.encode_png(picture()[0]).numpy()
        wide = tf.io.encode_png(picture(1, 16, 20)[0]).numpy()
        small = tf.io.encode_png(picture(1, 5, 16)[0]).numpy()
        jpeg = tf.io.encode_jpeg(picture()[0]).numpy()
        for data, text in (
            ([b"nonsense"], "images whose size can be read"),
            ([png, b""], r"images whose size can be read.*\[1\]"),
            ([png[:60]], "PNG"),
            ([png, wide], "shape"),
            ([small], "8 pixels or more"),
            ([], "one image or more"),
            # Decoded, this took 8 GB.
            ([png, with_junk(jpeg, (12000, 12000))], "16777216 pixels or few"),
        ):
            refused(engine, name, text, image=np.asarray(data, object))
        refused(engine, name, shape, image=np.asarray([[png]], object))
        if takes_mask(method):
            name = f"{direction}_with_mask"
            same = "batch size, height and width"
            mask = np.zeros((1, 16, 16, 1), np.uint8)
            refused(engine, name, same, image=picture(), mask=mask[:, :9])
            refused(engine, name, same, image=picture(2), mask=mask)
            refused(engine, name, shape, image=picture(), mask=mask[0])
            refused(
                engine,
                name,
                shape,
                image=picture(),
                mask=np.repeat(mask, 3, -1),
            )
    engine.close()


def nodes(path):
    """Every node of the graph and of its functions."""
    saved = tf.compat.v1.MetaGraphDef
    from tensorflow.core.protobuf import saved_model_pb2

    model = saved_model_pb2.SavedModel.FromString(
        (path / "saved_model.pb").read_bytes()
    )
    (graph,) = model.meta_graphs
    assert isinstance(graph, saved)
    yield from graph.graph_def.node
    for function in graph.graph_def.library.function:
        assert not function.attr["_XlaMustCompile"].b
        assert not function.attr["_noinline"].b
        yield from function.node_def


def test_the_graph_is_plain_tensorflow(exported):
    seen = {node.op for node in nodes(exported[1])}
    assert "Conv2D" in seen
    functions = {op for op in seen if op.startswith("__inference")}
    for op in seen - functions:
        assert "PyFunc" not in op and ">" not in op, op
        # Every core op is here; an op of another library is not.
        assert hasattr(tf.raw_ops, op), op
    assert not seen & {"XlaLaunch", "XlaCallModule", "LoadLibrary"}
    for node in nodes(exported[1]):
        assert not node.attr["_XlaMustCompile"].b


def test_the_facts_are_beside_the_graph(exported):
    method, path = exported
    facts = json.loads((path / FACTS).read_text())
    assert facts["model"] == "toy" and facts["version"] == 1
    assert facts["tensorflow"] == tf.__version__
    assert facts["mask_kind"] == method.spec.mask_kind
    assert facts["directions"]["b_to_a"] == ["b", "a"]
    assert facts["step"] == 7 and facts["max_pixels"] == 2**24


def test_every_signature_is_warmed_up(exported, servable):
    records = [
        protos.PredictionLog.FromString(record)
        for record in read_records(exported[1] / WARM_UP_FILE)
    ]
    names = [
        log.predict_log.request.model_spec.signature_name for log in records
    ]
    wanted = {n for n in servable.signatures if not n.startswith("__")}
    assert sorted(names) == sorted(wanted)
    # TensorFlow's own reader holds the checksums, too.
    dataset = tf.data.TFRecordDataset(str(exported[1] / WARM_UP_FILE))
    assert sum(1 for _ in dataset) == len(names)


@pytest.mark.one_stack
def test_warm_up_for_every_batch_size(tmp_path):
    method = tiny_method("cyclegan")
    path = export_method(method, tmp_path, "toy", warm_up_batches=(1, 3))
    sizes = sorted(
        log.predict_log.request.inputs["image"].tensor_shape.dim[0].size
        for log in map(
            protos.PredictionLog.FromString, read_records(path / WARM_UP_FILE)
        )
    )
    assert sizes == [1] * 5 + [3] * 5


@pytest.mark.slow
def test_a_disk_that_is_full_publishes_nothing(tmp_path):
    method = tiny_method("cyclegan")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # The variables do not fit; TensorFlow itself meets the error.
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, hard))
    try:
        with pytest.raises(OSError, match="toy"):
            export_method(method, tmp_path, "toy")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list((tmp_path / "toy").iterdir())
    assert export_method(method, tmp_path, "toy").name == "1"


@pytest.mark.one_stack
def test_no_space_left_is_told_in_these_words(tmp_path, monkeypatch):
    def full(*_, **__):
        raise tf.errors.ResourceExhaustedError(None, None, "No space left")

    monkeypatch.setattr(tf.saved_model, "save", full)
    with pytest.raises(OSError, match="No space left on device"):
        export_method(tiny_method("cyclegan"), tmp_path, "toy")
    assert not list((tmp_path / "toy").iterdir())
