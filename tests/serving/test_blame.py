"""Errors of the client say what is to blame; other images go on.

The server is a stand-in, so that each case is one line.
"""

import io

import grpc
import numpy as np
import pytest
from PIL import Image
from serving_toys import answering

from serving.client import (
    Client,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    Unavailable,
)
from serving.client.channels import failure
from serving.client.errors import from_code
from serving.protocol import protos, tensors
from serving.protocol.tensors import DATA_TYPES

INVALID = grpc.StatusCode.INVALID_ARGUMENT
BAD = 66  # red of an image that the server refuses
NUMBERS = {kind.name: number for number, kind in DATA_TYPES.items()}


def fill(table, name, dtype, *shape):
    table[name].dtype = NUMBERS[dtype]
    for size in shape:
        table[name].tensor_shape.dim.add(size=size)


class Toy:
    """Gives images back; refuses red 66.

    Attributes:
        moods: (code, text) of the next answers; None is a good one.
        asked: how many images each request had.
    """

    def __init__(self):
        self.moods, self.asked = [], []

    def metadata(self, request, context):
        table = protos.SignatureDefMap().signature_def
        for name in ("a_to_b", "a_to_b_all_steps"):
            fill(table[name].inputs, "image", "uint8", -1, -1, -1, 3)
            fill(table[name].outputs, "image", "uint8", -1, -1, -1, 3)
            fill(table[name].outputs, "mask", "uint8", -1, -1, -1, 1)
        fill(table["a_to_b"].inputs, "exemplar", "uint8", -1, -1, -1, 3)
        for name in ("image", "exemplar"):
            encoded = table["a_to_b_encoded"]
            fill(encoded.inputs, name, "string", -1)
        whole = protos.SignatureDefMap(signature_def=table)
        response = protos.GetModelMetadataResponse()
        response.metadata["signature_def"].value = whole.SerializeToString()
        return response

    def predict(self, request, context):
        arrays = {
            name: tensors.plain_array(tensors.from_proto(proto))
            for name, proto in request.inputs.items()
        }
        images = arrays["image"]
        self.asked.append(len(images))
        mood = self.moods.pop(0) if self.moods else None
        if mood:
            context.abort(*mood)
        response = protos.PredictResponse()
        if images.dtype == object:
            for name in ("image_bytes", "mask_bytes"):
                tensors.fill_proto(response.outputs[name], images)
            return response
        if (images[:, 0, 0, 0] == BAD).any():
            context.abort(INVALID, "{{node a/b}} no\n\t [[{{node Conv2D}}]]")
        tensors.fill_proto(response.outputs["image"], images)
        tensors.fill_proto(response.outputs["mask"], images[..., :1])
        return response


@pytest.fixture
def toy():
    return Toy()


@pytest.fixture
def client(toy):
    with (
        answering(toy) as target,
        Client(target, "toy", attempts=1) as client,
    ):
        yield client


def image(red=9, size=8):
    return np.full((size, size, 3), red, np.uint8)


def png():
    pixels = np.random.default_rng(0).integers(0, 256, (9, 8, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def ask(client, images, **more):
    exemplars = images if isinstance(images, np.ndarray) else [*images]
    return client.translate(images, exemplar=exemplars, **more)


def test_images_that_are_refused_leave_the_others_theirs(client, toy):
    reds = [1, BAD, 3, 4, BAD]
    with pytest.raises(InvalidArgument) as caught:
        ask(client, [image(red) for red in reds])
    error = caught.value
    assert error.details == "2 of 5 images. The first: `image` 1: no"
    values = [r and r.image[0, 0, 0] for r in error.results]
    assert values == [1, None, 3, 4, None]
    assert {n: e.details for n, e in error.failures.items()} == {
        1: "`image` 1: no",
        4: "`image` 4: no",
    }
    assert toy.asked == [5, 1, 1, 1, 1, 1]  # together, then each alone, once


def test_what_cannot_be_sent_does_not_stop_the_others(client, tmp_path):
    (tmp_path / "a.png").write_bytes(png())
    files = [tmp_path / "a.png", tmp_path / "no.png"]
    with pytest.raises(InvalidArgument, match="no.png: No such") as caught:
        ask(client, files)
    assert caught.value.results[0].image_png == png()
    assert [*caught.value.failures] == [1]


def test_a_call_that_fails_keeps_what_came_before(client, toy):
    toy.moods = [None, (grpc.StatusCode.UNAVAILABLE, "gone")]
    with pytest.raises(Unavailable, match="gone") as caught:
        ask(client, [image(), image(size=9), image(size=10)])
    assert [r is not None for r in caught.value.results] == [True, False, False]


def test_a_batch_of_strangers_is_asked_again_once(client, toy):
    different = "Tensors with name 'x' from different tasks have different shap"
    for mood in (
        (INVALID, "another caller's image"),
        (grpc.StatusCode.FAILED_PRECONDITION, f"{different}es and padding"),
    ):
        toy.moods, toy.asked = [mood], []
        assert ask(client, image()).image[0, 0, 0] == 9
        assert toy.asked == [1, 1]
    toy.moods, toy.asked = [(INVALID, "mine")] * 5, []
    with pytest.raises(InvalidArgument, match="`image`: mine"):
        ask(client, image())
    assert toy.asked == [1, 1]
    toy.moods = [(grpc.StatusCode.FAILED_PRECONDITION, "broken")] * 5
    with pytest.raises(FailedPrecondition, match="broken"):
        ask(client, image())
    assert len(toy.moods) == 4


def test_a_bad_exemplar_is_named_by_its_own_file(client, toy, tmp_path):
    (tmp_path / "a.png").write_bytes(png())
    (tmp_path / "b.png").write_bytes(png()[:60])
    toy.moods = [(INVALID, "{{node map/DecodeImage}} Invalid PNG data")] * 2
    with pytest.raises(InvalidArgument) as caught:
        client.translate(tmp_path / "a.png", exemplar=tmp_path / "b.png")
    own = f"{tmp_path / 'b.png'} (`exemplar` of {tmp_path / 'a.png'}): "
    assert caught.value.details.startswith(f"{own}is a damaged image")
    said = "assertion failed: [`exemplar` must be PNG:] [0]\n\t [[{{node A}}]]"
    toy.moods = [(INVALID, said)] * 2
    with pytest.raises(InvalidArgument) as caught:
        client.translate(tmp_path / "a.png", exemplar=tmp_path / "a.png")
    assert caught.value.details.endswith("): `exemplar` must be PNG: [0]")
    toy.moods = [(INVALID, "exemplar: no size can be read of image 0")] * 2
    with pytest.raises(InvalidArgument, match="`exemplar` of `image`: no size"):
        client.translate(png(), exemplar=png())


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"direction": "up"}, "`direction`: .*'up'. It has: a_to_b"),
        ({"direction": "a_to_b_all_steps"}, "`direction`: .*such as 'a_to_b'"),
        ({"direction": "a_to_b_encoded"}, "`direction`: .*such as 'a_to_b'"),
        ({"direction": 3}, "`direction`: expected a name.*Got: 3"),
        ({"timeout": 0}, "`timeout`: expected.*above 0. Got: 0"),
        ({"timeout": "1"}, "`timeout`: expected.*Got: '1'"),
        ({"version": "1"}, "`version`: expected a whole number. Got: '1'"),
        ({"version": 2**70}, "`version`: expected a whole number"),
        ({"label": 5}, "`label`: expected a name. Got: 5"),
        ({"model": 5}, "`model`: expected a name.*Got: 5"),
    ],
)
def test_a_wrong_choice_is_named_and_nothing_is_sent(
    client, toy, options, text
):
    with pytest.raises(InvalidArgument, match=text) as caught:
        ask(client, [image(), image()], **options)
    assert caught.value.blames == "call" and toy.asked == []


def test_choices_that_the_server_does_not_know(client, toy):
    ask(client, image())
    toy.moods = [(INVALID, "Unrecognized servable version label: old")]
    with pytest.raises(InvalidArgument, match="^INV.*: `label`: no version"):
        ask(client, [image(), image()], label="old")
    gone = (grpc.StatusCode.NOT_FOUND, "Servable not found")
    toy.moods = [gone]
    with pytest.raises(NotFound, match="`version`: no version 7 of 'toy'"):
        ask(client, image(), version=7)
    toy.moods = [gone]
    with pytest.raises(NotFound, match="`model`: no model 'pears'"):
        ask(client, image(), model="pears")


def test_several_errors_of_a_graph_are_one_sentence():
    said = (
        "2 root error(s) found.\n  (0) INVALID_ARGUMENT: {{function_node f}} "
        "{{node g}} assertion failed: [one image or more] [0 8 8 3]\n\t "
        "[[{{node h}}]]\n  (1) INVALID_ARGUMENT: the same"
    )
    assert from_code(INVALID, said).details == "one image or more [0 8 8 3]"


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({}, False),
        ({"http_proxy": "http://user:secret@proxy:1"}, True),
        ({"https_proxy": "http://p:1", "no_proxy": "a.b, example.com"}, False),
        ({"grpc_proxy": "http://p:1", "no_proxy": "localhost"}, True),
    ],
)
def test_a_proxy_is_named_where_it_bites(monkeypatch, variables, named):
    for name in ("grpc_proxy", "https_proxy", "http_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    class Error(grpc.RpcError):
        def code(self):
            return grpc.StatusCode.UNAVAILABLE

        def details(self):
            return "connection refused"

    text = str(failure(Error(), "models.example.com:8500"))
    assert ("no_proxy" in text) == named and "secret" not in text
    if named:
        assert f"the variable {next(iter(variables))}." in text
