"""What the page sends to a model, by what its metadata say."""

import numpy as np
import pytest

from serving.app.translation_requests import (
    TranslationRequest,
    attributes_of,
    directions,
    takes_exemplar,
    takes_objects,
    translations_of,
)
from serving.client.metadata import Metadata, Signature, TensorSpec
from serving.client.ports import read_ports
from serving.client.results import Translation

IMAGE = TensorSpec("uint8", (None, None, None, 3))
MASK = TensorSpec("uint8", (None, None, None, 1))
MASKS = TensorSpec("uint8", (None, None, None, None, 1))
OUT = {"image": IMAGE, "mask": MASK}
SIZE = (6, 8)
PICTURE = np.full((*SIZE, 3), 10, np.uint8)


def known(**signatures):
    """Metadata of a model of these signatures, name to inputs."""
    return Metadata(
        "m",
        1,
        {
            name: Signature({"image": IMAGE, **inputs}, OUT, frozenset())
            for name, inputs in signatures.items()
        },
    )


KINDS = {
    "plain": known(a_to_b={}, serving_default={}),
    "masks": known(a_to_b={}, a_to_b_with_mask={"mask": MASK}),
    "lomit": known(
        a_to_b={"exemplar": IMAGE},
        a_to_b_with_mask={
            **{"exemplar": IMAGE, "mask": MASK},
            "exemplar_mask": MASK,
        },
    ),
    "instances": known(a_to_b={"instances": MASKS}),
    "attributes": known(
        translate={"attributes": TensorSpec("float", (None, 3))}
    ),
    "samples": known(
        a_to_b={"style_seed": TensorSpec("int64", (None,))},
        a_to_b_with_exemplar={"exemplar": IMAGE},
    ),
}


class Recorder:
    """A client that remembers what it is asked, and adds 100."""

    def __init__(self):
        self.asked = []

    def translate(self, image, direction, *, model, **inputs):
        self.asked.append({"direction": direction, "model": model, **inputs})
        mask = np.full(image.shape[:2], 9, np.uint8)
        return Translation(image + np.uint8(100), mask, 3)


def asked(kind, direction="a_to_b", **chosen):
    """(what was sent, what came back)."""
    client = Recorder()
    ports = read_ports(KINDS[kind], direction)
    request = TranslationRequest(picture=PICTURE, direction=direction, **chosen)
    return client, translations_of(client, "m", ports, request)


def test_directions_are_those_that_translate():
    both = known(
        b_to_a={},
        a_to_b={},
        a_to_b_encoded={},
        a_to_b_with_mask={"mask": MASK},
        serving_default={},
    )
    both.signatures["scores"] = Signature(
        {"x": TensorSpec("float", (None, 4))}, {}, frozenset()
    )
    assert directions(both) == ["a_to_b", "b_to_a"]
    assert directions(KINDS["attributes"]) == ["translate"]


def test_what_a_model_takes_is_read_from_its_metadata():
    ports = {
        kind: read_ports(metadata, directions(metadata)[0])
        for kind, metadata in KINDS.items()
    }
    exemplars = {kind for kind, its in ports.items() if takes_exemplar(its)}
    assert exemplars == {"lomit", "samples"}
    objects = {kind for kind, its in ports.items() if takes_objects(its)}
    assert objects == {"instances"}
    assert attributes_of(("x", "y", "z"), ports["attributes"]) == [*"xyz"]
    numbered = attributes_of(("x",), ports["attributes"])
    assert numbered == ["attribute 0", "attribute 1", "attribute 2"]
    assert attributes_of(("x",), ports["plain"]) == []


def test_the_own_mask_goes_to_a_model_that_takes_one():
    mask = np.zeros(SIZE, np.uint8)
    mask[2] = 255
    client, (answer,) = asked("masks", masks={"mask": mask})
    (sent,) = client.asked
    np.testing.assert_array_equal(sent["mask"], mask)
    assert (answer.image == 110).all()
    client, _ = asked("masks")
    assert "mask" not in client.asked[0]


def test_of_a_model_that_takes_none_it_cuts_the_translation_out():
    mask = np.zeros(SIZE, np.uint8)
    mask[2] = 255
    client, (answer,) = asked("plain", masks={"mask": mask})
    assert client.asked == [{"direction": "a_to_b", "model": "m"}]
    assert (answer.image[2] == 110).all()
    assert (np.delete(answer.image, 2, axis=0) == 10).all()
    np.testing.assert_array_equal(answer.mask, mask)
    assert answer.version == 3


def test_an_exemplar_and_its_mask_get_the_size_of_the_picture():
    exemplar = np.full((20, 30, 3), 7, np.uint8)
    own = np.full((20, 30), 255, np.uint8)
    client, _ = asked("lomit", exemplar=exemplar, masks={"exemplar_mask": own})
    (sent,) = client.asked
    assert sent["exemplar"].shape == (*SIZE, 3)
    assert sent["exemplar_mask"].shape == SIZE and "mask" not in sent
    with pytest.raises(ValueError, match="needs an exemplar"):
        asked("lomit")


def test_objects_are_sent_or_asked_for():
    objects = np.full((2, *SIZE, 1), 255, np.uint8)
    client, (answer,) = asked("instances", objects=objects)
    np.testing.assert_array_equal(client.asked[0]["instances"], objects)
    assert (answer.image == 110).all()
    for none in (None, objects[:0]):
        with pytest.raises(ValueError, match="paint one or more"):
            asked("instances", objects=none)


def test_attributes_that_nobody_switched_stay():
    client, _ = asked("attributes", "translate", on=(2,), off=(0,))
    np.testing.assert_array_equal(client.asked[0]["attributes"], [0, -1, 1])
    with pytest.raises(ValueError, match="on and off at once"):
        asked("attributes", "translate", on=(1, 2), off=(2,))


def test_several_answers_have_numbers_in_a_row():
    client, several = asked("samples", samples=3, seed=5)
    assert [sent["style_seed"] for sent in client.asked] == [5, 6, 7]
    assert len(several) == 3
    # An exemplar decides the look: there is one answer.
    client, single = asked("samples", samples=3, exemplar=PICTURE)
    assert len(single) == 1 and "style_seed" not in client.asked[0]
    # Models with one answer give one.
    _, plain = asked("plain", samples=3)
    assert len(plain) == 1


def test_each_of_several_answers_is_cut_out():
    mask = np.zeros(SIZE, np.uint8)
    _, several = asked("samples", samples=2, masks={"mask": mask})
    assert all((answer.image == 10).all() for answer in several)


@pytest.mark.medium
def test_a_toy_model_is_asked_by_the_real_client(toy_target):
    from serving.client import Client

    picture = np.full((8, 8, 3), 60, np.uint8)
    mask = np.zeros((8, 8), np.uint8)
    mask[:, :3] = 255
    with Client(toy_target, "toy") as client:
        metadata = client.metadata()
        assert directions(metadata) == ["a_to_b", "b_to_a"]
        changed = {}
        for direction in directions(metadata):
            request = TranslationRequest(
                picture=picture, direction=direction, masks={"mask": mask}
            )
            ports = read_ports(metadata, direction)
            (answer,) = translations_of(client, "toy", ports, request)
            changed[direction] = (answer.image != picture).any(axis=-1)
    np.testing.assert_array_equal(changed["a_to_b"], mask > 0)
    # It finds nothing bright enough there, and takes no mask.
    assert not changed["b_to_a"].any()
